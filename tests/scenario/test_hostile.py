"""Text of a peer that means to harm the reader: escapes, bidirectional
controls, NUL, bytes that are no UTF-8. None reaches an output as itself."""

import pytest

import run as runner
from scenario import Scenario, behind, scripted
from servers import mail

HOSTILE = "\x1b]0;owned\x1b[2J\u202egnp.\u2066exe\u2028\x9b31m"
BAD_UTF8 = b"\xff\xfe\xc0\xaf".decode("utf-8", "surrogateescape")


def leaf(cn, old=None, new=None, names=("localhost", "127.0.0.1")):
    """identities of one leaf: cn as it is, or with bytes of it replaced after the encoding."""
    def identities(pki):
        def maker(ca):
            identity = ca.leaf(cn=cn, names=names)
            return ca.forged(identity, {old: new}) if old else identity
        return {"ECDSA": pki.make(f"hostile-{cn}-{new}-{names}", maker)}
    return identities


ONE = {"suites": ("ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",)}


def shows(text):
    """Harmless text of other alphabets is shown as it is."""
    def check(outcome):
        assert text in outcome.json["certificates"][0]["subject"], outcome.result
        assert text in outcome.result.stdout or text.encode("unicode_escape").decode() not in outcome.result.stdout
    return check


def shows_escaped(*texts):
    def check(outcome):
        said = outcome.result.stdout.lower()
        assert all(t.replace("\\", "\\\\") in said for t in texts), outcome.result
    return check


def never_known(outcome):
    leaf = outcome.json["certificates"][0]
    assert leaf["subject"] is None and leaf["matches_host"] == leaf["trusted"] == "could-not-test", leaf


def never_fits(outcome):
    assert outcome.json["certificates"][0]["matches_host"] == "no", outcome.result


SCENARIOS = [
    Scenario("banner", behind(mail.smtp, greeting=f"220 mail {HOSTILE} {BAD_UTF8}"), scheme="smtp",
             check=shows_escaped("\\xff")),
    Scenario("banner-no-text", lambda pki: mail.smtp(lambda c: None, greeting="220 mail\x00\x07\x7f"), scheme="smtp",
             expect={"reach.tls": "garbage"}, untold=True),
    Scenario("banner-bare", behind(mail.smtp, greeting=f"220 mail {HOSTILE} {BAD_UTF8}"), scheme=""),
    Scenario("capability", behind(mail.smtp, capabilities=("STARTTLS", f"X{HOSTILE}", f"Y{BAD_UTF8}")),
             scheme="smtp"),
    Scenario("imap-capability", behind(mail.imap, capabilities=f"IMAP4rev1 STARTTLS {HOSTILE}{BAD_UTF8}"),
             scheme="imap"),
    Scenario("refusal", lambda pki: mail.smtp(lambda c: None, answer=f"454 {HOSTILE}{BAD_UTF8}"), scheme="smtp",
             find={"starttls-refused"}),
    Scenario("greeting-refusal", lambda pki: mail.smtp(lambda c: None, greeting=f"554 {HOSTILE}{BAD_UTF8}"),
             scheme="smtp"),
    Scenario("subject", scripted(**ONE, identities=leaf("evil\x1b[31m\u202egpj")), find={"hostile-text"}),
    # libcrypto reads no certificate with such a name: nothing of it is known, and nothing is shown.
    Scenario("subject-not-utf8", scripted(**ONE, identities=leaf("PLACEHOLD", b"PLACEHOLD", b"A\xff\xfe\xc0\xafBCDE")),
             check=never_known),
    Scenario("san-not-utf8", scripted(**ONE, identities=leaf("san", b"abcXYZd.example", b"abc\xff\xfe\xc0d.example",
             names=("abcXYZd.example", "127.0.0.1"))), check=shows_escaped("\\xff\\xfe\\xc0")),
    Scenario("subject-other-alphabet", scripted(**ONE, identities=leaf("Müller 日本語 пример")),
             check=shows("Müller 日本語 пример"), never={"hostile-text"}),
    Scenario("nul-in-san", scripted(**ONE, identities=leaf(
             "nul", b"localhostXevil.example", b"localhost\0evil.example", names=("localhostXevil.example",))),
             options=("--timeout", "5s", "--sni", "localhost"), check=never_fits, find={"hostile-text"}),
    Scenario("bidi-in-san", scripted(**ONE, identities=leaf(
             "bidi", b"abcXYZdef.example", b"abc\xe2\x80\xaedef.example", names=("abcXYZdef.example", "127.0.0.1"))),
             find={"hostile-text"}),
]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_scenario(scenario, launched):
    for outcome in launched[scenario].result():
        outcome.judge()


def test_the_scan_itself_finds_what_it_bars():
    for bad in ("\x1b", "\x00", "\x7f", "\x9b", "\u2028", "\u2029", "\u202e", "\u2066", "\u200f"):
        assert runner.forbidden("a" + bad), ascii(bad)
    assert not runner.forbidden("plain ü 日本\n")
