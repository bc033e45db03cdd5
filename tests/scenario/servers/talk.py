"""FTP, IRC, XMPP, LDAP, NATS, RDP, HTTP CONNECT and plain HTTP, SSH: what they
say before TLS, or instead of it."""

import re
import socket
import threading

from .pki import tlv


def ftp(then, greeting="220 FTP ready", features=("UTF8", "AUTH TLS", "PBSZ", "PROT"),
        answer="234 go on"):
    def handler(conn):
        conn.send(greeting.encode("utf-8", "surrogateescape") + b"\r\n")
        while True:
            words = conn.recv_line().strip().upper().split()
            word = words[0] if words else b""
            if word == b"FEAT":
                conn.send(b"211-Features\r\n" + "".join(f" {f}\r\n" for f in features).encode()
                          + b"211 End\r\n")
            elif word == b"QUIT":
                conn.send(b"221 bye\r\n")
                return
            elif word == b"AUTH" and words[1:] in ([b"TLS"], [b"TLS-C"]):
                conn.send(answer.encode() + b"\r\n")
                if answer.startswith("234"):
                    then(conn)
                    return
            else:
                conn.send(b"502 no\r\n")
    return handler


def irc(then, greeting=":irc.example NOTICE * :*** Looking up your hostname...\r\n",
        answer=":irc.example 670 * :STARTTLS successful, go ahead with TLS handshake"):
    def handler(conn):
        conn.send(greeting.encode())
        while True:
            words = conn.recv_line().strip().upper().split()
            word = words[0] if words else b""
            if word == b"STARTTLS":
                conn.send(answer.encode() + b"\r\n")
                if " 670 " in answer:
                    then(conn)
                    return
            elif word == b"CAP":
                if words[1:2] == [b"LS"]:
                    conn.send(b":irc.example CAP * LS :multi-prefix tls\r\n")
            elif word == b"QUIT":
                return
            else:
                conn.send(b":irc.example 451 * :You have not registered\r\n")
    return handler


def xmpp(then, namespace="jabber:client", starttls="<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'>"
         "<required/></starttls>", answer="<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"):
    def handler(conn):
        while not re.search(rb"<stream:stream[^>]*>", bytes(conn.heard)):
            conn.recv_some()
        conn.send(b"<?xml version='1.0'?><stream:stream xmlns='" + namespace.encode()
                  + b"' xmlns:stream='http://etherx.jabber.org/streams' id='s1' from='localhost'"
                  b" version='1.0'>")
        if namespace.encode() not in conn.heard:
            conn.send(b"<stream:error><invalid-namespace xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"
                      b"</stream:error></stream:stream>")
            return
        conn.send(b"<stream:features>" + starttls.encode()
                  + b"<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'></mechanisms></stream:features>")
        while not re.search(rb"<starttls[^>]*(/>|></starttls>)", bytes(conn.heard)):
            conn.recv_some()
        conn.send(answer.encode())
        if answer.startswith("<proceed"):
            then(conn)
    return handler


def _read_ber(conn):
    head = conn.recv_exact(2)
    n = head[1]
    if n & 0x80:
        size = conn.recv_exact(n & 0x7F)
        n = int.from_bytes(size, "big")
    return conn.recv_exact(min(n, 65536))


def ldap(then, result=0, long_form=False, text=b""):
    """result 0: go on; 52: no TLS here. long_form: four-byte lengths, as AD writes them."""
    def handler(conn):
        while True:
            body = _read_ber(conn)
            message_id = body[:3]
            if b"1.3.6.1.4.1.1466.20037" not in body:
                return
            op = tlv(0x0A, bytes([result])) + tlv(0x04, b"") + tlv(0x04, text)
            if long_form:
                reply = (b"\x30\x84" + (len(message_id) + 6 + len(op)).to_bytes(4, "big") + message_id
                         + b"\x78\x84" + len(op).to_bytes(4, "big") + op)
            else:
                reply = tlv(0x30, message_id + tlv(0x78, op))
            conn.send(reply)
            if result == 0:
                then(conn)
                return
    return handler


def nats(then, info='{"server_id":"S","version":"2.10.0","tls_available":true}'):
    def handler(conn):
        conn.send(f"INFO {info} \r\n".encode())
        if "tls_" in info:
            then(conn)
        else:
            conn.wait_for_end()
    return handler


def rdp(then, protocol=1, failure=None):
    """Answers an X.224 connection request with TLS chosen, or a negotiation failure code."""
    def handler(conn):
        head = conn.recv_exact(4)
        if head[0] != 3:
            return
        conn.recv_exact(int.from_bytes(head[2:4], "big") - 4)
        negotiation = (bytes([3, 0, 8, 0]) + failure.to_bytes(4, "little") if failure is not None
                       else bytes([2, 0, 8, 0]) + protocol.to_bytes(4, "little"))
        x224 = bytes([14, 0xD0, 0, 0, 0x12, 0x34, 0]) + negotiation
        conn.send(b"\x03\x00" + (4 + len(x224)).to_bytes(2, "big") + x224)
        if failure is None and protocol:
            then(conn)
    return handler


def http(status="400 Bad Request", body=b"plain HTTP here\n"):
    """A web server without TLS: whatever comes gets an HTTP answer."""
    def handler(conn):
        conn.recv_some()
        conn.send(f"HTTP/1.1 {status}\r\nServer: scripted\r\nConnection: close\r\n"
                  f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
    return handler


def ssh(banner=b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"):
    def handler(conn):
        conn.send(banner)
        conn.wait_for_end()
    return handler


def connect_proxy(status="200 Connection established", seen=None):
    """An HTTP CONNECT proxy; seen collects what it was asked for."""
    def handler(conn):
        head = conn.recv_line()
        while conn.recv_line().strip():
            pass
        words = head.split()
        if seen is not None:
            seen.append(words[1].decode() if len(words) > 1 else "")
        conn.send(f"HTTP/1.1 {status}\r\n\r\n".encode())
        if not status.startswith("200") or words[0] != b"CONNECT":
            return
        host, _, port = words[1].decode().rpartition(":")
        with socket.create_connection((host.strip("[]"), int(port)), 5) as far:
            threading.Thread(target=_pump, args=(far, conn), daemon=True).start()
            while True:
                far.sendall(conn.recv_some())
    return handler


def _pump(far, conn):
    try:
        while data := far.recv(65536):
            conn.send(data)
    except Exception:                   # either end went away
        pass
    try:
        conn.sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
