"""Servers that are not what they should be: silent, slow, endless, lying."""

import os

from . import wire


def silent(conn):
    """Takes everything, says nothing."""
    conn.wait_for_end()


def garbage(conn):
    """High bytes that are no text and no TLS."""
    conn.recv_some()
    conn.send(bytes(0x80 | (i * 37 & 0x7F) for i in range(400)))
    conn.wait_for_end()


def drip(data, pause=1.0):
    """One byte a second, for good: data, then more of its last byte."""
    def handler(conn):
        for i in range(10000):
            conn.send(data[i:i + 1] or data[-1:])
            conn.sleep(pause)
    return handler


def drip_tls(then_answer, pause=1.0):
    """Reads a hello, then gives its right answer one byte a second."""
    def handler(conn):
        answer = then_answer(wire.read_hello(conn))
        for byte in answer:
            conn.send(bytes([byte]))
            conn.sleep(pause)
    return handler


def endless_banner(line=b"220-and so on and so on\r\n", times=4_000_000):
    def handler(conn):
        block = line * 400
        for _ in range(times // 400):
            conn.send(block)
    return handler


def endless_line(conn):
    """A line that never ends."""
    conn.send(b"220 ")
    for _ in range(4000):
        conn.send(b"x" * 16384)


def big_handshake(declared=0xFFFFFF):
    """A Certificate message of 16 MB, every byte of it sent."""
    def handler(conn):
        hello = wire.read_hello(conn)
        suite = next((s for s in hello.suites if s in wire.NAMES), 0x002F)
        head, _ = wire.server_hello(wire.TLS12, suite)
        conn.send(wire.record(22, wire.TLS12, head))
        conn.send(wire.record(22, wire.TLS12, wire.u8(11) + wire.u24(declared)))
        block = wire.record(22, wire.TLS12, os.urandom(16384))
        for _ in range(declared // 16384):
            conn.send(block)
        conn.wait_for_end()
    return handler


def alert_flood(conn):
    """Warnings without end."""
    wire.read_hello(conn)
    block = wire.alert("unrecognized_name", wire.TLS12, level=1) * 500
    for _ in range(20000):
        conn.send(block)


def empty_record_flood(conn):
    wire.read_hello(conn)
    block = (b"\x16\x03\x03\x00\x00") * 1000
    for _ in range(20000):
        conn.send(block)


def lying_record(conn):
    """A record that announces more than a record may hold, with little in it."""
    wire.read_hello(conn)
    conn.send(b"\x16\x03\x03\xff\xff" + b"\x02\x00\x00\x46")
    conn.wait_for_end()


def lying_message(conn):
    """A ServerHello that says it is 16 MB, and stops after 80 bytes."""
    wire.read_hello(conn)
    conn.send(wire.record(22, wire.TLS12, b"\x02\xff\xff\xff" + b"\x03\x03" + b"r" * 74))
    conn.wait_for_end()


def lying_vectors(conn):
    """A ServerHello whose session id and extensions run past its end."""
    wire.read_hello(conn)
    body = wire.u16(wire.TLS12) + b"r" * 32 + b"\xff" + b"s" * 8
    conn.send(wire.record(22, wire.TLS12, wire.handshake(2, body)))
    conn.wait_for_end()


def reset_at_once(conn):
    conn.sleep(0.05)
    conn.reset()


def close_at_once(conn):
    return


def reset_after_hello(conn):
    conn.recv_some()
    conn.reset()


def close_after_hello(conn):
    conn.recv_some()


def only_alert(name, level=2):
    def handler(conn):
        wire.read_hello(conn)
        conn.send(wire.alert(name, wire.TLS12, level))
    return handler


def throttled(handler, refuse, per_second=3):
    """More than so many connections within a second: `refuse` (bytes) and close."""
    def limited(conn):
        times = conn.server.times
        now = times[conn.number]
        recent = sum(1 for t in times[:conn.number + 1] if now - t < 1.0)
        if recent > per_second:
            conn.send(refuse)
            return
        handler(conn)
    return limited


def banning(handler, after, refuse=None):
    """Connections from number `after` on are refused for good; refuse None: the door is shut."""
    def limited(conn):
        if conn.number >= after:
            if refuse:
                conn.send(refuse)
            return
        if refuse is None and conn.number == after - 1:
            conn.server.shut_the_door()
        handler(conn)
    return limited
