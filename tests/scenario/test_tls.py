"""TLS servers no library is willing to be any more: versions, suites, keys and
manners of old and odd stacks. What each was told to be is the truth."""

import pytest
from cryptography.hazmat.primitives.asymmetric import dh

from scenario import GOOD, Scenario, scripted
from servers import pki as make
from servers import primes, tls
from servers.wire import SSL2, SSL3, TLS10, TLS11, TLS12

EC_AEAD = ("ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "ECDHE_RSA_WITH_AES_128_GCM_SHA256")
OLD = ("ECDHE_RSA_WITH_AES_128_CBC_SHA", "RSA_WITH_AES_128_CBC_SHA", "RSA_WITH_3DES_EDE_CBC_SHA")


def only_rsa(pki):
    return {"RSA": pki.rsa}


def with_leaf(name, kind="ECDSA", **leaf):
    """identities with one leaf of its own kind, made once a session."""
    def identities(pki):
        def maker(ca):
            options = dict(leaf)
            if kind == "RSA":
                options["key"] = make.rsa_key(options.pop("bits", 2048))
            return ca.leaf(**options)
        return {kind: pki.make(name, maker)}
    return identities


def one_suite(kind="ECDSA"):
    return {"suites": (f"ECDHE_{kind}_WITH_AES_128_GCM_SHA256",)}


def small_prime():
    return dh.generate_parameters(2, 512).parameter_numbers().p


def certificate_is(**wanted):
    def check(outcome):
        leaf = outcome.json["certificates"][0]
        for key, value in wanted.items():
            assert leaf[key] == value, (key, leaf)
    return check


def names_prime(word):
    def check(outcome):
        assert word in outcome.json["dh"][0]["prime"].lower(), outcome.json["dh"]
    return check


def never_addressed(outcome):
    """An IP address never goes into SNI (RFC 6066 3)."""
    names = {h.sni for h in outcome.scripted.hellos if h.sni is not None}
    assert not any(n.replace(".", "").isdigit() or ":" in n for n in names), names


def export_make(pki):
    t = tls.ScriptedTls(
        versions=(SSL3, TLS10), identities=only_rsa(pki), extensions=False,
        export_key=pki.make("export", lambda ca: make.rsa_key(512)),
        suites=("RSA_WITH_RC4_128_SHA", "RSA_EXPORT_WITH_RC4_40_MD5",
                "RSA_EXPORT_WITH_DES40_CBC_SHA"))
    return tls.serve(t), t


def vulnerability(**wanted):
    def check(outcome):
        for name, value in wanted.items():
            name = name.replace("_", "-")
            assert outcome.json["vulnerabilities"][name] == value, (name, outcome.result)
    return check


SCENARIOS = [
    Scenario("good", scripted(**GOOD), expect={"verdict": "pass", "reach.tls": "tls", "reach.tcp": "open",
             "mode": "implicit"}, find={"tls13-missing"}, never={"name-mismatch", "certificate-untrusted"},
             check=never_addressed),
    # Versions.
    Scenario("ssl2-only", scripted(versions=(SSL2,), identities=only_rsa),
             expect={"reach.tls": "tls", "verdict": "fail"}, find={"ssl2-offered"}),
    Scenario("ssl2-beside-tls", scripted(versions=(SSL2, SSL3, TLS10), suites=OLD[1:], identities=only_rsa,
             extensions=False, renegotiation_info=False),
             find={"ssl2-offered", "ssl3-offered", "tls10-offered", "drown", "poodle-ssl",
                   "insecure-renegotiation", "static-rsa-suite", "3des-suite"}),
    # SSL 2.0 with all kinds switched off, as OpenSSL 1.0.2f and later: spoken, if in vain.
    *(Scenario(f"ssl2-error-{code}", scripted(versions=(SSL2, TLS10), suites=OLD[1:], identities=only_rsa,
               ssl2_kinds=(), ssl2_error=code),
               expect={"protocols.SSLv2": "yes", "vulnerabilities.drown": "could-not-test"},
               find={"ssl2-offered"}, never={"drown"}) for code in (0, 1, 2)),
    Scenario("ssl3-only", scripted(versions=(SSL3,), suites=("RSA_WITH_RC4_128_SHA", "RSA_WITH_3DES_EDE_CBC_SHA"),
             identities=only_rsa, extensions=False),
             expect={"reach.tls": "tls", "verdict": "fail"},
             find={"ssl3-offered", "rc4-suite", "3des-suite", "no-forward-secrecy", "no-aead"}),
    Scenario("tls10-only", scripted(versions=(TLS10,), suites=OLD),
             find={"tls10-offered", "tls12-missing", "tls13-missing", "no-aead"}),
    Scenario("tls11-only", scripted(versions=(TLS11,), suites=OLD), find={"tls11-offered"},
             never={"tls10-offered"}),
    Scenario("three-versions", scripted(versions=(TLS10, TLS11, TLS12), suites=EC_AEAD + OLD),
             find={"tls10-offered", "tls11-offered", "cbc-sha1-suite"}, never={"no-fallback-scsv", "ssl3-offered"}),
    Scenario("no-fallback-scsv", scripted(versions=(TLS11, TLS12), suites=EC_AEAD + OLD, fallback_scsv=False),
             find={"no-fallback-scsv"}),
    Scenario("suites-differ-by-version", scripted(versions=(TLS10, TLS12), suites={
             TLS10: OLD, TLS12: EC_AEAD}), find={"tls10-offered"}),
    # Suites.
    Scenario("rc4", scripted(suites=("ECDHE_RSA_WITH_RC4_128_SHA", "RSA_WITH_RC4_128_SHA", "RSA_WITH_RC4_128_MD5"),
             identities=only_rsa), find={"rc4-suite", "no-aead"}, check=vulnerability(rc4="yes")),
    Scenario("export", export_make, find={"export-suite", "freak", "rc4-suite"},
             check=vulnerability(freak="yes")),
    Scenario("null", scripted(suites=("ECDHE_RSA_WITH_NULL_SHA", "RSA_WITH_NULL_SHA256", "RSA_WITH_NULL_SHA"),
             identities=only_rsa), expect={"verdict": "fail"}, find={"null-suite"}),
    Scenario("anonymous", scripted(suites=("ECDH_anon_WITH_AES_256_CBC_SHA", "DH_anon_WITH_AES_128_CBC_SHA")),
             expect={"verdict": "fail", "certificates": []}, find={"anonymous-suite"}),
    Scenario("anonymous-beside", scripted(suites=EC_AEAD + ("ECDH_anon_WITH_AES_128_CBC_SHA",)),
             find={"anonymous-suite"}),
    Scenario("no-forward-secrecy", scripted(suites=("RSA_WITH_AES_128_GCM_SHA256", "RSA_WITH_AES_256_CBC_SHA"),
             identities=only_rsa), find={"no-forward-secrecy", "static-rsa-suite"}, never={"no-aead"}),
    Scenario("cbc-only", scripted(suites=("ECDHE_RSA_WITH_AES_128_CBC_SHA",), identities=only_rsa),
             find={"no-aead", "cbc-sha1-suite"}),
    Scenario("des", scripted(suites=("ECDHE_RSA_WITH_AES_128_GCM_SHA256", "RSA_WITH_DES_CBC_SHA"),
             identities=only_rsa, versions=(TLS11, TLS12)), find={"des-suite"}),
    Scenario("ccm8", scripted(suites=("ECDHE_ECDSA_WITH_AES_128_CCM_8",)), find={"ccm8-suite"}),
    Scenario("client-order", scripted(suites=EC_AEAD + ("ECDHE_RSA_WITH_AES_256_GCM_SHA384",), preference="client"),
             find={"no-server-preference"}),
    Scenario("chacha-order", scripted(suites=EC_AEAD + ("ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
             "ECDHE_RSA_WITH_AES_256_GCM_SHA384"), preference="server-chacha"), never={"no-server-preference"}),
    # Diffie and Hellman.
    Scenario("dh-512", scripted(suites=("DHE_RSA_WITH_AES_128_CBC_SHA",), identities=only_rsa,
             dh=(small_prime(), 2)), expect={"verdict": "fail"}, find={"weak-dh"}),
    Scenario("dh-1024-known", scripted(suites=("DHE_RSA_WITH_AES_128_GCM_SHA256",), identities=only_rsa,
             dh=(primes.OAKLEY_2_1024, 2)), find={"weak-dh", "logjam"},
             check=vulnerability(logjam="yes")),
    Scenario("dh-2048-common", scripted(suites=("DHE_RSA_WITH_AES_128_GCM_SHA256",), identities=only_rsa,
             dh=(primes.MODP_2048, 2)), find={"common-dh-prime"}, never={"weak-dh", "logjam"}),
    Scenario("dh-ffdhe", scripted(suites=("DHE_RSA_WITH_AES_128_GCM_SHA256",), identities=only_rsa,
             dh=(primes.FFDHE_2048, 2)), never={"weak-dh", "logjam"}, check=names_prime("ffdhe2048")),
    Scenario("dh-reused", scripted(suites=("DHE_RSA_WITH_AES_128_GCM_SHA256",), identities=only_rsa,
             dh_reuse=True)),
    Scenario("gnutls-dhe", scripted(suites=("ECDHE_RSA_WITH_AES_128_GCM_SHA256", "DHE_RSA_WITH_AES_128_GCM_SHA256"),
             identities=only_rsa, gnutls_dhe=True, dh=(primes.FFDHE_2048, 2))),
    # Groups.
    Scenario("groups-in-order", scripted(**GOOD, groups=("secp384r1", "x25519", "secp256r1", "secp521r1"))),
    Scenario("weak-group", scripted(**GOOD, groups=("secp256r1", "secp192r1")), find={"weak-group"}),
    # What hellos show.
    Scenario("compression", scripted(**GOOD, compression=True), find={"crime"}),
    Scenario("heartbeat", scripted(**GOOD, heartbeat=True), find={"heartbeat-offered"}),
    Scenario("no-renegotiation-info", scripted(**GOOD, renegotiation_info=False), find={"insecure-renegotiation"}),
    Scenario("bare-extensions", scripted(suites=EC_AEAD + OLD, ticket=False, ems=False, etm=False)),
    Scenario("client-certificate", scripted(**GOOD, request_certificate=True),
             find={"client-certificate-required"}),
    Scenario("alpn", scripted(**GOOD, alpn=("http/1.1",)), scheme="https",
             expect={"features.alpn": ["http/1.1"]}),
    # Intolerance.
    Scenario("version-intolerant", scripted(versions=(TLS10,), suites=OLD, highest_tolerated=TLS10),
             find={"tls10-offered", "version-intolerance"}),
    Scenario("version-intolerant-reset", scripted(versions=(TLS10,), suites=OLD, highest_tolerated=TLS10,
             intolerance="reset"), find={"version-intolerance"}),
    # What tomorrow's clients list as supported; 1.3 is listed by today's, and borne.
    Scenario("future-intolerant", scripted(**GOOD, highest_listed=0x0304), find={"version-intolerance"}),
    Scenario("future-intolerant-alert", scripted(**GOOD, highest_listed=0x0304, intolerance="alert"),
             find={"version-intolerance"}),
    # A client_version above 1.2 without that list, as Go and Erlang refuse it: no client sends one.
    Scenario("client-version-intolerant", scripted(**GOOD, highest_tolerated=TLS12, intolerance="alert"),
             expect={"features.version_tolerant": "yes"}, never={"version-intolerance"}),
    Scenario("long-hello-intolerant", scripted(**GOOD, hello_gap=(256, 511)), find={"long-hello-intolerance"}),
    Scenario("long-hello-silent", scripted(**GOOD, hello_gap=(256, 511), intolerance="silence"),
             find={"long-hello-intolerance"}, limit=40, options=("--timeout", "2s"), slow=True),
    Scenario("large-hello-intolerant", scripted(**GOOD, hello_gap=(1300, 100000)),
             find={"long-hello-intolerance"}),
    Scenario("extension-intolerant", scripted(**GOOD, most_extensions=16)),
    # Names.
    Scenario("name-warned", scripted(**GOOD, sni="warn", names=("other.example",)),
             options=("--timeout", "5s", "--sni", "localhost")),
    Scenario("name-fatal", scripted(**GOOD, sni="fatal", names=("localhost",)),
             options=("--timeout", "5s", "--sni", "localhost"), find={"sni-strict"},
             expect={"features.strict_sni": "yes"}),
    Scenario("name-required", scripted(**GOOD, sni="require", names=("localhost",)),
             options=("--timeout", "5s", "--sni", "localhost"), find={"sni-required"}),
    # Certificates.
    Scenario("expired", scripted(**one_suite(), identities=with_leaf("expired", days=(-90, -2))),
             expect={"verdict": "fail"}, find={"certificate-expired"}),
    Scenario("not-yet", scripted(**one_suite(), identities=with_leaf("not-yet", days=(2, 90))),
             find={"certificate-not-yet-valid"}),
    Scenario("expires-soon", scripted(**one_suite(), identities=with_leaf("soon", days=(-80, 3))),
             find={"certificate-expires-soon"}),
    Scenario("self-signed", scripted(**one_suite(), identities=with_leaf("self", self_signed=True)),
             find={"certificate-self-signed"}, check=certificate_is(trusted="no")),
    Scenario("untrusted", scripted(**GOOD), ca=False, find={"certificate-untrusted"},
             expect={"verdict": "fail"}),
    Scenario("mismatch", scripted(**one_suite(), identities=with_leaf("mismatch", names=("other.example",))),
             find={"name-mismatch"}, check=certificate_is(matches_host="no")),
    Scenario("no-san", scripted(**one_suite(), identities=with_leaf("no-san", names=(), cn="127.0.0.1")),
             find={"no-san"}, check=certificate_is(matches_host="no")),
    Scenario("weak-rsa", scripted(**one_suite("RSA"), identities=with_leaf("weak-rsa", kind="RSA", bits=1024)),
             find={"weak-key"}),
    Scenario("rsa-512", scripted(**one_suite("RSA"), identities=with_leaf("rsa-512", kind="RSA", bits=512),
             schemes=(0x0401, 0x0201)), expect={"verdict": "fail"}, find={"weak-key"}),
    Scenario("sha1-handshake", scripted(**one_suite("RSA"), identities=only_rsa, schemes=(0x0201,)),
             find={"sha1-handshake-signature"}),
    Scenario("ca-as-leaf", scripted(**one_suite(), identities=with_leaf("ca-leaf", ca=True)), find={"ca-as-leaf"}),
]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_scenario(scenario, launched):
    for outcome in launched[scenario].result():
        outcome.judge()
