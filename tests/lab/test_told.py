"""-v at every real server: one whole handshake told, the dialogue before it included, and what it says is so."""
import os
import subprocess

import pytest
from run import TLSWRIGHT

from test_servers import ENDPOINTS


def told(lab, name, *options):
    e = lab.endpoints[name]
    argv = [TLSWRIGHT, "audit", "-v", "--quick", "-q", "--connect", "127.0.0.1", "--ca", lab.ca,
            *options, "%s://%s:%d" % (e["scheme"], e["host"], e["port"])]
    return subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False).stderr


@pytest.mark.parametrize("name", [n for n in ENDPOINTS if n not in ("nginx-client-cert", "nginx-sni")])
def test_each_server_gets_its_story(lab, truth, name):
    e, text = lab.endpoints[name], told(lab, name)
    for message in ("ClientHello", "ServerHello", "Certificate,", "Finished"):
        assert message in text, text
    assert "the handshake is done" in text and "broken" not in text, text
    best = "TLS 1.3" if "TLSv1.3" in truth(name).spoken() else "TLS 1.2"
    assert best + ": " in text, text
    if name in ("postfix-smtp", "postfix-submission"):
        assert "->  STARTTLS" in text and "220 2.0.0 Ready to start TLS" in text, text
    if e["mode"] != "implicit":
        assert text.index("<-") < text.index("ClientHello") or e["scheme"] in ("ldap", "postgres"), text


@pytest.mark.parametrize("name, words", [
    ("nginx-modern", "www.lab.test stands in the certificate: it fits"),
    ("nginx-modern", "the chain leads to a root given here: trusted"),
    ("nginx-modern", "resumed, no certificate needed"),
    ("nginx-expired", "expired"),
    ("nginx-mismatch", "www.lab.test does not stand in the certificate"),
    ("nginx-self-signed", "a client stops here"),
    ("nginx-incomplete", "a client stops here"),
    ("nginx-client-cert", "the server would like a certificate of the client"),
    ("nginx-tls12", "ServerKeyExchange"),
    ("nginx-tls12", "TLS 1.2: the server has nothing newer that we offer"),
])
def test_what_a_story_says(lab, name, words):
    text = " ".join(told(lab, name).split())
    assert words in text, text


def test_chains_are_saved_as_they_came(lab, tmp_path):
    told(lab, "nginx-modern", "--save-certs", str(tmp_path / "certs"))
    (name,) = os.listdir(tmp_path / "certs")
    pem = (tmp_path / "certs" / name).read_text()
    assert pem.count("BEGIN CERTIFICATE") == 2
    shown = subprocess.run(["openssl", "x509", "-noout", "-subject", "-fingerprint", "-sha256"], input=pem,
                           capture_output=True, text=True, check=True).stdout
    assert "www.lab.test" in shown
    assert name[:16].upper() == shown.split("ingerprint=")[1].replace(":", "")[:16]
