"""Certificates made while the tests run: a throwaway CA and leaves of every
kind, hostile ones too. Nothing is written but the CA's PEM for --ca."""

import datetime
import ipaddress
import subprocess

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID


class Identity:
    """A key and the chain that goes with it, leaf first, DER."""

    def __init__(self, key, chain):
        self.key = key
        self.chain = chain


def _now():
    return datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0, tzinfo=None)


def _general(name):
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def tlv(tag, body):
    n = len(body)
    if n < 0x80:
        head = bytes([n])
    else:
        raw = n.to_bytes((n.bit_length() + 7) // 8, "big")
        head = bytes([0x80 | len(raw)]) + raw
    return bytes([tag]) + head + body


class Authority:
    def __init__(self, name="scenario CA"):
        self.key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.cert = (x509.CertificateBuilder().subject_name(subject).issuer_name(subject)
                     .public_key(self.key.public_key()).serial_number(x509.random_serial_number())
                     .not_valid_before(_now() - datetime.timedelta(days=1))
                     .not_valid_after(_now() + datetime.timedelta(days=3650))
                     .add_extension(x509.BasicConstraints(True, None), True)
                     .add_extension(x509.KeyUsage(True, False, False, False, False, True, True,
                                                  False, False), True)
                     .sign(self.key, hashes.SHA256()))

    @property
    def pem(self):
        return self.cert.public_bytes(Encoding.PEM)

    def leaf(self, names=("localhost", "127.0.0.1", "::1"), key=None, cn="scenario",
             days=(-1, 60), self_signed=False, ca=False):
        """A leaf signed by this CA: names are SANs, days are from and to, from today."""
        key = key or ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, cn)])
        builder = (x509.CertificateBuilder().subject_name(subject)
                   .issuer_name(subject if self_signed else self.cert.subject)
                   .public_key(key.public_key()).serial_number(x509.random_serial_number())
                   .not_valid_before(_now() + datetime.timedelta(days=days[0]))
                   .not_valid_after(_now() + datetime.timedelta(days=days[1]))
                   .add_extension(x509.BasicConstraints(ca, None), True))
        if names:
            builder = builder.add_extension(
                x509.SubjectAlternativeName([_general(n) for n in names]), False)
        builder = builder.add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)
        cert = builder.sign(key if self_signed else self.key, hashes.SHA256())
        return Identity(key, [cert.public_bytes(Encoding.DER)])

    def forged(self, identity, changes):
        """The same leaf with bytes of its body replaced (equal lengths), signed anew."""
        body = x509.load_der_x509_certificate(identity.chain[0]).tbs_certificate_bytes
        for old, new in changes.items():
            assert len(old) == len(new) and body.count(old) >= 1
            body = body.replace(old, new)
        signature = self.key.sign(body, ec.ECDSA(hashes.SHA256()))
        algorithm = tlv(0x30, tlv(0x06, bytes.fromhex("2a8648ce3d040302")))
        der = tlv(0x30, body + algorithm + tlv(0x03, b"\0" + signature))
        return Identity(identity.key, [der])


def rsa_key(bits):
    """Newer libraries make no key of 512 bits; the openssl command still does."""
    if bits >= 1024:
        return rsa.generate_private_key(65537, bits)
    pem = subprocess.run(["openssl", "genrsa", str(bits)], check=True, capture_output=True).stdout
    return load_pem_private_key(pem, None)
