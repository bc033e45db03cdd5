"""Servers that answer wrongly, slowly, endlessly or not at all: each ends in
time, in little memory, with the right word, and never as "no"."""

import pytest

from scenario import Scenario
from servers import broken, mail, talk, tls, wire
from servers.tcp import Server


def plain(handler):
    return lambda pki: handler


def hello_answer(hello):
    scripted_tls = tls.ScriptedTls(suites=("DH_anon_WITH_AES_128_CBC_SHA", "RSA_WITH_AES_128_CBC_SHA"))
    try:
        answer = scripted_tls.answer(hello)
    except KeyError:
        answer = None
    return answer or wire.record(22, wire.TLS12, wire.server_hello(wire.TLS12, 0x2F)[0])


def detail_says(*words):
    def check(outcome):
        detail = (outcome.json["reach"]["detail"] or "").lower()
        assert any(w in detail for w in words), (words, detail, outcome.result)
    return check


def never_spoke_first(outcome):
    """A server that greets is not spoken to before it has (mail servers punish it)."""
    for conn in outcome.server.conns:
        assert not bytes(conn.heard).startswith((b"EHLO", b"\x16")), bytes(conn.heard[:40])


def broken_one(name, handler, word, **more):
    more.setdefault("measured", True)
    expect = {"reach.tcp": "open", "reach.tls": word, **more.pop("expect", {})}
    return Scenario(name, plain(handler), expect=expect, untold=True, **more)


SCENARIOS = [
    broken_one("silent", broken.silent, "silent", slow=True, expect={"verdict": "unknown"}),
    broken_one("silent-bare", broken.silent, "silent", scheme="", slow=True),
    broken_one("garbage", broken.garbage, "garbage", expect={"verdict": "unknown"}),
    broken_one("garbage-bare", broken.garbage, "garbage", scheme="", slow=True),
    broken_one("drip-banner", broken.drip(b"220 mail.example ESMTP with a long name"), {"silent", "garbage"},
               scheme="smtp", slow=True, check=detail_says("slow")),
    broken_one("drip-bare", broken.drip(b"220 mail.example ESMTP with a long name"),
               {"silent", "garbage", "plaintext"}, scheme="", slow=True),
    broken_one("drip-tls", broken.drip_tls(hello_answer), {"silent", "garbage"}, slow=True,
               check=detail_says("slow")),
    broken_one("endless-banner", broken.endless_banner(), "garbage", scheme="smtp"),
    broken_one("endless-banner-bare", broken.endless_banner(), {"garbage", "plaintext"}, scheme=""),
    broken_one("endless-line", broken.endless_line, "garbage", scheme="smtp"),
    broken_one("endless-text-for-tls", broken.endless_banner(b"hello hello hello\n"), {"garbage", "plaintext"}),
    broken_one("big-handshake", broken.big_handshake(), "garbage", slow=True),
    broken_one("alert-flood", broken.alert_flood, {"alert", "garbage"}, slow=True),
    broken_one("empty-record-flood", broken.empty_record_flood, "garbage", slow=True),
    broken_one("lying-record", broken.lying_record, "garbage"),
    broken_one("lying-message", broken.lying_message, {"garbage", "silent"}, slow=True),
    broken_one("lying-vectors", broken.lying_vectors, "garbage"),
    broken_one("close-at-once", broken.close_at_once, "closed", expect={"verdict": "unknown"}),
    broken_one("reset-at-once", broken.reset_at_once, "closed", check=detail_says("reset")),
    broken_one("close-after-hello", broken.close_after_hello, "closed"),
    broken_one("reset-after-hello", broken.reset_after_hello, "closed", check=detail_says("reset")),
    broken_one("only-handshake-failure", broken.only_alert("handshake_failure"), "alert"),
    broken_one("only-internal-error", broken.only_alert("internal_error"), "alert"),
    # Something else lives here.
    Scenario("http-for-tls", plain(talk.http()), scheme="https",
             expect={"reach.tls": "plaintext"}, check=detail_says("http")),
    Scenario("http-bare", plain(talk.http()), scheme="", expect={"reach.tls": "plaintext"}),
    Scenario("ssh", plain(talk.ssh()), scheme="", expect={"reach.tls": "plaintext"}, check=detail_says("ssh")),
    Scenario("ssh-for-tls", plain(talk.ssh()), expect={"reach.tls": "plaintext"}, check=detail_says("ssh")),
    Scenario("smtp-on-tls-port", plain(mail.smtp(lambda c: None)), scheme="submissions",
             expect={"reach.tls": "plaintext"}),
]


def test_unrecognized_name_only(pki):
    """A server that knows no name it is given is TLS all the same, and wants a name."""
    import run as runner
    with Server(broken.only_alert("unrecognized_name")) as server:
        result = runner.audit("--timeout", "5s", f"tls://{server.target}")
    o = result.json
    assert o["reach"]["tls"] in ("tls", "alert"), result
    assert "name" in ((o["reach"]["detail"] or "") + str(o["error"])).lower(), result
    assert "no" not in o["protocols"].values(), result


@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_scenario(scenario, launched):
    for outcome in launched[scenario].result():
        outcome.judge()
