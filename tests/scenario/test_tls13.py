"""TLS 1.3 as told: suites and groups in the server's order, post-quantum groups
known by retry alone, picky signature schemes, flights cut fine."""

import pytest

from scenario import GOOD, Scenario
from servers import tls, tls13


def scripted(older=False, kinds=("RSA", "ECDSA"), alpn=(), **knobs):
    def make(pki):
        identities = {kind: pki.identities[kind] for kind in kinds}
        before = tls.ScriptedTls(identities=identities, alpn=alpn, **GOOD) if older else None
        return tls13.ScriptedTls13(identities, older=before, alpn=alpn, **knobs)
    return make


def as_told(suites=("AES_256_GCM_SHA384", "CHACHA20_POLY1305_SHA256", "AES_128_GCM_SHA256"),
            groups=("x25519", "secp256r1"), tls12="no"):
    def check(outcome):
        o, said = outcome.json, repr(outcome.result)
        assert o["protocols"] == {"SSLv2": "no", "SSLv3": "no", "TLSv1.0": "no", "TLSv1.1": "no",
                                  "TLSv1.2": tls12, "TLSv1.3": "yes"}, said
        for what, wanted in (("suites", [f"TLS_{s}" for s in suites]), ("groups", list(groups))):
            seen = o[what]["TLSv1.3"]
            assert [row["name"] for row in seen["list"]] == wanted, (what, seen, said)
            assert seen["preference"] == ("server" if len(wanted) > 1 else "single"), (what, seen)
    return check


def scheme_is(*names):
    def check(outcome):
        assert outcome.json["signature_schemes"]["TLSv1.3"] == list(names), outcome.result
    return check


def scheme_set(outcome, *names):
    assert sorted(outcome.json["signature_schemes"]["TLSv1.3"]) == sorted(names), outcome.result


def alpn_set(outcome, name):
    assert name in outcome.json["features"]["alpn"], outcome.result


def key_types(outcome, *wanted):
    assert sorted(c["key"]["type"] for c in outcome.json["certificates"]) == sorted(wanted), outcome.result
    assert all(c["trusted"] == "yes" and c["matches_host"] == "yes" for c in outcome.json["certificates"])


PQ = ("X25519MLKEM768", "x25519", "secp256r1")

SCENARIOS = [
    Scenario("tls13-only", scripted(), find={"tls12-missing", "no-post-quantum"}, check=as_told(),
             expect={"verdict": "pass"}, never={"tls13-missing"}),
    Scenario("tls13-and-12", scripted(older=True), check=as_told(tls12="yes"), never={"tls12-missing"}),
    Scenario("tls13-post-quantum", scripted(groups=PQ), check=as_told(groups=PQ), never={"no-post-quantum"}),
    Scenario("tls13-post-quantum-last", scripted(groups=PQ[1:] + PQ[:1]),
             check=as_told(groups=PQ[1:] + PQ[:1])),
    Scenario("tls13-one-of-each", scripted(suites=("AES_128_GCM_SHA256",), groups=("secp256r1",),
             kinds=("ECDSA",)), check=as_told(("AES_128_GCM_SHA256",), ("secp256r1",))),
    Scenario("tls13-sha384-alone", scripted(suites=("AES_256_GCM_SHA384",), schemes=(0x0805,), kinds=("RSA",)),
             check=scheme_is("rsa_pss_rsae_sha384"), expect={"protocols.TLSv1.3": "yes"}),
    Scenario("tls13-schemes", scripted(schemes=(0x0804, 0x0805, 0x0806), kinds=("RSA",)),
             check=lambda outcome: scheme_set(outcome, "rsa_pss_rsae_sha256", "rsa_pss_rsae_sha384",
                                              "rsa_pss_rsae_sha512")),
    Scenario("tls13-fine-cut", scripted(size=23), check=as_told()),
    Scenario("tls13-client-certificate", scripted(request_certificate=True),
             expect={"features.client_certificate": "yes"}, find={"client-certificate-required"}),
    Scenario("tls13-alpn", scripted(alpn=("h2", "http/1.1")), scheme="https",
             check=lambda outcome: alpn_set(outcome, "h2")),
    Scenario("tls13-two-certificates", scripted(schemes=(0x0403, 0x0804)),
             check=lambda outcome: key_types(outcome, "ECDSA", "RSA")),
]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_scenario(scenario, launched):
    for outcome in launched[scenario].result():
        outcome.judge()
