"""TLS as bytes, by hand: records, alerts, hellos, certificates, key exchanges,
from SSL 2.0 to TLS 1.2, as RFC 6101, 2246, 4346, 5246 and 8422 write them. No
TLS library: none says any more what these servers must."""

import hashlib
import os
import struct
from dataclasses import dataclass, field

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, x25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from .tcp import Gone

SSL2, SSL3, TLS10, TLS11, TLS12, TLS13 = 0x0002, 0x0300, 0x0301, 0x0302, 0x0303, 0x0304
IDS = {SSL2: "SSLv2", SSL3: "SSLv3", TLS10: "TLSv1.0", TLS11: "TLSv1.1", TLS12: "TLSv1.2",
       TLS13: "TLSv1.3"}

ALERTS = {"close_notify": 0, "unexpected_message": 10, "handshake_failure": 40,
          "illegal_parameter": 47, "decode_error": 50, "protocol_version": 70,
          "internal_error": 80, "inappropriate_fallback": 86, "no_renegotiation": 100,
          "unrecognized_name": 112, "no_application_protocol": 120}

# Name (IANA, "TLS_" left out): code. Only what the scripted servers speak.
SUITES = {
    "RSA_WITH_NULL_MD5": 0x0001, "RSA_WITH_NULL_SHA": 0x0002, "RSA_WITH_NULL_SHA256": 0x003B,
    "RSA_EXPORT_WITH_RC4_40_MD5": 0x0003, "RSA_EXPORT_WITH_RC2_CBC_40_MD5": 0x0006,
    "RSA_EXPORT_WITH_DES40_CBC_SHA": 0x0008, "RSA_WITH_RC4_128_MD5": 0x0004,
    "RSA_WITH_RC4_128_SHA": 0x0005, "RSA_WITH_DES_CBC_SHA": 0x0009,
    "RSA_WITH_3DES_EDE_CBC_SHA": 0x000A, "DHE_RSA_EXPORT_WITH_DES40_CBC_SHA": 0x0014,
    "DHE_RSA_WITH_3DES_EDE_CBC_SHA": 0x0016, "DH_anon_WITH_RC4_128_MD5": 0x0018,
    "DH_anon_WITH_3DES_EDE_CBC_SHA": 0x001B, "DH_anon_WITH_AES_128_CBC_SHA": 0x0034,
    "DH_anon_WITH_AES_256_CBC_SHA": 0x003A,
    "RSA_WITH_AES_128_CBC_SHA": 0x002F, "RSA_WITH_AES_256_CBC_SHA": 0x0035,
    "DHE_RSA_WITH_AES_128_CBC_SHA": 0x0033, "DHE_RSA_WITH_AES_256_CBC_SHA": 0x0039,
    "RSA_WITH_AES_128_GCM_SHA256": 0x009C, "RSA_WITH_AES_256_GCM_SHA384": 0x009D,
    "DHE_RSA_WITH_AES_128_GCM_SHA256": 0x009E, "DHE_RSA_WITH_AES_256_GCM_SHA384": 0x009F,
    "ECDHE_ECDSA_WITH_AES_128_CBC_SHA": 0xC009, "ECDHE_ECDSA_WITH_AES_256_CBC_SHA": 0xC00A,
    "ECDHE_RSA_WITH_NULL_SHA": 0xC010, "ECDHE_RSA_WITH_RC4_128_SHA": 0xC011,
    "ECDHE_RSA_WITH_3DES_EDE_CBC_SHA": 0xC012,
    "ECDHE_RSA_WITH_AES_128_CBC_SHA": 0xC013, "ECDHE_RSA_WITH_AES_256_CBC_SHA": 0xC014,
    "ECDH_anon_WITH_AES_128_CBC_SHA": 0xC018, "ECDH_anon_WITH_AES_256_CBC_SHA": 0xC019,
    "ECDHE_ECDSA_WITH_AES_128_GCM_SHA256": 0xC02B, "ECDHE_ECDSA_WITH_AES_256_GCM_SHA384": 0xC02C,
    "ECDHE_RSA_WITH_AES_128_GCM_SHA256": 0xC02F, "ECDHE_RSA_WITH_AES_256_GCM_SHA384": 0xC030,
    "ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256": 0xCCA8,
    "ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256": 0xCCA9,
    "ECDHE_ECDSA_WITH_AES_128_CCM_8": 0xC0AE,
}
NAMES = {code: name for name, code in SUITES.items()}
FALLBACK_SCSV, RENEGOTIATION_SCSV = 0x5600, 0x00FF

SSL2_KINDS = {"RC4_128_WITH_MD5": 0x010080, "RC4_128_EXPORT40_WITH_MD5": 0x020080,
              "RC2_128_CBC_WITH_MD5": 0x030080, "DES_192_EDE3_CBC_WITH_MD5": 0x0700C0}

GROUPS = {"secp256r1": 23, "secp384r1": 24, "secp521r1": 25, "x25519": 29, "secp192r1": 19,
          "sect163k1": 1, "ffdhe2048": 256}

EXT = {"server_name": 0, "status_request": 5, "supported_groups": 10, "ec_point_formats": 11,
       "signature_algorithms": 13, "heartbeat": 15, "alpn": 16, "etm": 22, "ems": 23,
       "session_ticket": 35, "supported_versions": 43, "renegotiation_info": 0xFF01}


def u8(v):
    return struct.pack("!B", v)


def u16(v):
    return struct.pack("!H", v)


def u24(v):
    return struct.pack("!I", v)[1:]


def vec8(data):
    return u8(len(data)) + data


def vec16(data):
    return u16(len(data)) + data


def vec24(data):
    return u24(len(data)) + data


def record(kind, version, payload, size=16384):
    """Records of at most `size` bytes each."""
    pieces = [payload[i:i + size] for i in range(0, len(payload), size)] or [b""]
    return b"".join(u8(kind) + u16(version) + vec16(piece) for piece in pieces)


def alert(name, version=TLS10, level=2):
    return record(21, version, bytes([level, ALERTS[name]]))


def handshake(kind, body):
    return u8(kind) + vec24(body)


class Malformed(Gone):
    """Not what a client may send: the server goes too."""


class Reader:
    def __init__(self, data):
        self.data = data

    def take(self, n):
        if len(self.data) < n:
            raise Malformed()
        piece, self.data = self.data[:n], self.data[n:]
        return piece

    def number(self, n):
        return int.from_bytes(self.take(n), "big")

    def vec(self, n):
        return self.take(self.number(n))


def numbers(data, size):
    return [int.from_bytes(data[i:i + size], "big") for i in range(0, len(data), size)]


@dataclass
class Hello:
    """A ClientHello as it came."""
    ssl2_format: bool = False
    record_version: int = 0
    version: int = 0
    random: bytes = b""
    session_id: bytes = b""
    suites: list = field(default_factory=list)
    ssl2_kinds: list = field(default_factory=list)
    compression: bytes = b"\0"
    extensions: dict = field(default_factory=dict)
    message_bytes: int = 0              # of the handshake message with its header

    def list_of(self, name, head, size):
        data = self.extensions.get(EXT[name])
        return None if data is None else numbers(Reader(data).vec(head), size)

    @property
    def groups(self):
        return self.list_of("supported_groups", 2, 2)

    @property
    def schemes(self):
        return self.list_of("signature_algorithms", 2, 2)

    @property
    def versions(self):
        return self.list_of("supported_versions", 1, 2)

    @property
    def sni(self):
        data = self.extensions.get(EXT["server_name"])
        if data is None:
            return None
        names = Reader(Reader(data).vec(2))
        names.number(1)
        return names.vec(2).decode("ascii")

    @property
    def alpn(self):
        data = self.extensions.get(EXT["alpn"])
        if data is None:
            return None
        names, found = Reader(Reader(data).vec(2)), []
        while names.data:
            found.append(names.vec(1).decode("ascii"))
        return found


def read_hello(conn):
    """One ClientHello of either format, from however many records; Malformed if it is none."""
    first = conn.recv_exact(2)
    if first[0] & 0x80:
        return _read_ssl2_hello(conn.recv_exact(((first[0] & 0x7F) << 8) | first[1]))
    if first[0] != 22 or first[1] != 3:
        raise Malformed()
    head = first + conn.recv_exact(3)
    message, record_version = b"", int.from_bytes(head[1:3], "big")
    while True:
        if head[0] != 22:
            raise Malformed()
        message += conn.recv_exact(int.from_bytes(head[3:5], "big"))
        if len(message) >= 4 and len(message) >= 4 + int.from_bytes(message[1:4], "big"):
            break
        head = conn.recv_exact(5)
    return _read_hello_message(message, record_version)


def _read_ssl2_hello(data):
    r = Reader(data)
    if r.number(1) != 1:
        raise Malformed()
    h = Hello(ssl2_format=True, version=r.number(2))
    kinds, session, challenge = r.number(2), r.number(2), r.number(2)
    h.ssl2_kinds = numbers(r.take(kinds), 3)
    h.session_id = r.take(session)
    h.random = r.take(challenge).rjust(32, b"\0")[-32:]
    h.suites = [kind for kind in h.ssl2_kinds if kind < 0x10000]
    h.message_bytes = len(data)
    return h


def _read_hello_message(message, record_version):
    r = Reader(message)
    if r.number(1) != 1:
        raise Malformed()
    body = Reader(r.vec(3))
    h = Hello(record_version=record_version, version=body.number(2), random=body.take(32))
    h.session_id = body.vec(1)
    h.suites = numbers(body.vec(2), 2)
    h.compression = body.vec(1)
    h.message_bytes = len(message)
    if body.data:
        extensions = Reader(body.vec(2))
        while extensions.data:
            kind = extensions.number(2)
            h.extensions[kind] = extensions.vec(2)
    return h


def server_hello(version, suite, extensions=None, compression=0, session_id=b"", random=None):
    """extensions: {type: bytes}; None leaves the block out, as SSL 3.0 servers do."""
    random = random or os.urandom(32)
    body = u16(version) + random + vec8(session_id) + u16(suite) + u8(compression)
    if extensions:
        body += vec16(b"".join(u16(k) + vec16(v) for k, v in extensions.items()))
    return handshake(2, body), random


def certificate(chain):
    return handshake(11, vec24(b"".join(vec24(der) for der in chain)))


def certificate_request(version):
    body = vec8(bytes([1, 64]))
    if version >= TLS12:
        body += vec16(u16(0x0401) + u16(0x0403))
    return handshake(13, body + vec16(b""))


SERVER_HELLO_DONE = handshake(14, b"")

HASH_OF = {0x0201: hashes.SHA1, 0x0401: hashes.SHA256, 0x0501: hashes.SHA384,
           0x0601: hashes.SHA512, 0x0203: hashes.SHA1, 0x0403: hashes.SHA256,
           0x0503: hashes.SHA384, 0x0603: hashes.SHA512, 0x0804: hashes.SHA256,
           0x0101: hashes.MD5}


def rsa_sign_raw(key, digest):
    """PKCS #1 v1.5 type 1 of bare bytes: MD5 and SHA-1 together before TLS 1.2."""
    n = key.private_numbers()
    size = (key.key_size + 7) // 8
    padded = b"\0\1" + b"\xff" * (size - 3 - len(digest)) + b"\0" + digest
    m = int.from_bytes(padded, "big")
    a, b = pow(m, n.dmp1, n.p), pow(m, n.dmq1, n.q)
    value = b + (n.iqmp * (a - b)) % n.p * n.q
    return value.to_bytes(size, "big")


def sign(key, version, scheme, data):
    """The signature of a ServerKeyExchange, its scheme before it in TLS 1.2."""
    if version < TLS12:
        if isinstance(key, rsa.RSAPrivateKey):
            return vec16(rsa_sign_raw(key, hashlib.md5(data).digest() + hashlib.sha1(data).digest()))
        return vec16(key.sign(data, ec.ECDSA(hashes.SHA1())))
    if isinstance(key, ed25519.Ed25519PrivateKey):
        signature = key.sign(data)
    elif isinstance(key, ec.EllipticCurvePrivateKey):
        signature = key.sign(data, ec.ECDSA(HASH_OF[scheme]()))
    elif scheme == 0x0804:
        signature = key.sign(data, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())
    else:
        signature = key.sign(data, padding.PKCS1v15(), HASH_OF[scheme]())
    return u16(scheme) + vec16(signature)


def number_bytes(v):
    return v.to_bytes((v.bit_length() + 7) // 8, "big")


def dh_params(p, g, y):
    return vec16(number_bytes(p)) + vec16(number_bytes(g)) + vec16(number_bytes(y))


_ECDH_POINTS = {}


def ecdh_params(group):
    """A fresh point each process and group is enough for what is never finished."""
    if group not in _ECDH_POINTS:
        if group == GROUPS["x25519"]:
            point = x25519.X25519PrivateKey.generate().public_key().public_bytes(
                Encoding.Raw, PublicFormat.Raw)
        else:
            # By name: newer releases of the library have dropped some.
            curve = getattr(ec, {19: "SECP192R1", 23: "SECP256R1", 24: "SECP384R1",
                                 25: "SECP521R1", 1: "SECT163K1"}[group])
            point = ec.generate_private_key(curve()).public_key().public_bytes(
                Encoding.X962, PublicFormat.UncompressedPoint)
        _ECDH_POINTS[group] = point
    return b"\x03" + u16(group) + vec8(_ECDH_POINTS[group])


def rsa_export_params(public):
    n = public.public_numbers()
    return vec16(number_bytes(n.n)) + vec16(number_bytes(n.e))


def server_key_exchange(params, signature=b""):
    return handshake(12, params + signature)


def ssl2_error(code):
    return b"\x80\x03\0" + u16(code)


def ssl2_server_hello(cert, kinds):
    body = (b"\x04\x00\x01" + u16(SSL2) + u16(len(cert)) + u16(3 * len(kinds)) + u16(16)
            + cert + b"".join(u24(kind) for kind in kinds) + os.urandom(16))
    return u16(0x8000 | len(body)) + body
