"""ScriptedTls13: a TLS 1.3 server by RFC 8446, up to its Finished, in the order of
suites and groups it is told; HelloRetryRequest for groups no library here knows.
A hello without 1.3 goes to the ScriptedTls beside it, where there is one."""

import hashlib
import hmac
import os
from dataclasses import dataclass, field

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, x25519
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from . import wire
from .wire import EXT, TLS12, TLS13, Reader, u16, u24, u8, vec8, vec16

SUITES = {"AES_128_GCM_SHA256": 0x1301, "AES_256_GCM_SHA384": 0x1302,
          "CHACHA20_POLY1305_SHA256": 0x1303}
GROUPS = {**wire.GROUPS, "X25519MLKEM768": 0x11EC, "SecP256r1MLKEM768": 0x11EB}
REAL = (23, 29)                         # groups whose shares are computed
KEY_SHARE = 51
HASH = {0x1301: hashlib.sha256, 0x1302: hashlib.sha384, 0x1303: hashlib.sha256}
PSS_HASH = {0x0804: hashes.SHA256, 0x0805: hashes.SHA384, 0x0806: hashes.SHA512}
RETRY_RANDOM = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")


def expand_label(digest, secret, label, context, n):
    """HKDF-Expand-Label, RFC 8446 7.1."""
    info = u16(n) + vec8(b"tls13 " + label) + vec8(context)
    out, block, i = b"", b"", 1
    while len(out) < n:
        block = hmac.new(secret, block + info + bytes([i]), digest).digest()
        out, i = out + block, i + 1
    return out[:n]


def extract(digest, salt, ikm):
    return hmac.new(salt, ikm, digest).digest()


@dataclass
class ScriptedTls13:
    identities: dict
    suites: tuple = ("AES_256_GCM_SHA384", "CHACHA20_POLY1305_SHA256", "AES_128_GCM_SHA256")
    groups: tuple = ("x25519", "secp256r1")
    schemes: tuple = (0x0403, 0x0804)
    alpn: tuple = ()
    request_certificate: bool = False
    older: object = None                # ScriptedTls for 1.2 and below
    size: int = 16384                   # of its records: 1 makes a very fine cut
    hellos: list = field(default_factory=list)

    def __call__(self, conn):
        hello, message = self._read(conn)
        if hello is None:
            return
        if TLS13 not in (hello.versions or ()):
            if self.older is None:
                conn.send(wire.alert("protocol_version", TLS12))
                return
            answer = self.older.answer(hello)
            if answer is not None:
                conn.send(answer)
                conn.wait_for_end()
            return
        self._talk(conn, hello, message)

    def _read(self, conn):
        """The hello and its raw message, which the transcript needs."""
        kept = bytearray()
        real = conn.recv_exact

        class Tap:
            @staticmethod
            def recv_exact(n):
                data = real(n)
                kept.extend(data)
                return data
        try:
            hello = wire.read_hello(Tap)
        except wire.Malformed:
            return None, b""
        self.hellos.append(hello)
        message, raw = b"", bytes(kept)
        while not hello.ssl2_format and raw:
            n = int.from_bytes(raw[3:5], "big")
            message, raw = message + raw[5:5 + n], raw[5 + n:]
        return hello, message

    def _choose(self, hello):
        suite = next((SUITES[s] for s in self.suites if SUITES[s] in hello.suites), None)
        group = next((GROUPS[g] for g in self.groups if GROUPS[g] in (hello.groups or ())), None)
        scheme = next((s for s in self.schemes if s in (hello.schemes or ())
                       and ("ECDSA" if s & 0xFF == 3 else "RSA") in self.identities), None)
        return suite, group, scheme

    def _talk(self, conn, hello, message):
        suite, group, scheme = self._choose(hello)
        if None in (suite, group, scheme):
            conn.send(wire.alert("handshake_failure", TLS12))
            return
        digest, transcript = HASH[suite], message
        shares = Reader(Reader(hello.extensions.get(KEY_SHARE, b"\0\0")).vec(2))
        offered = {}
        while shares.data:
            code = shares.number(2)
            offered[code] = shares.vec(2)
        if group not in offered:
            retry = self._hello(hello, suite, RETRY_RANDOM, u16(group))
            conn.send(wire.record(22, TLS12, retry))
            first = wire.handshake(254, digest(message).digest())
            head = conn.recv_exact(1)
            conn.unread(head)
            if head == b"\x14":         # the client's dummy change_cipher_spec (D.4)
                conn.recv_exact(6)
            hello, message = self._read(conn)
            if hello is None:
                return
            transcript = first + retry + message
            shares = Reader(Reader(hello.extensions.get(KEY_SHARE, b"\0\0")).vec(2))
            offered = {shares.number(2): shares.vec(2)}
        if group not in offered or group not in REAL:
            conn.send(wire.alert("illegal_parameter", TLS12))
            return
        self._flight(conn, hello, transcript, suite, group, scheme, offered[group])
        conn.wait_for_end()

    def _hello(self, hello, suite, random, share):
        extensions = {43: u16(TLS13), KEY_SHARE: share}
        return wire.server_hello(TLS12, suite, extensions, session_id=hello.session_id,
                                 random=random)[0]

    def _flight(self, conn, hello, transcript, suite, group, scheme, peer):
        digest = HASH[suite]
        public, shared = self._share(group, peer)
        head = self._hello(hello, suite, os.urandom(32), u16(group) + vec16(public))
        transcript += head
        empty = digest(b"").digest()
        early = extract(digest, b"\0" * digest().digest_size, b"\0" * digest().digest_size)
        secret = extract(digest, expand_label(digest, early, b"derived", empty, len(empty)), shared)
        traffic = expand_label(digest, secret, b"s hs traffic", digest(transcript).digest(),
                               len(empty))
        body = self._encrypted(hello, transcript, digest, traffic, scheme)
        conn.send(wire.record(22, TLS12, head) + b"\x14\x03\x03\x00\x01\x01"
                  + self._seal(suite, digest, traffic, body))

    def _share(self, group, peer):
        if group == 29:
            key = x25519.X25519PrivateKey.generate()
            return (key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw),
                    key.exchange(x25519.X25519PublicKey.from_public_bytes(peer)))
        key = ec.generate_private_key(ec.SECP256R1())
        far = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), peer)
        return (key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint),
                key.exchange(ec.ECDH(), far))

    def _encrypted(self, hello, transcript, digest, traffic, scheme):
        extensions = b""
        common = [p for p in self.alpn if p in (hello.alpn or ())]
        if common:
            extensions = u16(EXT["alpn"]) + vec16(vec16(vec8(common[0].encode())))
        body = wire.handshake(8, vec16(extensions))
        if self.request_certificate:
            body += wire.handshake(13, b"\0" + vec16(u16(13) + vec16(vec16(u16(0x0403) + u16(0x0804)))))
        identity = self.identities["ECDSA" if scheme & 0xFF == 3 else "RSA"]
        entries = b"".join(u24(len(der)) + der + vec16(b"") for der in identity.chain)
        body += wire.handshake(11, b"\0" + u24(len(entries)) + entries)
        covered = (b" " * 64 + b"TLS 1.3, server CertificateVerify\0"
                   + digest(transcript + body).digest())
        if isinstance(identity.key, rsa.RSAPrivateKey):
            chosen = PSS_HASH[scheme]()
            signature = identity.key.sign(
                covered, padding.PSS(padding.MGF1(chosen), chosen.digest_size), chosen)
        else:
            signature = identity.key.sign(covered, ec.ECDSA(hashes.SHA256()))
        body += wire.handshake(15, u16(scheme) + vec16(signature))
        finished = expand_label(digest, traffic, b"finished", b"", digest().digest_size)
        verify = hmac.new(finished, digest(transcript + body).digest(), digest).digest()
        return body + wire.handshake(20, verify)

    def _seal(self, suite, digest, traffic, body):
        size = 16 if suite == 0x1301 else 32
        key = expand_label(digest, traffic, b"key", b"", size)
        iv = int.from_bytes(expand_label(digest, traffic, b"iv", b"", 12), "big")
        aead = ChaCha20Poly1305(key) if suite == 0x1303 else AESGCM(key)
        records = b""
        for number, at in enumerate(range(0, len(body), self.size)):
            inner = body[at:at + self.size] + u8(22)
            header = b"\x17\x03\x03" + u16(len(inner) + 16)
            records += header + aead.encrypt((iv ^ number).to_bytes(12, "big"), inner, header)
        return records
