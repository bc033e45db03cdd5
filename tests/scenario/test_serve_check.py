"""serve --check: what is wrong with a gateway's files, and that every example is right."""

import getpass
import os
import pathlib
import re

import pytest

from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat, load_pem_private_key)

import run as runner

EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "docs" / "examples"


def private(key, encryption):
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)


@pytest.fixture
def kept(tmp_path, pki):
    """Paths of a good certificate, its key and an authority, private as they should be."""
    return Kept(tmp_path, pki)


class Kept:
    def __init__(self, folder, pki):
        self.folder, self.pki = folder, pki
        self.chain, self.key = folder / "chain.pem", folder / "key.pem"
        self.put(pki.ecdsa)

    def put(self, identity, key=None, whole=True):
        self.chain.write_bytes(b"".join(
            x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM) for der in identity.chain)
            + (self.pki.ca.pem if whole else b""))
        self.key.touch(0o600)
        self.key.write_bytes(private((key or identity).key, NoEncryption()))

    def check(self, more="", listen=""):
        """The remarks on a small file: {(line, warning, text)}, and the run."""
        path = self.folder / "t.conf"
        path.write_text(
            "user = %s\ncertificate c { chain = \"%s\"  key = \"%s\" }\n"
            "backend b { address = \"127.0.0.1:10143\"  proxy_protocol = v2 }\n"
            "listen l { service = imaps  address = \"127.0.0.1:10993\"  certificate = c  backend = b %s }\n%s"
            % (getpass.getuser(), self.chain, self.key, listen, more))
        result = runner.run("serve", "--check", "-c", str(path), keep="\n\t")
        found = re.findall(r"^%s:(\d+): (warning: )?(.*)$" % re.escape(str(path)), result.stderr, re.M)
        return [(int(line), bool(warning), text) for line, warning, text in found], result

    def wrong(self, line, says, **more):
        said, result = self.check(**more)
        assert result.code == 2 and result.stdout == "", result
        assert any(n == line and not w and says in text for n, w, text in said), result

    def warned(self, line, says, **more):
        said, result = self.check(**more)
        assert result.code == 0 and "it can be served" in result.stdout, result
        assert any(n == line and w and says in text for n, w, text in said), result


def test_good(kept):
    said, result = kept.check()
    assert (result.code, said) == (0, []), result
    assert result.stdout.endswith(": it can be served: 1 listener, 1 backend, 0 warnings\n")


def test_missing_files(kept):
    kept.chain.unlink()
    kept.wrong(2, "chain.pem cannot be read: No such file or directory")
    kept.put(kept.pki.ecdsa)
    kept.key.unlink()
    kept.wrong(2, "key.pem cannot be read: No such file or directory")


def test_no_such_configuration(tmp_path):
    result = runner.run("serve", "--check", "-c", str(tmp_path / "none"))
    assert result.code == 2 and "none: the file cannot be read: No such file" in result.stderr, result


def test_key_of_another(kept):
    kept.put(kept.pki.ecdsa, key=kept.pki.rsa)
    kept.wrong(2, "key.pem is not that of ")


def test_wrong_way_round(kept):
    chain, key = kept.chain.read_bytes(), kept.key.read_bytes()
    kept.chain.write_bytes(key)
    kept.key.write_bytes(chain)
    kept.wrong(2, "are chain and key the wrong way round?")


def test_key_under_a_passphrase(kept):
    key = load_pem_private_key(kept.key.read_bytes(), None)
    kept.key.write_bytes(private(key, BestAvailableEncryption(b"x")))
    kept.wrong(2, "no private key that can be read without a passphrase")


def test_garbage(kept):
    kept.chain.write_bytes(b"\0" * 100)
    kept.wrong(2, "has no certificate in it")


def test_open_key(kept):
    kept.key.chmod(0o644)
    kept.warned(2, "everybody on this machine may read the key")


def test_dates(kept):
    for days, tell, says in (((-30, -1), kept.wrong, "expired on "), ((1, 30), kept.wrong, "is good only from "),
                             ((-1, 3), kept.warned, "expires on ")):
        kept.put(kept.pki.ca.leaf(days=days))
        tell(2, says)


def test_no_name(kept):
    kept.put(kept.pki.ca.leaf(names=()))
    kept.warned(2, "has no subjectAltName")


def test_an_authority_is_no_server(kept):
    kept.put(kept.pki.ca.leaf(ca=True))
    kept.warned(2, "is an authority's, not a server's")


def test_chain(kept):
    kept.put(kept.pki.ecdsa, whole=False)
    kept.warned(2, "chain.pem ends below \"CN=scenario CA\", which is no root here")
    kept.put(kept.pki.ecdsa)
    leaf, root = re.findall(rb"-----BEGIN.*?-----END[^\n]*\n", kept.chain.read_bytes(), re.S)
    other = x509.load_der_x509_certificate(kept.pki.rsa.chain[0]).public_bytes(Encoding.PEM)
    kept.chain.write_bytes(leaf + root + other)
    assert kept.check()[1].code == 0


def test_folders(kept):
    kept.warned(5, "path: the folder %s/no: No such file" % kept.folder,
                more='log x { path = "%s/no/log" }\n' % kept.folder)
    kept.wrong(5, "acme: %s is no folder" % kept.key,
               more='redirect { address = "127.0.0.1:10080"  acme = "%s" }\n' % kept.key)
    kept.wrong(4, "client_ca = %s/ca" % kept.folder,
               listen='client_certificate = required  client_ca = "%s/ca"' % kept.folder)


def test_no_such_user(kept):
    path = kept.folder / "u.conf"
    path.write_text('user = nobodyhere\nredirect { address = "127.0.0.1:10080" }\n')
    result = runner.run("serve", "--check", "-c", str(path))
    assert result.code == 2 and "u.conf:1: user = nobodyhere: there is no such user" in result.stderr, result


def test_hostile_text_is_escaped(kept):
    said, result = kept.check(more='limit "\x1b[31m" { }\n\u202e = 1\n')
    assert result.code == 2 and "\x1b" not in result.stderr and "\u202e" not in result.stderr, result


@pytest.mark.parametrize("example", sorted(p.name for p in EXAMPLES.glob("*.conf")))
def test_example(example, kept):
    text = (EXAMPLES / example).read_text()
    for path, to in (("/etc/tlswright/fullchain.pem", kept.chain), ("/etc/tlswright/privkey.pem", kept.key),
                     ("/run/tlswright", kept.folder), ("/var/lib/tlswright/acme", kept.folder),
                     ("/var/lib/tlswright", kept.folder), ("/var/log/tlswright", kept.folder)):
        text = text.replace(path, str(to))
    for ca in re.findall(r"/etc/tlswright/[a-z]+-ca\.pem", text):
        (kept.folder / "ca.pem").write_bytes(kept.pki.ca.pem)
        text = text.replace(ca, str(kept.folder / "ca.pem"))
    text = text.replace("user = tlswright", "user = " + getpass.getuser())
    path = kept.folder / example
    path.write_text(text)
    result = runner.run("serve", "--check", "-c", str(path), keep="\n\t")
    assert result.code == 0, result
    # What is left to say: MariaDB's socket trusts the gateway, and a port below 1024 wants root.
    left = [line for line in result.stderr.splitlines() if "ports below 1024" not in line]
    assert len(left) == (1 if example == "mysql.conf" else 0), result
    assert os.path.basename(example)[:-5] != "mysql" or "localhost" in left[0], result


def test_every_service_has_an_example():
    names = {p.stem for p in EXAMPLES.glob("*.conf")}
    assert names == {"smtp", "submission", "lmtp", "imap", "pop3", "sieve", "ftp", "ldap", "nntp", "xmpp", "irc",
                     "postgres", "mysql", "https", "wss", "redis", "mqtt", "mailhost", "away"}
