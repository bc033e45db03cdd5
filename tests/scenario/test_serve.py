"""The gateway with real clients: Python's ssl, imaplib, poplib and smtplib, before small backends."""

import contextlib
import hashlib
import imaplib
import json
import os
import select
import signal
import socket
import socketserver
import ssl
import subprocess
import threading
import time

import pytest

import ports
import run as runner

PROGRAM = runner.TLSWRIGHT
BODY = os.urandom(2_000_000)


class Backend(socketserver.ThreadingTCPServer):
    """One handler a service; what came first is kept."""
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, handler):
        super().__init__(("127.0.0.1", 0), handler)
        self.port = self.server_address[1]
        self.seen = []
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Echo(socketserver.BaseRequestHandler):
    def handle(self):
        while data := self.request.recv(65536):
            self.server.seen.append(data)
            self.request.sendall(data)


class Sender(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.sendall(BODY)


class Imap(socketserver.StreamRequestHandler):
    def handle(self):
        self.wfile.write(b"* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] backend\r\n")
        for line in self.rfile:
            tag, word = line.split()[0], line.split()[1].upper()
            if word == b"CAPABILITY":
                self.wfile.write(b"* CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED AUTH=PLAIN\r\n" + tag + b" OK done\r\n")
            elif word == b"LOGIN":
                self.wfile.write(tag + (b" OK in\r\n" if b"good" in line else b" NO [AUTHENTICATIONFAILED] no\r\n"))
            elif word == b"LOGOUT":
                self.wfile.write(b"* BYE\r\n" + tag + b" OK done\r\n")
                return
            else:
                self.wfile.write(tag + b" BAD what\r\n")


def certificate(folder, name):
    files = folder / (name + ".pem"), folder / (name + ".key")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-days", "30", "-subj", "/CN=" + name, "-addext", "basicConstraints=critical,CA:FALSE",
                    "-addext", "subjectAltName=DNS:localhost,DNS:" + name,
                    "-keyout", str(files[1]), "-out", str(files[0])], check=True, capture_output=True)
    files[1].chmod(0o600)
    return files


class Gateway:
    def __init__(self, folder, text, listeners, given=()):
        self.folder, self.log = folder, folder / "access.json"
        self.conf = folder / "gate.conf"
        self.ports = {**{name: ports.free() for name in listeners}, **dict(given)}
        pem, key = certificate(folder, "gate.example")
        self.head = ('workers = 1\ncertificate c { chain = "%s" key = "%s" }\nlog access { path = "%s" format = json }\n'
                     % (pem, key, self.log))
        self.conf.write_text(self.head + text % self.ports)
        self.stderr = open(folder / "stderr", "w+")
        self.process = subprocess.Popen([PROGRAM, "serve", "-c", str(self.conf)], stderr=self.stderr,
                                        stdin=subprocess.DEVNULL)
        for port in self.ports.values():
            self.await_port(port)

    def await_port(self, port):
        for _ in range(200):
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", port), 1).close()
                return
            assert self.process.poll() is None, self.words()
            time.sleep(0.05)
        raise AssertionError("the gateway does not listen: " + self.words())

    def words(self):
        self.stderr.flush()
        return (self.folder / "stderr").read_text()

    def lines(self, wanted):
        """Lines of the log once one fits."""
        for _ in range(100):
            lines = [json.loads(line) for line in self.log.read_text().splitlines()] if self.log.exists() else []
            if any(wanted(line) for line in lines):
                return lines
            time.sleep(0.05)
        raise AssertionError("no such line: %s" % lines)

    def tls(self, listener, sock=None, name="localhost", alpn=None, version=None):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        if alpn:
            context.set_alpn_protocols(alpn)
        if version:
            context.minimum_version = context.maximum_version = version
        sock = sock or socket.create_connection(("127.0.0.1", self.ports[listener]), 30)
        return context.wrap_socket(sock, server_hostname=name)

    def close(self):
        self.process.send_signal(signal.SIGINT)
        assert self.process.wait(20) == 0, self.words()
        text = self.words()
        assert "ERROR: AddressSanitizer" not in text and "runtime error" not in text and "leaked" not in text, text


@pytest.fixture
def gateway(tmp_path):
    opened = []

    def make(text, *listeners):
        opened.append(Gateway(tmp_path, text, listeners))
        return opened[-1]
    yield make
    for one in opened:
        one.close()


def implicit(backend, more="", listen=""):
    return ('backend b { address = {"127.0.0.1:%d"} %s }\n' % (backend.port, more) +
            'listen web { service = https mode = implicit address = {"127.0.0.1:%(web)d"} certificate = {c} '
            'backend = b ' + listen + ' }\n')


def explicit_imap(backend, listen=""):
    return ('backend b { address = {"127.0.0.1:%d"} }\n' % backend.port +
            'listen imap { service = imap mode = explicit address = {"127.0.0.1:%(imap)d"} certificate = {c} '
            'backend = b ' + listen + ' }\n')


def read_all(s):
    out = b""
    while data := s.recv(65536):
        out += data
    return out


def through(s, body):
    """What comes back while body is sent: by one thread, for two must not share a session of Python's."""
    s.setblocking(False)
    got, at, until = bytearray(), 0, time.monotonic() + 60
    while len(got) < len(body):
        assert time.monotonic() < until, "%d sent, %d came back" % (at, len(got))
        idle = True
        with contextlib.suppress(ssl.SSLWantReadError, ssl.SSLWantWriteError):
            if at < len(body):
                at += s.send(body[at:at + 65536])
                idle = False
        with contextlib.suppress(ssl.SSLWantReadError, ssl.SSLWantWriteError):
            more = s.recv(65536)
            assert more, "it ended after %d bytes" % len(got)
            got += more
            idle = False
        if idle:
            select.select([s], [s] if at < len(body) else [], [], 1)
    s.settimeout(60)
    return bytes(got)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("records", ["own", "library"])
@pytest.mark.parametrize("keys", ["process", "inline"])
def test_bytes_pass_both_ways(gateway, version, records, keys):
    g = gateway("records = %s\nkeys = %s\n" % (records, keys) + implicit(Backend(Echo)), "web")
    with g.tls("web", version=version) as s:
        got = through(s, BODY)
    assert hashlib.sha256(got).digest() == hashlib.sha256(BODY).digest()
    line = g.lines(lambda x: x["bytes_out"] == len(BODY))[-1]
    assert line["version"] == {"TLSv1_2": "TLSv1.2", "TLSv1_3": "TLSv1.3"}[version.name]
    assert line["bytes_in"] == len(BODY) and line["sni"] == "localhost" and line["end"] == "closed-by-client"


def test_a_slow_reader_gets_all(gateway):
    g = gateway(implicit(Backend(Sender)), "web")
    with g.tls("web") as s:
        time.sleep(1)
        assert read_all(s) == BODY
    g.lines(lambda x: x["end"] == "closed-by-backend" and x["bytes_out"] == len(BODY))


def test_an_unknown_name_is_refused(gateway):
    g = gateway(implicit(Backend(Echo), listen='alpn = {"http/1.1"}'), "web")
    with pytest.raises(ssl.SSLError, match="(?i)unrecognized"):
        g.tls("web", name="other.example")
    g.lines(lambda x: x["end"] == "handshake-failed" and "server name" in x["detail"])
    with pytest.raises(ssl.SSLError, match="(?i)application.protocol"):
        g.tls("web", alpn=["imap"])


def test_the_services_own_alpn_is_taken(gateway):
    g = gateway(implicit(Backend(Echo)), "web")
    with g.tls("web", alpn=["h2", "http/1.1"]) as s:
        assert s.selected_alpn_protocol() == "http/1.1"
    with pytest.raises(ssl.SSLError, match="(?i)application.protocol"):
        g.tls("web", alpn=["imap"])


def test_no_backend_is_said(gateway):
    port = ports.free()
    dead = type("Dead", (), {"port": port})
    g = gateway(implicit(dead), "web")
    with g.tls("web") as s:
        assert read_all(s) == b""
    g.lines(lambda x: x["end"] == "backend-down")


def test_why_a_database_refuses_is_passed_on(gateway):
    words = b"\xff\x10\x04#08004Too many connections"
    packet = len(words).to_bytes(3, "little") + b"\0" + words

    class Full(socketserver.BaseRequestHandler):
        def handle(self):
            self.request.sendall(packet)
    g = gateway('backend b { address = {"127.0.0.1:%d"} }\n' % Backend(Full).port +
                'listen db { service = mysql mode = explicit address = {"127.0.0.1:%(db)d"} certificate = {c} backend = b }\n',
                "db")
    with socket.create_connection(("127.0.0.1", g.ports["db"]), 30) as s:
        assert read_all(s) == packet
    g.lines(lambda x: x["end"] == "backend-down" and x["backend"] == "b")


def test_the_next_address_is_tried(gateway):
    port = ports.free()
    alive = Backend(Echo)
    g = gateway('backend b { address = {"127.0.0.1:%d", "127.0.0.1:%d"} }\n' % (port, alive.port) +
                'listen web { service = https mode = implicit address = {"127.0.0.1:%(web)d"} certificate = {c} '
                'backend = b }\n', "web")
    with g.tls("web") as s:
        s.sendall(b"hello")
        assert s.recv(10) == b"hello"


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_the_backend_is_told_who_comes(gateway, version):
    backend = Backend(Echo)
    g = gateway(implicit(backend, more="proxy_protocol = " + version), "web")
    sock = socket.create_connection(("127.0.0.1", g.ports["web"]), 10, ("127.0.0.5", 0))
    port = sock.getsockname()[1]
    with g.tls("web", sock) as s:
        s.sendall(b"x")
        s.recv(1)
        time.sleep(0.2)
    head = b"".join(backend.seen)
    if version == "v1":
        assert head == b"PROXY TCP4 127.0.0.5 127.0.0.1 %d %d\r\nx" % (port, g.ports["web"])
        return
    assert head[:14] == b"\r\n\r\n\0\r\nQUIT\n\x21\x11"
    assert head[16:28] == bytes([127, 0, 0, 5, 127, 0, 0, 1]) + port.to_bytes(2, "big") + g.ports["web"].to_bytes(2, "big")
    assert b"TLSv1.3" in head and b"localhost" in head and head.endswith(b"x")


def test_a_header_of_a_known_sender_is_believed(gateway):
    g = gateway(implicit(Backend(Echo), listen='proxy_from = {"127.0.0.9"}'), "web")
    sock = socket.create_connection(("127.0.0.1", g.ports["web"]), 10, ("127.0.0.9", 0))
    sock.sendall(b"PROXY TCP4 192.0.2.7 192.0.2.1 4000 443\r\n")
    with g.tls("web", sock) as s:
        s.sendall(b"x")
        s.recv(1)
    g.lines(lambda x: x["client"] == "192.0.2.7:4000" and x["via"] == "127.0.0.9")
    # Others' headers are no TLS.
    sock = socket.create_connection(("127.0.0.1", g.ports["web"]), 10)
    sock.sendall(b"PROXY TCP4 192.0.2.8 192.0.2.1 4000 443\r\n")
    with pytest.raises((ssl.SSLError, OSError)):
        g.tls("web", sock)


def login(g, user, source="127.0.0.1"):
    class Client(imaplib.IMAP4):
        def _create_socket(self, timeout=None):
            return socket.create_connection((self.host, self.port), 10, (source, 0))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    client = Client("127.0.0.1", g.ports["imap"])
    assert "STARTTLS" in client.capabilities and "LOGINDISABLED" in client.capabilities
    client.starttls(context)
    client.capability()
    try:
        # What the backend must not say inside TLS is not to be seen.
        assert "STARTTLS" not in client.capabilities and "LOGINDISABLED" not in client.capabilities
        return client.login(user, "secret")[0]
    finally:
        with contextlib.suppress(imaplib.IMAP4.error, OSError):
            client.logout()


def test_imap_by_starttls(gateway):
    g = gateway(explicit_imap(Backend(Imap)), "imap")
    assert login(g, "good") == "OK"
    line = g.lines(lambda x: x["listener"] == "imap" and x["version"] is not None)[-1]
    assert line["mode"] == "explicit"


def test_a_login_before_tls_is_refused(gateway):
    g = gateway(explicit_imap(Backend(Imap)), "imap")
    with socket.create_connection(("127.0.0.1", g.ports["imap"]), 10) as s:
        s.recv(1000)
        s.sendall(b"a LOGIN good secret\r\n")
        assert s.recv(1000).startswith(b"a NO [PRIVACYREQUIRED]")


def test_nothing_lies_between_go_ahead_and_handshake(gateway):
    g = gateway(explicit_imap(Backend(Imap)), "imap")
    with socket.create_connection(("127.0.0.1", g.ports["imap"]), 10) as s:
        s.recv(1000)
        s.sendall(b"a STARTTLS\r\nb LOGIN good secret\r\n")
        read_all(s)
    g.lines(lambda x: x["end"] == "plaintext-injected")


def test_failed_logins_are_banned_and_the_neighbour_is_not(gateway):
    g = gateway("ban logins { after = 5 within = 10m for = 10m longest = 1d }\n" +
                explicit_imap(Backend(Imap), "ban = logins"), "imap")
    for _ in range(5):
        with pytest.raises((imaplib.IMAP4.error, OSError)):
            login(g, "bad", "127.0.0.3")
    g.lines(lambda x: x["end"] == "login-failed-banned")
    with socket.create_connection(("127.0.0.1", g.ports["imap"]), 10, ("127.0.0.3", 0)) as s:
        with contextlib.suppress(ConnectionResetError):
            assert s.recv(100) == b""
    g.lines(lambda x: x["end"] == "denied-banned")
    assert login(g, "good", "127.0.0.4") == "OK"


def test_silence_has_an_end(gateway):
    g = gateway("limit short { dialogue_timeout = 1s handshake_timeout = 1s idle_timeout = 1s }\n" +
                implicit(Backend(Echo), listen="limit = short"), "web")
    with socket.create_connection(("127.0.0.1", g.ports["web"]), 10) as s:
        began = time.monotonic()
        with contextlib.suppress(ConnectionResetError):
            assert s.recv(10) == b""
        assert 0.8 < time.monotonic() - began < 4
    g.lines(lambda x: x["end"] == "timeout-handshake")
    with g.tls("web") as s:
        assert s.recv(10) == b""
    g.lines(lambda x: x["end"] == "timeout-idle")


def test_a_reload_loses_nobody(gateway, tmp_path):
    g = gateway(implicit(Backend(Echo)), "web")
    with g.tls("web") as old:
        before = old.getpeercert(True)
        certificate(tmp_path, "gate.example")
        g.process.send_signal(signal.SIGHUP)
        for _ in range(100):
            with g.tls("web") as new:       # none is refused meanwhile
                if new.getpeercert(True) != before:
                    break
            time.sleep(0.05)
        else:
            raise AssertionError("the old certificate is served: " + g.words())
        old.sendall(b"still here")
        assert old.recv(100) == b"still here"
    (tmp_path / "gate.example.key").write_text("no key\n")
    g.process.send_signal(signal.SIGHUP)
    for _ in range(100):
        if "not changed" in g.words():
            break
        time.sleep(0.05)
    with g.tls("web") as s:
        s.sendall(b"x")
        assert s.recv(1) == b"x"
    assert "not changed" in g.words()


def test_a_ticket_does_not_stand_for_a_certificate(gateway, tmp_path):
    """Who need not show one cannot open the door for who must."""
    ca, _ = certificate(tmp_path, "clients.example")
    g = gateway(implicit(Backend(Echo), listen='client_certificate = required client_ca = "%s" '
                'client_certificate_for = {"127.0.0.1"}' % ca), "web")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2

    def connect(source, session=None):
        sock = socket.create_connection(("127.0.0.1", g.ports["web"]), 30, (source, 0))
        return context.wrap_socket(sock, server_hostname="localhost", session=session)

    with connect("127.0.0.2") as s:
        ticket = s.session
    with connect("127.0.0.2", ticket) as s:
        assert s.session_reused
    with pytest.raises((ssl.SSLError, ConnectionError)):
        connect("127.0.0.1", ticket)


def children(g):
    out = subprocess.run(["ps", "-o", "pid=", "--ppid", str(g.process.pid)], capture_output=True, text=True).stdout
    return [int(pid) for pid in out.split()]


def test_who_dies_is_replaced(gateway):
    g = gateway(implicit(Backend(Echo)), "web")
    time.sleep(1.2)         # younger ones wait a second, so as not to be started in a rush
    for pid in children(g):         # the key process, the worker
        os.kill(pid, signal.SIGKILL)
        with g.tls("web") as s:
            s.sendall(b"x")
            assert s.recv(1) == b"x"
    assert "takes its place" in g.words()


def test_what_it_cannot_do_it_refuses(tmp_path):
    pem, key = certificate(tmp_path, "gate.example")
    port = ports.free()
    conf = tmp_path / "c.conf"
    conf.write_text('certificate c { chain = "%s" key = "%s" }\nbackend b { address = {"127.0.0.1:1"} }\n'
                    'ban n { after = 5  within = 1m  for = 1m  nftables = true }\nlisten web { service = https mode = implicit address = {"127.0.0.1:%d"} certificate = {c} backend = b ban = n }\n'
                    % (pem, key, port))
    out = subprocess.run([PROGRAM, "serve", "-c", str(conf)], capture_output=True, text=True, timeout=20)
    assert out.returncode == 1 and "c.conf:3: bans hold in the gateway, not in nftables yet" in out.stderr


