"""The lab's certificates, made at run time inside the room: dates hang on now, keys live as long as the lab.

Called by labd.py. Every leaf is NAME.pem (chain as served) with NAME.key; ca.pem is what a client trusts.
"""
import datetime
import ipaddress
import os

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dh, ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DOMAIN = "lab.test"
DAY = datetime.timedelta(days=1)

# The second Oakley group (RFC 2409, 6.2): a prime of 1024 bits that half the world once shared.
OAKLEY_2 = int(
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD"
    "EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED"
    "EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE65381FFFFFFFFFFFFFFFF", 16)


def name_of(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def pem(cert):
    return cert.public_bytes(serialization.Encoding.PEM)


def build(subject, key, issuer, issuer_key, start, end, extensions):
    builder = (x509.CertificateBuilder().subject_name(name_of(subject)).issuer_name(issuer)
               .public_key(key.public_key()).serial_number(x509.random_serial_number())
               .not_valid_before(start).not_valid_after(end)
               .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
               .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()),
                              False))
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return builder.sign(issuer_key, hashes.SHA256())


def usage(**yes):
    names = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment",
             "key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only")
    return x509.KeyUsage(**{name: yes.get(name, False) for name in names})


def san(names):
    def one(name):
        try:
            return x509.IPAddress(ipaddress.ip_address(name))
        except ValueError:
            return x509.DNSName(name)
    return x509.SubjectAlternativeName([one(name) for name in names])


class Authority:
    def __init__(self, directory):
        self.directory = directory
        now = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
        self.now = now
        self.keys = {"rsa": rsa.generate_private_key(65537, 2048), "ecdsa": ec.generate_private_key(ec.SECP256R1())}
        self.root_key = ec.generate_private_key(ec.SECP256R1())
        self.middle_key = rsa.generate_private_key(65537, 2048)
        ca = [(x509.BasicConstraints(True, None), True),
              (usage(key_cert_sign=True, crl_sign=True, digital_signature=True), True)]
        root = name_of("tlswright lab root")
        self.root = build("tlswright lab root", self.root_key, root, self.root_key, now - 400 * DAY,
                          now + 3000 * DAY, ca)
        self.middle = build("tlswright lab intermediate", self.middle_key, root, self.root_key,
                            now - 300 * DAY, now + 1000 * DAY, ca)
        self.write("ca.pem", pem(self.root))
        self.write("oakley2.pem", dh.DHParameterNumbers(OAKLEY_2, 2).parameters().parameter_bytes(
            serialization.Encoding.PEM, serialization.ParameterFormat.PKCS3))

    def write(self, name, data, mode=0o644):
        path = os.path.join(self.directory, name)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as f:
            f.write(data)
        os.chmod(path, mode)
        return path

    def leaf(self, name, names, kind="rsa", start=-10, end=80, self_signed=False, middle=True, must_staple=False):
        key = self.keys[kind]
        extensions = [(san(names), False), (x509.BasicConstraints(False, None), True),
                      (usage(digital_signature=True, key_encipherment=kind == "rsa"), True),
                      (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH,
                                              ExtendedKeyUsageOID.CLIENT_AUTH]), False)]
        if must_staple:
            extensions.append((x509.TLSFeature([x509.TLSFeatureType.status_request]), False))
        issuer, issuer_key = self.middle.subject, self.middle_key
        if self_signed:
            issuer, issuer_key = name_of(names[0]), key
        cert = build(names[0], key, issuer, issuer_key, self.now + start * DAY, self.now + end * DAY, extensions)
        chain = pem(cert)
        if middle and not self_signed:
            chain += pem(self.middle)
        # World-readable: servers that drop their privileges read it too, and it dies with the lab.
        self.write(name + ".key", key.private_bytes(serialization.Encoding.PEM,
                   serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
        return self.write(name + ".pem", chain)


def make(directory, servers, more=None):
    """All certificates of the lab: one of each kind that a test is about, one for every server, and {name: hosts} more."""
    os.makedirs(directory, exist_ok=True)
    a = Authority(directory)
    www = "www." + DOMAIN
    a.leaf("www", [www])
    a.leaf("www-ecdsa", [www], kind="ecdsa")
    a.leaf("expired", [www], start=-100, end=-5)
    a.leaf("mismatch", ["other." + DOMAIN])
    a.leaf("self-signed", [www], self_signed=True)
    a.leaf("ip", ["127.0.0.1", "::1"])
    a.leaf("incomplete", [www], middle=False)
    a.leaf("must-staple", [www], must_staple=True)
    a.leaf("client", ["client." + DOMAIN])
    for server in servers:
        a.leaf(server, ["%s.%s" % (server, DOMAIN)], kind="ecdsa" if server == "redis" else "rsa")
    for name, hosts in (more or {}).items():
        a.leaf(name, hosts)
