"""Servers for a stage: TLS by Python's ssl with certificates of the test's own CA, behind
any of the scripted dialogues, and what is said inside."""

import datetime
import email.utils
import socket
import ssl
import tempfile
import warnings

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from servers.pki import Authority, Identity
from stage import HOST

NAMES = (HOST, "www.example.com")


def pem_of(identity):
    key = identity.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return key + b"".join(ssl.DER_cert_to_PEM_cert(der).encode() for der in identity.chain)


def between(root, days=(-1, 60)):
    """An intermediate CA of root, and the Authority that signs with it."""
    child = Authority("intermediate CA")
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "intermediate CA")])
    now = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
    child.cert = (x509.CertificateBuilder().subject_name(subject).issuer_name(root.cert.subject)
                  .public_key(child.key.public_key()).serial_number(x509.random_serial_number())
                  .not_valid_before(now + datetime.timedelta(days=days[0]))
                  .not_valid_after(now + datetime.timedelta(days=days[1]))
                  .add_extension(x509.BasicConstraints(True, None), True)
                  .sign(root.key, hashes.SHA256()))
    return child


def with_chain(identity, *authorities):
    return Identity(identity.key, identity.chain + [a.cert.public_bytes(Encoding.DER) for a in authorities])


class Tls:
    """then(conn) of a dialogue, or a handler of its own: a handshake, and inside(plain) in it."""

    def __init__(self, identity, inside=None, prepare=None, alpn=()):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with tempfile.NamedTemporaryFile(suffix=".pem") as f:
            f.write(pem_of(identity))
            f.flush()
            self.context.load_cert_chain(f.name)
        if alpn:
            self.context.set_alpn_protocols(list(alpn))
        if prepare:
            prepare(self.context)
        self.inside = inside or (lambda plain: plain.recv(4096))

    def __call__(self, conn):
        assert not conn.buffer
        try:
            with self.context.wrap_socket(conn.sock, server_side=True) as plain:
                plain.settimeout(10)
                self.inside(plain)
        except (OSError, ValueError):
            pass        # an auditor's hello is seldom followed by more


def says(words):
    """Inside: a greeting."""
    def inside(plain):
        plain.sendall(words)
        while plain.recv(4096):
            pass
    return inside


def page(status="200 OK", date=None, headers=""):
    """Inside, or on port 80: an HTTP answer whose clock is `date` (seconds; None: ours)."""
    def inside(plain):
        head = b""
        while b"\r\n\r\n" not in head:
            more = plain.recv(4096)
            if not more:
                return
            head += more
        plain.sendall((f"HTTP/1.1 {status}\r\nDate: {email.utils.formatdate(date, usegmt=True)}\r\n"
                       f"Server: scripted\r\n{headers}Content-Length: 0\r\nConnection: close\r\n\r\n").encode())
        plain.shutdown(socket.SHUT_WR) if not isinstance(plain, ssl.SSLSocket) else None
    return inside


def plain_page(**knobs):
    """The same in the clear."""
    inside = page(**knobs)

    def handler(conn):
        inside(conn.sock)
    return handler


def only(version):
    def prepare(context):
        warnings.simplefilter("ignore", DeprecationWarning)     # old versions are what is wanted
        context.minimum_version = context.maximum_version = version
        context.set_ciphers("ALL:@SECLEVEL=0")
    return prepare


def refuses_name(wanted):
    """A server that knows one name, and answers unrecognized_name to others and to none."""
    def prepare(context):
        def choose(sock, name, ctx):
            return None if name == wanted else ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
        context.sni_callback = choose
    return prepare


def wants_client_certificate(ca_pem, most=None):
    def prepare(context):
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(cadata=ca_pem.decode())
        if most:
            context.maximum_version = most
    return prepare
