"""The gateway's other side: TLS towards backends, more than one address, ends of streams."""

import contextlib
import os
import socket
import socketserver
import ssl
import threading
import time

import pytest

import ports
from test_serve import through, BODY, Backend, Echo, Imap, Sender, certificate, gateway, login, read_all  # noqa: F401


class TlsBackend(Backend):
    """As a backend in the clear; handshakes are the handler threads' own."""

    def __init__(self, handler, files, version=None, header=False, cut=False):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(*files)
        self.context.set_alpn_protocols(["http/1.1", "imap"])
        if version:
            self.context.minimum_version = self.context.maximum_version = version
        self.header, self.cut, self.alpn, self.names = header, cut, [], []
        self.context.sni_callback = lambda s, name, c: self.names.append(name)
        super().__init__(handler)

    def finish_request(self, request, address):
        if self.header:
            head = b""
            while not head.endswith(b"\n"):
                head += request.recv(1)
            self.seen.append(head)
        request.settimeout(30)
        with contextlib.suppress(ssl.SSLError, OSError):
            inside = self.context.wrap_socket(request, server_side=True)
            self.alpn.append(inside.selected_alpn_protocol())
            self.RequestHandlerClass(inside, address, self)
            if not self.cut:
                inside.unwrap()
            inside.close()


@pytest.fixture
def behind(tmp_path):
    """Certificates of backends, apart from the gateway's own."""
    folder = tmp_path / "behind"
    folder.mkdir()
    return lambda name: certificate(folder, name)


def web(addresses, more, listen=""):
    return ('backend b { address = {%s} %s }\n' % (", ".join('"127.0.0.1:%d"' % p for p in addresses), more) +
            'listen web { service = https mode = implicit address = {"127.0.0.1:%(web)d"} certificate = {c} '
            'backend = b ' + listen + ' }\n')


def verified(files, name="back.example"):
    return 'tls = verify ca = "%s" server_name = "%s"' % (files[0], name)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("records", ["own", "library"])
def test_bytes_pass_to_a_tls_backend(gateway, behind, version, records):
    files = behind("back.example")
    backend = TlsBackend(Echo, files, version)
    g = gateway("records = %s\n" % records + web([backend.port], verified(files)), "web")
    with g.tls("web") as s:
        got = through(s, BODY)
    assert got == BODY and backend.names == ["back.example"]
    g.lines(lambda x: x["bytes_out"] == len(BODY) and x["backend"] == "b" and x["end"] == "closed-by-client")


def test_a_slow_reader_gets_all_of_a_tls_backend(gateway, behind):
    files = behind("back.example")
    g = gateway(web([TlsBackend(Sender, files).port], verified(files)), "web")
    with g.tls("web") as s:
        time.sleep(0.5)
        assert read_all(s) == BODY


def test_what_was_agreed_on_is_offered_to_the_backend(gateway, behind):
    files = behind("back.example")
    backend = TlsBackend(Echo, files)
    g = gateway(web([backend.port], verified(files), 'alpn = {"h2", "http/1.1"}'), "web")
    for offered, heard in (["http/1.1"], "http/1.1"), (None, None):
        with g.tls("web", alpn=offered) as s:
            s.sendall(b"x")
            assert s.recv(1) == b"x"
        assert backend.alpn.pop() == heard


@pytest.mark.parametrize("wrong, why", [("name", "mismatch"), ("authority", "self-signed"), ("clear", "wrong version"),
                                        ("closes", "closed the connection during the handshake")])
def test_nothing_of_a_backend_that_proves_nothing(gateway, behind, wrong, why):
    files = behind("back.example")
    other = behind("other.example")
    backend = {"name": lambda: TlsBackend(Sender, other), "authority": lambda: TlsBackend(Sender, behind("fake.example")),
               "clear": lambda: Backend(Sender), "closes": lambda: Backend(socketserver.BaseRequestHandler)}[wrong]()
    g = gateway(web([backend.port], verified(other if wrong == "name" else files)), "web")
    with g.tls("web") as s:
        s.sendall(b"secret")
        assert read_all(s) == b""
    line = g.lines(lambda x: x["end"] == "backend-down")[-1]
    assert why in line["detail"] and line["bytes_out"] == 0 and backend.seen == []


def test_the_next_address_is_tried_where_one_proves_nothing(gateway, behind):
    files = behind("back.example")
    bad, good = TlsBackend(Echo, behind("other.example")), TlsBackend(Echo, files)
    g = gateway(web([ports.free(), bad.port, good.port], verified(files)), "web")
    for _ in range(2):
        with g.tls("web") as s:
            s.sendall(b"hello")
            assert s.recv(10) == b"hello"
    assert bad.seen == [] and good.seen == [b"hello"] * 2


def test_a_silent_address_gives_way_to_the_next(gateway, behind):
    files = behind("back.example")
    good = TlsBackend(Echo, files)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        g = gateway("limit short { connect_timeout = 500ms }\n" +
                    web([silent.getsockname()[1], good.port], verified(files), "limit = short"), "web")
        with g.tls("web") as s:
            s.sendall(b"hello")
            assert s.recv(10) == b"hello"
        good.shutdown()
        good.server_close()
        with g.tls("web") as s:
            assert read_all(s) == b""
        g.lines(lambda x: x["end"] == "backend-down")


def test_without_verification_anybody_is_believed(gateway, behind):
    backend = TlsBackend(Echo, behind("other.example"))
    g = gateway(web([backend.port], "tls = insecure-no-verify"), "web")
    with g.tls("web") as s:
        s.sendall(b"hello")
        assert s.recv(10) == b"hello"


def test_the_proxy_header_comes_before_tls(gateway, behind):
    files = behind("back.example")
    backend = TlsBackend(Echo, files, header=True)
    g = gateway(web([backend.port], verified(files) + " proxy_protocol = v1"), "web")
    with g.tls("web") as s:
        s.sendall(b"hello")
        assert s.recv(10) == b"hello"
    assert backend.seen[0].startswith(b"PROXY TCP4 127.0.0.1 127.0.0.1 ") and backend.seen[1] == b"hello"


def test_starttls_before_a_tls_backend(gateway, behind):
    files = behind("back.example")
    backend = TlsBackend(Imap, files)
    g = gateway('backend b { address = {"127.0.0.1:%d"} %s }\n' % (backend.port, verified(files)) +
                'listen imap { service = imap mode = explicit address = {"127.0.0.1:%(imap)d"} certificate = {c} '
                'backend = b alpn = {"imap"} }\n', "imap")
    assert login(g, "good") == "OK" and backend.alpn == ["imap"]


def test_authorities_that_cannot_be_read_are_said(gateway, behind, tmp_path):
    files = behind("back.example")
    g = gateway(web([TlsBackend(Echo, files).port], verified(files)), "web")
    g.conf.write_text(g.conf.read_text().replace(str(files[0]), str(files[1])))
    g.process.send_signal(1)
    for _ in range(100):
        if "not changed" in g.words():
            break
        time.sleep(0.05)
    assert "no certificate of an authority" in g.words()
    with g.tls("web") as s:
        s.sendall(b"hello")
        assert s.recv(10) == b"hello"


# ---- each stream ends by itself ----

class Later(socketserver.BaseRequestHandler):
    """Says nothing before the client has said all; then much."""
    def handle(self):
        got = b""
        while data := self.request.recv(65536):
            got += data
        self.server.seen.append(got)
        time.sleep(0.1)
        self.request.sendall(BODY)


class Early(socketserver.BaseRequestHandler):
    """Has said all at once, and goes on listening."""
    def handle(self):
        self.request.sendall(b"all there is")
        self.request.shutdown(socket.SHUT_WR)
        got = b""
        while data := self.request.recv(65536):
            got += data
        self.server.seen.append(got)


class Never(socketserver.BaseRequestHandler):
    """Does not leave when the client does."""
    def handle(self):
        while self.request.recv(65536):
            pass
        self.server.seen.append(b"")
        time.sleep(30)


class Halves:
    """A TLS client whose two directions end apart."""

    def __init__(self, g, version=None):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        if version:
            context.minimum_version = context.maximum_version = version
        self.sock = socket.create_connection(("127.0.0.1", g.ports["web"]), 30)
        self.came, self.out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.came, self.out, server_hostname="localhost")
        while True:
            try:
                self.tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                self.flush()
                self.came.write(self.sock.recv(65536))
        self.flush()

    def flush(self):
        self.sock.sendall(self.out.read())

    def send(self, data):
        self.tls.write(data)
        self.flush()

    def end(self, how):
        if "notify" in how:
            with contextlib.suppress(ssl.SSLWantReadError):
                self.tls.unwrap()
            self.flush()
        if "fin" in how:
            self.sock.shutdown(socket.SHUT_WR)

    def read_all(self):
        """What comes, and whether its end is a clean one."""
        got = b""
        while True:
            try:
                data = self.tls.read(65536)
                if not data:
                    return got, True
                got += data
            except ssl.SSLWantReadError:
                data = self.sock.recv(65536)
                if not data:
                    return got, False
                self.came.write(data)
            except ssl.SSLZeroReturnError:
                return got, True


VERSIONS = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3


@pytest.mark.parametrize("records", ["own", "library"])
@pytest.mark.parametrize("sealed", [False, True])
def test_the_last_comes_behind_the_clients_end(gateway, behind, records, sealed):
    files = behind("back.example")
    backend = TlsBackend(Later, files) if sealed else Backend(Later)
    g = gateway("records = %s\n" % records + web([backend.port], verified(files) if sealed else ""), "web")
    for version in VERSIONS:
        # A cut end is passed on as one, and OpenSSL's newer servers answer that by an alert alone.
        for how in ("notify", "notify fin") if sealed else ("notify", "fin", "notify fin"):
            c = Halves(g, version)
            c.send(BODY[:300000])
            c.end(how)
            assert c.read_all() == (BODY, True), (version, how)
            c.sock.close()
            assert backend.seen.pop() == BODY[:300000], (version, how)
    lines = g.lines(lambda x: x["bytes_out"] == len(BODY))
    assert {x["end"] for x in lines if x["version"]} == {"closed-by-client"}


@pytest.mark.parametrize("records", ["own", "library"])
def test_a_client_goes_on_behind_the_backends_end(gateway, records):
    backend = Backend(Early)
    g = gateway("records = %s\n" % records + web([backend.port], ""), "web")
    for version in VERSIONS:
        c = Halves(g, version)
        assert c.read_all() == (b"all there is", True)
        if version == ssl.TLSVersion.TLSv1_2:      # close_notify of one side ends both there (RFC 5246 7.2.1)
            c.sock.close()
            continue
        for i in range(0, len(BODY), 100000):
            c.send(BODY[i:i + 100000])
        c.end("notify fin")
        assert c.sock.recv(1) == b""
        c.sock.close()
        for _ in range(100):
            if BODY in backend.seen:
                break
            time.sleep(0.05)
        assert BODY in backend.seen
    g.lines(lambda x: x["end"] == "closed-by-backend" and x["bytes_in"] == len(BODY))


def test_nobody_waits_for_ever_behind_an_end(gateway):
    limits = "limit short { idle_timeout = 1s closing_timeout = 1s }\n"
    backend = Backend(Never)
    g = gateway(limits + web([backend.port, ], "", "limit = short"), "web")
    c = Halves(g)
    c.end("notify fin")
    assert c.read_all()[0] == b""
    g.lines(lambda x: x["end"] == "timeout-idle")
    assert backend.seen == [b""]


def test_a_client_that_does_not_leave_is_left(gateway):
    g = gateway("limit short { closing_timeout = 1s }\n" + web([Backend(Early).port], "", "limit = short"), "web")
    c = Halves(g)
    assert c.read_all() == (b"all there is", True)
    began = time.monotonic()
    g.lines(lambda x: x["end"] == "closed-by-backend" and x["version"])
    assert time.monotonic() - began < 4


@pytest.mark.parametrize("cut", [False, True])
def test_a_cut_stream_is_not_made_whole(gateway, behind, cut):
    files = behind("back.example")
    g = gateway(web([TlsBackend(Sender, files, cut=cut).port], verified(files)), "web")
    c = Halves(g)
    assert c.read_all() == (BODY, not cut)
    c.sock.close()
