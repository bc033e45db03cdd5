"""serve --self-audit: nothing is said of what is as configured, and each planted difference is found."""

import contextlib
import signal
import ssl
import subprocess
import time

import pytest

import ports
import run as runner
from test_serve import Backend, Echo, Gateway, Imap, certificate

FAST = 'limit fast { handshakes_per_address = "1000/s" }\n'
TEXT = FAST + """listen imaps { service = imap  limit = fast  mode = implicit  address = "127.0.0.1:%(imaps)d"  certificate = c  backend = b }
listen imap { service = imap  limit = fast  mode = explicit  address = "127.0.0.1:%(imap)d"  certificate = c  backend = b }
"""


@pytest.fixture
def gate(tmp_path):
    backend = Backend(Imap)
    g = Gateway(tmp_path, 'backend b { address = "127.0.0.1:%d" }\n' % backend.port + TEXT, ["imaps", "imap"])
    yield g
    g.process.send_signal(signal.SIGINT)
    g.process.wait(60)


def look(conf):
    return runner.run("serve", "--check", "--self-audit", "-c", str(conf), keep="\n\t", limit=200)


def test_as_configured(gate):
    result = look(gate.conf)
    assert result.code == 0, result
    assert "2 looks at 2 listeners, 0 differ, 0 could not be known" in result.stdout


def test_renewed_and_not_loaded(gate):
    certificate(gate.folder, "gate.example")
    result = look(gate.conf)
    assert result.code == 1 and result.stderr.count("none of its files has") == 2, result


def test_client_certificates(gate, pki):
    ca = gate.folder / "ca.pem"
    ca.write_bytes(pki.ca.pem)
    other = gate.folder / "other.conf"
    other.write_text(gate.conf.read_text().replace("mode = implicit ", 'mode = implicit  client_certificate = required  '
                                                   'client_ca = "%s" ' % ca))
    result = look(other)
    assert result.code == 1 and "does not ask for a client certificate" in result.stderr, result


def test_alpn(tmp_path):
    g = Gateway(tmp_path, 'backend e { address = "127.0.0.1:%d" }\n' % Backend(Echo).port +
                FAST + 'listen l { service = https  limit = fast  alpn = {"h2", "http/1.1"}  address = "127.0.0.1:%(l)d"  certificate = c  backend = e }\n', ["l"])
    try:
        other = tmp_path / "other.conf"
        other.write_text(g.conf.read_text().replace('alpn = {"h2", "http/1.1"}', 'alpn = "http/1.1"'))
        result = look(other)
        assert result.code == 1 and 'takes the ALPN protocol "h2"' in result.stderr, result
    finally:
        g.process.send_signal(signal.SIGINT)
        g.process.wait(60)


def test_nothing_listens(gate):
    other = gate.folder / "other.conf"
    other.write_text(gate.conf.read_text().replace(str(gate.ports["imap"]), str(ports.free())))
    result = look(other)
    assert result.code == 1 and "listen imap at " in result.stderr and "nothing listens there" in result.stderr, result


def test_old_version_of_somebody_else(gate):
    """Another server has taken the place: TLS 1.1, another certificate."""
    pem, key = certificate(gate.folder, "stranger.example")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, key)
    context.minimum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    with Stranger(context) as port:
        other = gate.folder / "other.conf"
        other.write_text(gate.conf.read_text().replace(":%d" % gate.ports["imaps"], ":%d" % port))
        result = look(other)
    assert result.code == 1 and "TLSv1.1 is offered" in result.stderr and "none of its files has" in result.stderr, result


@contextlib.contextmanager
def Stranger(context):
    backend = Backend(Echo)
    backend.socket = context.wrap_socket(backend.socket, server_side=True)
    backend.handle_error = lambda *_: None
    yield backend.port
    backend.shutdown()


def test_where_failed_handshakes_ban(tmp_path):
    backend = Backend(Echo)
    g = Gateway(tmp_path, """ban b { after = 2  within = 1m  for = 1m  handshakes = true }
backend e { address = "127.0.0.1:%d" }
listen l { service = redis  address = "127.0.0.1:%%(l)d"  certificate = c  backend = e  ban = b }
""" % backend.port, ["l"])
    try:
        result = look(g.conf)
        assert result.code == 3 and "would ban this machine" in result.stderr, result
        with g.tls("l") as client:
            client.sendall(b"still let in")
            assert client.recv(100) == b"still let in"
    finally:
        g.process.send_signal(signal.SIGINT)
        g.process.wait(60)


def test_at_start_and_after_a_reload(tmp_path):
    backend = Backend(Echo)
    port = ports.free()
    pem, key = certificate(tmp_path, "gate.example")
    conf = tmp_path / "gate.conf"
    text = ('workers = 1\ncertificate c { chain = "%s" key = "%s" }\nbackend e { address = "127.0.0.1:%d" }\n'
            'limit fast { handshakes_per_address = "1000/s" }\nlisten l { service = redis  limit = fast  address = "127.0.0.1:%d"  certificate = c  backend = e }\n'
            % (pem, key, backend.port, port))
    conf.write_text(text)
    with open(tmp_path / "stderr", "w") as out:
        process = subprocess.Popen([runner.TLSWRIGHT, "serve", "--self-audit", "-c", str(conf)], stderr=out,
                                   stdin=subprocess.DEVNULL)
    try:
        said(tmp_path, "1 look at 1 listener, 0 differ", 1)
        process.send_signal(signal.SIGHUP)
        said(tmp_path, "1 look at 1 listener, 0 differ", 2)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)


def said(folder, words, times):
    for _ in range(1200):
        text = (folder / "stderr").read_text()
        if text.count(words) >= times:
            return
        time.sleep(0.05)
    raise AssertionError(text)
