"""A dialogue inside TLS: the library's TLS, finished, and then a script of talk.py or mail.py."""

import ssl

from cryptography.hazmat.primitives.serialization import (Encoding, NoEncryption,
                                                          PrivateFormat)

from .tcp import Conn


def context(identity, folder):
    """What the library needs to serve an identity; folder holds its files."""
    chain, key = folder / "chain.pem", folder / "key.pem"
    chain.write_text("".join(ssl.DER_cert_to_PEM_cert(der) for der in identity.chain))
    key.write_bytes(identity.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(chain, key)
    return made


def inside(tls, dialogue):
    """A handler: TLS of that context from the first byte, the dialogue in it."""
    def handler(conn):
        with tls.wrap_socket(conn.sock, server_side=True) as secure:
            dialogue(Conn(secure, conn.server, conn.number))
    return handler


def redis(conn):
    """A client speaks first; words it does not know end it."""
    while conn.recv_line() == b"PING\r\n":
        conn.send(b"-NOAUTH Authentication required.\r\n")


def mute(conn):
    """Something that understands nothing of what we say."""
    conn.wait_for_end()
