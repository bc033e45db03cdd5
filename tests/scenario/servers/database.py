"""PostgreSQL, MySQL and SQL Server up to TLS: SSLRequest and direct TLS, the
handshake packet, TDS 7 with TLS inside its own packets, TDS 8 strict."""

from . import wire

PG_SSL_REQUEST = b"\x00\x00\x00\x08\x04\xd2\x16\x2f"


def postgres(then, answer=b"S", direct=None):
    """answer: to SSLRequest ('S' goes on). direct: handler of TLS from the first byte (17)."""
    def handler(conn):
        first = conn.recv_exact(1)
        conn.unread(first)
        if first == b"\x16":
            if direct is not None:
                direct(conn)
            return
        if conn.recv_exact(8) != PG_SSL_REQUEST:
            conn.send(b"E\x00\x00\x00\x25SFATAL\x00C08P01\x00Mbad packet, sorry\x00\x00")
            return
        conn.send(answer)
        if answer == b"S":
            then(conn)
        elif answer == b"N":
            conn.wait_for_end()
    return handler


def mysql_packet(payload, number=0):
    return len(payload).to_bytes(3, "little") + bytes([number]) + payload


def mysql(then, version="8.0.36", tls=True, refuse=None):
    """refuse: an ERR packet's text in place of the greeting (1130: host not allowed)."""
    def handler(conn):
        if refuse is not None:
            conn.send(mysql_packet(b"\xff" + (1130).to_bytes(2, "little") + refuse.encode()))
            return
        low = 0xFFFF if tls else 0xF7FF
        conn.send(mysql_packet(
            b"\x0a" + version.encode() + b"\0" + (7).to_bytes(4, "little") + b"abcdefgh\0"
            + low.to_bytes(2, "little") + b"\x21\x02\x00" + b"\xff\xc1\x15" + b"\0" * 10
            + b"ijklmnopqrst\0" + b"caching_sha2_password\0"))
        head = conn.recv_exact(4)
        payload = conn.recv_exact(int.from_bytes(head[:3], "little"))
        if len(payload) == 32 and payload[1] & 0x08 and tls:
            then(conn)
    return handler


class TdsWrapped:
    """TLS bytes inside TDS PRELOGIN packets (MS-TDS 2.2.6.5, 3.2.5.2)."""

    def __init__(self, conn):
        self.conn = conn
        self.buffer = b""

    def recv_some(self, limit=65536):
        if not self.buffer:
            head = self.conn.recv_exact(8)
            if head[0] != 0x12:
                raise wire.Malformed()
            self.buffer = self.conn.recv_exact(int.from_bytes(head[2:4], "big") - 8)
        data, self.buffer = self.buffer[:limit], self.buffer[limit:]
        return data

    def recv_exact(self, n):
        data = b""
        while len(data) < n:
            data += self.recv_some(n - len(data))
        return data

    def send(self, data, size=4096 - 8):
        pieces = [data[i:i + size] for i in range(0, len(data), size)]
        for i, piece in enumerate(pieces):
            last = 1 if i == len(pieces) - 1 else 0
            self.conn.send(bytes([0x12, last]) + (8 + len(piece)).to_bytes(2, "big") + b"\0\0\0\0"
                           + piece)

    def wait_for_end(self):
        self.conn.wait_for_end()

    def reset(self):
        self.conn.reset()


def mssql(then, encryption=0x01, direct=None):
    """encryption: of the PRELOGIN answer; 0 off (login only), 1 on, 2 not supported, 3 required."""
    def handler(conn):
        first = conn.recv_exact(1)
        conn.unread(first)
        if first == b"\x16":
            if direct is not None:
                direct(conn)
            return
        head = conn.recv_exact(8)
        if head[0] != 0x12:
            return
        conn.recv_exact(int.from_bytes(head[2:4], "big") - 8)
        options = b"\x00\x00\x0b\x00\x06" + b"\x01\x00\x11\x00\x01" + b"\xff"
        payload = options + b"\x10\x00\x04\x33\x00\x00" + bytes([encryption])
        conn.send(b"\x04\x01" + (8 + len(payload)).to_bytes(2, "big") + b"\0\0\x01\0" + payload)
        if encryption != 2:
            then(TdsWrapped(conn))
    return handler
