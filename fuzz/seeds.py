#!/usr/bin/env python3
"""Makes the seeds of the wire's fuzz targets: python3 fuzz/seeds.py OUT, where OUT is
fuzz/corpus. Real flights come from OpenSSL's server in memory with a certificate made
here; the rest is put together by hand. Kept as a record of what the seeds are."""
import datetime
import os
import ssl
import sys
import tempfile

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

# RFC 8448 3: what its server says behind the ServerHello, EncryptedExtensions to Finished.
RFC8448 = bytes.fromhex(
    "080000240022000a00140012001d00170018001901000101010201030104001c00024001000000000b0001b9"
    "000001b50001b0308201ac30820115a003020102020102300d06092a864886f70d01010b0500300e310c300a"
    "06035504031303727361301e170d3136303733303031323335395a170d3236303733303031323335395a300e"
    "310c300a0603550403130372736130819f300d06092a864886f70d010101050003818d0030818902818100b4"
    "bb498f8279303d980836399b36c6988c0c68de55e1bdb826d3901a2461eafd2de49a91d015abbc9a95137ace"
    "6c1af19eaa6af98c7ced43120998e187a80ee0ccb0524b1b018c3e0b63264d449a6d38e22a5fda4308467480"
    "30530ef0461c8ca9d9efbfae8ea6d1d03e2bd193eff0ab9a8002c47428a6d35a8d88d79f7f1e3f0203010001"
    "a31a301830090603551d1304023000300b0603551d0f0404030205a0300d06092a864886f70d01010b050003"
    "81810085aad2a0e5b9276b908c65f73a7267170618a54c5f8a7b337d2df7a594365417f2eae8f8a58c8f8172"
    "f9319cf36b7fd6c55b80f21a03015156726096fd335e5e67f2dbf102702e608ccae6bec1fc63a42a99be5c3e"
    "b7107c3c54e9b9eb2bd5203b1c3b84e0a8b2f759409ba3eac9d91d402dcc0cc8f8961229ac9187b42b4de100"
    "000f000084080400805a747c5d88fa9bd2e55ab085a61015b7211f824cd484145ab3ff52f1fda8477b0b7abc"
    "90db78e2d33a5c141a078653fa6bef780c5ea248eeaaa785c4f394cab6d30bbe8d4859ee511f602957b15411"
    "ac027671459e46445c9ea58c181e818e95b8c3fb0bf3278409d3be152a3da5043e063dda65cdf5aea20d53df"
    "acd42f74f3140000209b9b141d906337fbd2cbdce71df4deda4ab42c309572cb7fffee5454b78f0718")


def certificate(key):
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = datetime.datetime(2026, 1, 1)
    return (x509.CertificateBuilder().subject_name(name).issuer_name(name)
            .public_key(key.public_key()).serial_number(1).not_valid_before(now)
            .not_valid_after(now + datetime.timedelta(days=1)).sign(key, hashes.SHA256()))


def pem(folder, name, key):
    path = os.path.join(folder, name)
    with open(path, "wb") as f:
        f.write(key.private_bytes(serialization.Encoding.PEM,
                                  serialization.PrivateFormat.PKCS8,
                                  serialization.NoEncryption()))
        f.write(certificate(key).public_bytes(serialization.Encoding.PEM))
    return path


def flight(path, version, ciphers, request=False):
    """What a server answers to a client's first flight."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    server.set_ciphers("ALL:aNULL:@SECLEVEL=0")
    server.load_cert_chain(path)
    server.set_alpn_protocols(["h2"])
    if request:
        server.verify_mode = ssl.CERT_OPTIONAL
        server.load_verify_locations(path)
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    client.verify_mode = ssl.CERT_NONE
    client.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    client.maximum_version = version
    client.set_ciphers(ciphers + ":@SECLEVEL=0")
    client.set_alpn_protocols(["h2", "http/1.1"])
    c_in, c_out, s_in, s_out = (ssl.MemoryBIO() for _ in range(4))
    c = client.wrap_bio(c_in, c_out, server_hostname="test")
    s = server.wrap_bio(s_in, s_out, server_side=True)
    for side in (c, s):
        try:
            side.do_handshake()
        except ssl.SSLError:
            pass
        s_in.write(c_out.read())
    return s_out.read()


def message(kind, body):
    return bytes([kind]) + len(body).to_bytes(3, "big") + body


def record(kind, body):
    return bytes([kind, 3, 3]) + len(body).to_bytes(2, "big") + body


def server_hello(suite, extensions=None, random=b"r" * 32):
    body = b"\3\3" + random + b"\0" + suite.to_bytes(2, "big") + b"\0"
    if extensions is not None:
        body += len(extensions).to_bytes(2, "big") + extensions
    return record(22, message(2, body))


def flight_seeds():
    v = ssl.TLSVersion
    with tempfile.TemporaryDirectory() as folder:
        e = pem(folder, "ec.pem", ec.generate_private_key(ec.SECP256R1()))
        r = pem(folder, "rsa.pem", rsa.generate_private_key(65537, 1024))
        for name, real in {
            "tls10": flight(r, v.TLSv1, "ECDHE-RSA-AES128-SHA"),
            "tls11": flight(r, v.TLSv1_1, "AES128-SHA"),
            "tls12-ecdhe": flight(e, v.TLSv1_2, "ECDHE-ECDSA-AES128-GCM-SHA256", True),
            "tls12-anon": flight(e, v.TLSv1_2, "AECDH-AES128-SHA"),
            "tls13": flight(e, v.TLSv1_3, "ALL"),
            "no-suite": flight(e, v.TLSv1_2, "AES128-SHA"),
        }.items():
            yield name, b"\0" + real
    retry = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")
    yield "retry", b"\1" + server_hello(0x1301, bytes.fromhex(
        "002b00020304" "002c00050003616263" "003300020018"), retry)
    yield "extensions", b"\1" + server_hello(0xc02f, bytes.fromhex(
        "ff01000100" "000f000101" "0001000102" "0016000000170000" "002300000000000000050000"
        "0012000600040001" "0010000500030268" "32" "000b00020100"))
    done = record(22, message(14, b""))
    for name, suite, ske in (
            ("dhe", 0x33, "0004aabbccdd0001020002eeff08040001ff"),
            ("rsa-export", 3, "0004aabbccdd000301000108040001ff"),
            ("dhe-psk", 0x90, "00000004aabbccdd0001020002eeff"),
            ("ecdhe-psk", 0xc035, "000003001d0304aabb"),
            ("srp", 0xc01d, "0002aabb00010202ccdd0002eeff"),
            ("prime", 0xc02f, "01010b010a010b0104010e01010304aabb04010002ffff"),
            ("char2", 0xc02f, "0200a302010701060103010a010b0104010e01010304aabb04010002ffff")):
        yield name, b"\0" + server_hello(suite) + record(
            22, message(12, bytes.fromhex(ske))) + done
    yield "status", b"\0" + server_hello(0x35) + record(
        22, message(11, b"\0\0\4\0\0\1x") + message(22, b"\1\0\0\2ab") +
        message(13, b"\1\1\0\2\4\1\0\0")) + done
    yield "alerts", b"\0" + record(21, b"\1\160") * 3 + record(21, b"\2\50")
    yield "disguise", b"\0" + record(20, b"\1") + server_hello(0x1301, bytes.fromhex(
        "002b00020304" "003300040017" "0000")) + record(20, b"\1") + record(23, b"sealed" * 4)
    yield "text", b"\0HTTP/1.1 400 Bad Request\r\n\r\n"
    yield "empties", b"\0" + record(22, b"") * 20
    yield "zero-lengths", b"\0" + server_hello(0x35) + record(22, message(0, b"") * 70)
    long_chain = b"\0\0\1x" * 20
    yield "long-chain", b"\0" + server_hello(0x35) + record(
        22, message(11, len(long_chain).to_bytes(3, "big") + long_chain)) + done
    yield "huge", b"\0" + record(22, b"\2\xff\xff\xff")
    yield "ssl2", b"\0\x80\x24" + ssl2_hello()


def ssl2_hello():
    return bytes.fromhex("0400010002000300060010" "aabbcc" "0100800700c0") + b"0123456789abcdef"


def ssl2_seeds():
    yield "hello", ssl2_hello()[1:]
    yield "no-certificate", bytes.fromhex("0000000200000003000001008000")
    yield "error", b"\1\0\1"
    yield "lying", bytes.fromhex("00010002ffffffffffff")


def flight13_seeds():
    extensions = message(8, bytes.fromhex("000d" "0010000500030268320000" "0000"))
    leaf = b"\0\0\3DER" + bytes.fromhex("0013" "0005000601000002" "6f6b" "0012000500030001aa")
    chain = message(11, b"\0" + (len(leaf) + 7).to_bytes(3, "big") + leaf + b"\0\0\2CA\0\0")
    request = message(13, bytes.fromhex("00" "0008" "000d000400020403"))
    verify = message(15, bytes.fromhex("0403" "0004deadbeef"))
    finished = message(20, b"f" * 32)
    every = extensions + request + chain + verify + finished
    long_chain = b"\0\0\1x\0\0" * 20
    yield "rfc8448", b"\x60" + RFC8448
    yield "rfc8448-record", b"\1\x14\0\0\x16" + len(RFC8448).to_bytes(2, "big") + RFC8448
    yield "long-chain", b"\0" + extensions + message(
        11, b"\0" + len(long_chain).to_bytes(3, "big") + long_chain)
    yield "disguises", b"\1" + b"\x14\0\0" * 6
    yield "messages", b"\x40" + every
    yield "messages-bytewise", b"\0" + every
    yield "records", b"\1" + b"".join(
        bytes([22]) + len(m).to_bytes(2, "big") + m
        for m in (extensions, request, chain[:9], chain[9:], verify, finished))
    yield "one-record", b"\1\x14\0\0\x16" + len(every).to_bytes(2, "big") + every
    yield "alert", b"\1\x15\0\2\2\x28"
    yield "padding", b"\1\x16" + (len(extensions)).to_bytes(2, "big") + extensions + b"\0\0\3\0\0\0"
    yield "empties", b"\1" + b"\x16\0\0" * 20


def hello_seeds():
    """Fields in the order hello_fuzz.c takes them."""
    def seed(flags, more, version, lists, tail=b"", bound=0):
        return (bytes([bound]) + flags.to_bytes(2, "big") + more.to_bytes(2, "big") +
                version.to_bytes(2, "big") + bytes(range(32)) + b"\x20" + b"s" * 32 +
                b"\1\0" + lists + tail)
    codes = b"\5\xc0\x2b" + b"\3\0\x1d" + b"\2\4\3" + b"\1\3\4"
    yield "tls12", seed(0x0bf8, 0x0020, 0x0303, codes[:9] + b"\0")
    yield "tls13", seed(0x4fdc, 0x002c, 0x0303, codes, b"\0\x1d\0\x17\0\x19")
    yield "ssl3", seed(0x3002, 0, 0x0300, b"\5\0\x04\0\0\0")
    yield "ssl2", seed(1, 0x1000, 2, b"\0\0\0\0", b"\0\7")
    yield "v2-form", seed(0x2001, 0x1000, 0x0301, b"\5\0\x04\0\0\0", b"\0\3")
    yield "alpn", seed(0x0800, 0x00f0, 0x0303, codes[:9] + b"\0", b"\0\x20\5\x10\3")
    yield "padded", seed(0x0800, 0x0c20, 0x0303, codes[:9] + b"\0", b"\4\0\0\x64")
    yield "many", seed(0x0800, 0x0200, 0x0303, b"\xff\0\0\xff\0\0\xff\0\0\0", b"\0\x80")
    yield "small", seed(0x0bf8, 0x0020, 0x0303, codes[:9] + b"\0", bound=130)


def watch_seeds():
    """Transcripts inside TLS as watch_fuzz.c takes them: S what the backend says, C the client."""
    talks = {
        "smtp": (b"S220 mx\r\n", b"CEHLO c\r\n",
                 b"S250-mx\r\n250-STARTTLS\r\n250-CHUNKING\r\n250 STARTTLS\r\n",
                 b"CSTARTTLS\r\nAUTH PLAIN AA==\r\nBDAT 5\r\nSTARTDATA\r\n",
                 b"S535-x\r\n535 no\r\n354 go\r\n235 in\r\n"),
        "imap greeting": (b"S* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] ready\r\n",
                          b"Ca STARTTLS\r\nb LOGIN u p\r\nb NOOP\r\nc AUTHENTICATE X\r\n",
                          b"S* CAPABILITY STARTTLS X\r\na BAD\r\nb NO [LIMIT] x\r\nb NO\r\n",
                          b"S+ \r\nc OK [CAPABILITY STARTTLS] in\r\n"),
        "pop3 greeting": (b"S+OK\r\n", b"CCAPA\r\nSTLS\r\nUSER u\r\nPASS p\r\nAUTH X\r\n",
                          b"S+OK\r\nSTLS\r\n.\r\n-ERR\r\n+OK\r\n-ERR [IN-USE] x\r\n+ \r\n",
                          b"Cabc\r\n", b"S+OK in\r\n"),
        "sieve greeting": (b"S\"STARTTLS\"\r\nOK\r\n", b"CAUTHENTICATE \"P\" {3+}\r\nabc\r\n",
                           b"SNO (TRYLATER)\r\nNO\r\nOK\r\n"),
        "ftp": (b"CFEAT\r\nAUTH TLS\r\nPASS p\r\n",
                b"S211-x\r\n AUTH TLS;SSL\r\n211 End\r\n530 no\r\n230 in\r\n"),
        "nntp": (b"CCAPABILITIES\r\nAUTHINFO PASS p\r\n",
                 b"S101 x\r\nSTARTTLS\r\n.\r\n481 no\r\n281 in\r\n"),
        "irc": (b"CPASS p\r\nSTARTTLS\r\n", b"S:s CAP * LS * :tls sasl tls\r\nCAP n LS tls :tls\r\n",
                b"S@a=b :s 904 n :x\r\n:s 464 n\r\n:s 001 n :in\r\n"),
        "xmpp-client": (b"C<stream:stream><starttls/><auth>",
                        b"S<stream:features><a:starttls x='/'><r/></starttls><starttls/>",
                        b"S<failure><not-authorized/></failure><success/>"),
        "xmpp-server": (b"S<starttls/><star", b"C<iq >", b"St"),
        "ldap": (b"C\x30\x1d\x02\1\1\x77\x18\x80\x161.3.6.1.4.1.1466.20037",
                 b"C\x30\x0e\2\1\2\x60\x09\2\1\3\4\1u\x80\1p",
                 b"S\x30\x0c\2\1\2\x61\7\x0a\1\x31\4\0\4\0\x30\x0c\2\1\2\x61\7\x0a\1\0\4\0\4\0"),
        "postgres": (b"C\0\0\0\x08\x04\xd2\x16\x2f", b"SE\0\0\0\x0cC28P01\0\0R\0\0\0\x08\0\0\0\0"),
        "mysql": (b"C\4\0\0\2\x0f\xaa\3\4", b"S\3\0\0\2\xfe\0\0\x0b\0\0\4\xff\x15\x04#28000no",
                  b"S\1\0\0\4\0"),
        "redis": (b"CAUTH p\r\n", b"S-WRONGPASS x\r\n+RESET\r\n+OK\r\n"),
        "mqtt": (b"C\x10\0", b"S\x20\2\0\5"),
    }
    for service, pieces in talks.items():
        yield service.split()[0], service.encode() + b"\n" + b"".join(
            bytes([(len(p) - 2) << 1 | (p[:1] == b"S")]) + p[1:] for p in pieces)


def main(out):
    for target, seeds in (("flight", flight_seeds), ("ssl2", ssl2_seeds),
                          ("flight13", flight13_seeds), ("hello", hello_seeds),
                          ("watch", watch_seeds)):
        folder = os.path.join(out, target)
        os.makedirs(folder, exist_ok=True)
        for name, data in seeds():
            with open(os.path.join(folder, name), "wb") as f:
                f.write(data)


main(sys.argv[1])
