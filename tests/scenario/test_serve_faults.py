"""What goes wrong around the gateway: backends that are down, slow or mute, a disk that is full,
descriptors used up, a clock that jumps a year. Nothing wrong is served, and who is well is served on."""

import contextlib
import json
import os
import pathlib
import resource
import signal
import socket
import ssl
import struct
import subprocess
import time

import pytest

import ports
import run as runner
from test_serve import Backend, Echo, certificate, children, explicit_imap, gateway, implicit, read_all

__all__ = ["gateway"]           # a fixture
RELEASE = os.environ.get("TLSWRIGHT_RELEASE", str(runner.ROOT / "build" / "tlswright"))
YEAR = 365 * 86400


def echo(s, word=b"hello"):
    s.settimeout(30)
    s.sendall(word)
    got = b""
    while len(got) < len(word):
        more = s.recv(100)
        assert more, "ended early"
        got += more
    return got == word


def cpu_seconds(pids):
    ticks = sum(sum(int(n) for n in pathlib.Path("/proc/%d/stat" % pid).read_text().rsplit(")", 1)[1].split()[11:13])
                for pid in pids)
    return ticks / os.sysconf("SC_CLK_TCK")


class Full:
    """A listener that takes no connection any more: what comes has to wait."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=0)
        self.port = self.listener.getsockname()[1]
        self.held = []
        for _ in range(8):
            s = socket.socket()
            s.setblocking(False)
            s.connect_ex(("127.0.0.1", self.port))
            self.held.append(s)
        time.sleep(0.2)


def test_a_backend_that_takes_no_connection(gateway):
    full, alive = Full(), Backend(Echo)
    g = gateway('limit l { connect_timeout = 1s }\n'
                'backend b { address = {"127.0.0.1:%d"} }\nbackend alive { address = {"127.0.0.1:%d"} }\n' % (full.port, alive.port) +
                'listen web { service = https mode = implicit address = {"127.0.0.1:%(web)d"} certificate = {c} backend = b '
                'limit = l }\n'
                'listen well { service = https mode = implicit address = {"127.0.0.1:%(well)d"} certificate = {c} '
                'backend = alive }\n', "web", "well")
    with g.tls("web") as waiting, g.tls("well") as well:
        assert echo(well)
        began = time.monotonic()
        assert read_all(waiting) == b"" and time.monotonic() - began < 5
    g.lines(lambda x: x["listener"] == "web" and x["end"] == "timeout-connect")


def test_a_backend_that_says_nothing(gateway):
    class Mute(Echo):
        def handle(self):
            self.server.ended = getattr(self.server, "ended", [])
            while self.request.recv(100):
                pass
            self.server.ended.append(True)
    mute = Backend(Mute)
    g = gateway("limit l { dialogue_timeout = 1s  idle_timeout = 1s }\n" +
                explicit_imap(mute, "limit = l"), "imap")
    with socket.create_connection(("127.0.0.1", g.ports["imap"]), 10) as s:
        said = read_all(s)              # it is told so in its protocol's words, or not at all
        assert b"\0" not in said
    g.lines(lambda x: x["listener"] == "imap" and x["end"] in ("timeout-dialogue", "backend-down"))


def test_a_backend_that_goes_away_in_the_middle(gateway):
    class Half(Echo):
        def handle(self):
            self.request.recv(100)
            self.request.sendall(b"x" * 10000)
            self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))   # a reset
    g = gateway(implicit(Backend(Half)), "web")
    with g.tls("web") as s:
        s.sendall(b"go")
        with contextlib.suppress(ConnectionResetError):
            assert set(read_all(s)) <= {ord("x")}
    g.lines(lambda x: x["listener"] == "web" and x["bytes_in"] == 2)


def test_a_full_disk(tmp_path):
    """The log takes nothing; clients do not notice."""
    pem, key = certificate(tmp_path, "gate.example")
    port = ports.free()
    conf = tmp_path / "gate.conf"
    conf.write_text('workers = 1\ncertificate c { chain = "%s" key = "%s" }\nlog full { path = "/dev/full" format = json }\n'
                    'backend e { address = "127.0.0.1:%d" }\n'
                    'listen l { service = redis  address = "127.0.0.1:%d"  certificate = c  backend = e }\n'
                    % (pem, key, Backend(Echo).port, port))
    with Running([runner.TLSWRIGHT, "serve", "-c", str(conf)], tmp_path, port) as g:
        for _ in range(15):             # 20 a second may come
            with g.tls() as s:
                assert echo(s)


class Running:
    def __init__(self, command, folder, port, **how):
        self.out = open(folder / "stderr", "w+")
        self.port, self.folder = port, folder
        self.process = subprocess.Popen(command, stderr=self.out, stdin=subprocess.DEVNULL, **how)

    def __enter__(self):
        for _ in range(200):
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return self
            assert self.process.poll() is None, self.words()
            time.sleep(0.05)
        raise AssertionError("it does not listen: " + self.words())

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGINT)
        assert self.process.wait(60) == 0, self.words()
        assert "ERROR: AddressSanitizer" not in self.words() and "runtime error" not in self.words()

    def words(self):
        return (self.folder / "stderr").read_text()

    def tls(self, version=None, session=None):
        context = getattr(self, "context", None) or ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        if version:
            context.set_ciphers("ALL:@SECLEVEL=0")
            context.minimum_version = context.maximum_version = version
        self.context = context if version is None else None
        sock = socket.create_connection(("127.0.0.1", self.port), 30)
        return context.wrap_socket(sock, server_hostname="localhost", session=session)


def test_descriptors_used_up(tmp_path):
    pem, key = certificate(tmp_path, "gate.example")
    port = ports.free()
    conf = tmp_path / "gate.conf"
    conf.write_text('workers = 1\nkeys = inline\ncertificate c { chain = "%s" key = "%s" }\nbackend e { address = "127.0.0.1:%d" }\n'
                    'listen l { service = redis  address = "127.0.0.1:%d"  certificate = c  backend = e }\n'
                    % (pem, key, Backend(Echo).port, port))
    with Running([RELEASE, "serve", "-c", str(conf)], tmp_path, port,
                 preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (60, 60))) as g:
        assert "descriptors are needed, the limit is 60" in g.words()
        inside = []
        with g.tls() as first:
            for _ in range(60):
                inside.append(socket.create_connection(("127.0.0.1", port), 30))
            time.sleep(0.5)
            pids = [pid for pid in children(g)]
            before = cpu_seconds(pids)
            time.sleep(2)
            spent = cpu_seconds(pids) - before
            assert spent < 0.3, "it spins: %.2f CPU s of 2 s" % spent
            for s in inside:            # room again
                s.close()
            with g.tls() as later:
                assert echo(later)
            assert echo(first)


@pytest.fixture(scope="session")
def shifted(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clock")
    library = folder / "clock.so"
    source = pathlib.Path(__file__).parent / "servers" / "clock.c"
    subprocess.run(["cc", "-shared", "-fPIC", "-D_GNU_SOURCE", "-o", str(library), str(source), "-ldl"], check=True)
    return library


def test_a_clock_that_jumps_a_year(tmp_path, shifted):
    pem, key = certificate(tmp_path, "gate.example")
    port = ports.free()
    conf, clock, log = tmp_path / "gate.conf", tmp_path / "clock", tmp_path / "access.json"
    clock.write_bytes(struct.pack("q", 0))
    until = time.strftime("%Y-%m-%d", time.localtime(time.time() + 30 * 86400))
    conf.write_text('workers = 1\ncertificate c { chain = "%s" key = "%s" }\nbackend e { address = "127.0.0.1:%d" }\n'
                    'limit l { idle_timeout = 1h }\nlog a { path = "%s" format = json }\n'
                    'listen l { service = redis  address = "127.0.0.1:%d"  certificate = c  backend = e  limit = l }\n'
                    'legacy old { listen = l  network = {"127.0.0.0/8"}  versions = {"TLSv1.1"}  until = %s  reason = "a test" }\n'
                    % (pem, key, Backend(Echo).port, log, port, until))

    def jump(seconds):
        with open(clock, "r+b") as f:
            f.write(struct.pack("q", seconds))

    env = dict(os.environ, CLOCK=str(clock), LD_PRELOAD=str(shifted))
    with Running([RELEASE, "serve", "-c", str(conf)], tmp_path, port, env=env) as g:
        with g.tls(version=ssl.TLSVersion.TLSv1_1) as s:
            assert echo(s)
        with g.tls() as through, g.tls() as ticket:
            assert echo(through) and echo(ticket)
            for seconds in (YEAR, -YEAR, 0):
                jump(seconds)
                time.sleep(0.3)
                assert echo(through), "who was in before"
                with g.tls() as new:
                    assert echo(new)
                with g.tls(session=ticket.session) as again:    # resumed or not, it is served
                    assert echo(again)
            jump(YEAR)
            with pytest.raises((ssl.SSLError, ConnectionError)):        # the day of the old version is over
                g.tls(version=ssl.TLSVersion.TLSv1_1)
        jump(0)
    times = [json.loads(line)["time"][:4] for line in log.read_text().splitlines()]
    year = time.gmtime().tm_year
    assert {str(year), str(year + 1), str(year - 1)} <= set(times)
    assert all(json.loads(line)["ms"] < 60000 for line in log.read_text().splitlines())
