"""Every server of the lab, by name and by bare host:port: what audit says is what its configuration and s_client say."""
import base64
import socket

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa

from daemons import NGINX_KINDS, NGINX_SETTINGS, SERVERS

NGINX = ["nginx-" + kind for kind in NGINX_KINDS]
OTHERS = ["apache", "postfix-smtp", "postfix-submission", "postfix-submissions", "dovecot-imap", "dovecot-imaps",
          "dovecot-pop3", "dovecot-pop3s", "dovecot-sieve", "proftpd-ftp", "proftpd-ftps", "slapd-ldap", "slapd-ldaps",
          "postgresql-postgres", "mariadb-mysql", "redis-rediss", "mosquitto-mqtts", "inspircd-irc", "inspircd-ircs",
          "prosody-xmpp-client", "prosody-xmpp-server", "prosody-xmpps-client", "prosody-xmpps-server"]
ENDPOINTS = NGINX + OTHERS

each = pytest.mark.parametrize("name", ENDPOINTS)

# The protocol inside, as JSON names it: the same by name and by bare port, but for what is told apart by number alone.
SERVICE = {"https": "https", "smtp": "smtp", "submission": "submission", "submissions": "submission", "imap": "imap",
           "imaps": "imap", "pop3": "pop3", "pop3s": "pop3", "sieve": "sieve", "ftp": "ftp", "ftps": "ftp",
           "ldap": "ldap", "ldaps": "ldap", "postgres": "postgres", "mysql": "mysql", "rediss": "redis", "mqtts": "mqtt",
           "irc": "irc", "ircs": "irc", "xmpp-client": "xmpp-client", "xmpp-server": "xmpp-server",
           "xmpps-client": "xmpp-client", "xmpps-server": "xmpp-server"}
BARE = {"submission": "smtp"}


def yes_or_no(value):
    return "yes" if value else "no"


def test_every_endpoint_of_the_lab_is_tested_here(lab):
    assert sorted(lab.endpoints) == sorted(ENDPOINTS + ["setting-" + s for s in NGINX_SETTINGS])
    assert {e["server"] for e in lab.endpoints.values()} == set(SERVERS)


@each
def test_reached_and_recognised_by_name(lab, audited, name):
    e, o = lab.endpoints[name], audited(name)
    assert o["error"] is None and o["reach"]["tcp"] == "open" and o["reach"]["tls"] == "tls"
    assert (o["host"], o["port"], o["address"]) == (e["host"], e["port"], "127.0.0.1")
    assert (o["service"], o["mode"]) == (SERVICE[e["scheme"]], e["mode"])
    assert set(o["modes"]) == set(e["modes"])
    assert o["sni"] == (None if e["host"] == "127.0.0.1" else e["host"])
    assert (o["dialogue"] is None) == (e["mode"] == "implicit")
    if e["mode"] != "implicit":
        assert o["dialogue"]["offered"] == "yes"


@each
def test_recognised_by_bare_port(lab, audited, name):
    e, o = lab.endpoints[name], audited(name, bare=True)
    assert o["error"] is None and o["reach"]["tls"] == "tls"
    assert o["service"] == BARE.get(e["scheme"], SERVICE[e["scheme"]])
    assert o["mode"] in e["modes"] and set(o["modes"]) == set(e["modes"])
    assert o["elapsed_ms"] < 30000


@each
def test_bare_port_finds_the_same_facts(audited, name):
    by_name, bare = audited(name), audited(name, bare=True)
    for key in ("protocols", "suites", "groups", "signature_schemes", "dh"):
        assert comparable(bare[key]) == comparable(by_name[key]), key
    assert {c["sha256"] for c in bare["certificates"]} == {c["sha256"] for c in by_name["certificates"]}


def comparable(value):
    """Lists of a server without an order of its own are sets."""
    if isinstance(value, dict):
        same = {k: comparable(v) for k, v in value.items()}
        if value.get("preference") == "client":
            same["list"] = sorted(same["list"], key=str)
        return same
    return value


@each
def test_nothing_was_left_untested_for_trouble(audited, name):
    assert [u for u in audited(name)["untested"] if u["state"] == "could-not-test"] == []


@each
def test_versions(audited, truth, name):
    said = audited(name)["protocols"]
    assert {v: said[v] for v in truth(name).versions()} == \
        {v: yes_or_no(spoken) for v, spoken in truth(name).versions().items()}
    # No library in the room has them.
    assert said["SSLv2"] == said["SSLv3"] == "no"


@each
def test_suites(lab, audited, truth, name):
    e, said = lab.endpoints[name], audited(name)["suites"]
    assert set(said) == set(truth(name).spoken())
    for version in said:
        true = truth(name).suites(version)
        if "dhe" in e:
            true |= truth(e["dhe"]).suites(version)
        assert {s["openssl"] for s in said[version]["list"]} == true, version


@each
def test_order_of_suites(audited, truth, name):
    said = audited(name)["suites"]
    for version in said:
        preference, order = truth(name).order(version)
        assert said[version]["preference"] == preference, version
        if order:
            told = [s["openssl"] for s in said[version]["list"]]
            assert [s for s in told if s in order] == order, version


@each
def test_groups(audited, truth, name):
    said = audited(name)["groups"]
    for version in truth(name).spoken():
        true = truth(name).groups(version)
        told = {int(g["code"], 16) for g in said[version]["list"]} if version in said else set()
        assert {hex(c) for c in told} == {hex(c) for c in true}, version


@each
def test_signature_schemes(audited, truth, name):
    if "TLSv1.3" in truth(name).spoken():
        assert set(audited(name)["signature_schemes"]["TLSv1.3"]) == truth(name).schemes()


@each
def test_certificates(audited, truth, name):
    said = {c["sha256"].lower(): [link["sha256"].lower() for link in c["chain"]] for c in audited(name)["certificates"]}
    assert said == truth(name).certificates()


@each
def test_facts_of_certificates(audited, name):
    for c in audited(name)["certificates"]:
        true = x509.load_der_x509_certificate(base64.b64decode(c["der"]))
        key = true.public_key()
        names = true.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        assert c["sha256"].lower() == true.fingerprint(hashes.SHA256()).hex()
        assert int(c["serial"], 16) == true.serial_number
        assert (c["subject"], c["issuer"]) == (true.subject.rfc4514_string(), true.issuer.rfc4514_string())
        for key_of, date in (("not_before", "not_valid_before"), ("not_after", "not_valid_after")):
            # Debian 13's library has the name with _utc, Debian 12's the other one.
            date = getattr(true, date + "_utc", None) or getattr(true, date)
            assert c[key_of] == date.strftime("%Y-%m-%dT%H:%M:%SZ")
        assert {n["value"] for n in c["names"]} == {str(n.value) for n in names}
        assert (c["key"]["type"], c["key"]["bits"]) == ("RSA" if isinstance(key, rsa.RSAPublicKey) else "ECDSA", key.key_size)
        assert c["must_staple"] == (name == "nginx-must-staple")


@each
def test_trust_and_name(audited, truth, name):
    code, matches = truth(name).verdict()
    for c in audited(name)["certificates"]:
        if any(s["sni"] == "given" or audited(name)["sni"] is None for s in c["served"]):
            assert c["trusted"] == yes_or_no(code == 0), (code, c["trust_error"])
            assert (c["trust_error"] is None) == (code == 0)
            assert c["matches_host"] == yes_or_no(matches)


@each
def test_features(audited, truth, name):
    said = audited(name)["features"]
    for feature, true in truth(name).features().items():
        if true is not None:
            assert said[feature] == yes_or_no(true), feature


@each
def test_alpn(audited, truth, name):
    said = set(audited(name)["alpn"] if "alpn" in audited(name) else audited(name)["features"]["alpn"])
    known = ("h2", "http/1.1", "imap", "pop3", "postgresql", "xmpp-client", "xmpp-server", "ftp", "managesieve", "mqtt", "irc")
    asked = said | {n for n in known if n in ("h2", "http/1.1")}
    assert said >= truth(name).alpn(*sorted(asked)) & said and said <= truth(name).alpn(*sorted(asked))
    if name.startswith(("nginx", "apache")):
        assert said & {"h2", "http/1.1"} == truth(name).alpn("h2", "http/1.1")


@each
def test_dh(audited, truth, name):
    # GnuTLS serves DHE only to hellos that s_client cannot make: then its sizes are not known here.
    if truth(name).dh_bits():
        assert {d["bits"] for d in audited(name)["dh"]} == truth(name).dh_bits()


# What of the certificate and of who may come in each kind must be found, and nothing else of that sort.
ABOUT = ("certificate-", "chain-", "name-", "staple-", "sni-", "client-certificate", "validity-", "default-certificate",
         "no-san", "weak-key", "no-server-usage", "ca-as-leaf")
FOUND = {
    "nginx-expired": {"certificate-expired"},
    "nginx-mismatch": {"name-mismatch"},
    "nginx-self-signed": {"certificate-self-signed"},
    "nginx-incomplete": {"chain-incomplete"},
    "nginx-must-staple": {"staple-missing"},
    "nginx-client-cert": {"client-certificate-required"},
    "nginx-sni": {"sni-required"},
}


@pytest.mark.parametrize("name", NGINX)
def test_findings_of_certificate_and_access(audited, name):
    found = {f["id"] for f in audited(name)["findings"] if f["id"].startswith(ABOUT)}
    wanted = FOUND.get(name, set())
    # What is not trusted for a reason of its own is also, plainly, not trusted.
    assert found - {"certificate-untrusted"} == wanted
    if "certificate-untrusted" in found:
        assert wanted & {"certificate-expired", "certificate-self-signed", "chain-incomplete"}


def test_verdicts(audited):
    for name in ("nginx-modern", "nginx-tls13", "nginx-mlkem", "nginx-ip", "nginx-sni", "apache", "redis-rediss"):
        assert audited(name)["verdict"] == "pass", name
    for name in ("nginx-weak", "nginx-expired", "nginx-mismatch", "nginx-self-signed", "nginx-incomplete",
                 "nginx-must-staple", "inspircd-ircs"):
        assert audited(name)["verdict"] == "fail", name


# What each says before TLS of a password in the clear, asked by hand: the words it is offered by, or forbidden by.
PLAINTEXT = {
    "postfix-smtp": ("EHLO lab.test\r\nQUIT\r\n", lambda said: "AUTH" not in said),
    "postfix-submission": ("EHLO lab.test\r\nQUIT\r\n", lambda said: "AUTH" not in said),
    "dovecot-imap": ("a CAPABILITY\r\nb LOGOUT\r\n", lambda said: "LOGINDISABLED" in said),
    "dovecot-pop3": ("CAPA\r\nQUIT\r\n", lambda said: "PLAIN" not in said and "USER" not in said),
    "dovecot-sieve": ("LOGOUT\r\n", lambda said: "PLAIN" not in said),
}


@pytest.mark.parametrize("name", sorted(PLAINTEXT))
def test_passwords_before_tls(lab, audited, name):
    words, refused = PLAINTEXT[name]
    said = ""
    with socket.create_connection(("127.0.0.1", lab.endpoints[name]["port"]), 10) as s:
        said += s.recv(4096).decode()
        s.sendall(words.encode())
        while more := s.recv(4096):
            said += more.decode()
    assert audited(name)["dialogue"]["plaintext_auth_refused"] == yes_or_no(refused(said)), said
    found = {f["id"] for f in audited(name)["findings"]}
    assert ("plaintext-auth-accepted" in found) == (not refused(said))


def test_weak_server_is_called_weak(audited):
    found = {f["id"] for f in audited("nginx-weak")["findings"]}
    assert found >= {"tls10-offered", "tls11-offered", "null-suite", "anonymous-suite", "cbc-sha1-suite", "ccm8-suite",
                     "static-rsa-suite", "weak-dh"}
