"""A dialogue inside TLS: the library's TLS, finished, and then a script of talk.py or mail.py."""

import socket
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


def by_first_byte(handler):
    """Hands on what begins as TLS does; anything else is left unanswered, as where several protocols share a port."""
    def chosen(conn):
        if conn.sock.recv(1, socket.MSG_PEEK)[:1] == b"\x16":
            handler(conn)
        else:
            conn.wait_for_end()
    return chosen


def stun(conn):
    """Answers a Binding request with 401, as a relay that wants to know who asks (RFC 8489 9.2)."""
    head = conn.recv_exact(20)
    if head[:8] == b"\x00\x01\x00\x00\x21\x12\xa4\x42":
        conn.send(b"\x01\x11\x00\x10" + head[4:] + b"\x00\x09\x00\x0c\x00\x00\x04\x01" + b"Unauthor")
    conn.wait_for_end()


def redis(conn):
    """A client speaks first; words it does not know end it."""
    while conn.recv_line() == b"PING\r\n":
        conn.send(b"-NOAUTH Authentication required.\r\n")


def mute(conn):
    """Something that understands nothing of what we say."""
    conn.wait_for_end()
