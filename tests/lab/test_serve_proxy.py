"""The PROXY protocol with real HAProxy on each side: in front of the gateway, behind it, and both at once."""

import os
import pathlib
import shutil
import socket
import ssl
import subprocess
import tempfile
import time

import pytest

import ports
from lab import ROOM, Lab
from test_serve import Gateway, certificate, read_all

FRONTS = "v1", "v2"
# What HAProxy knows of a connection, one value a line.
TOLD = ("src", "src_port", "dst", "dst_port", "fc_pp_authority", "fc_pp_unique_id", "fc_pp_tlv(0x01)",
        "fc_pp_tlv(0x20),hex", "fc_rcvd_proxy")

CONFIGURATION = """
global
    maxconn 200
defaults
    timeout connect 5s
    timeout client 30s
    timeout server 30s
frontend front_v1
    mode tcp
    bind 127.0.0.1:%(v1)d
    bind [::1]:%(v1)d
    default_backend gate_v1
backend gate_v1
    mode tcp
    server gate 127.0.0.1:%(after)d send-proxy
frontend front_v2
    mode tcp
    bind 127.0.0.1:%(v2)d
    bind [::1]:%(v2)d
    unique-id-format id-%%ci-%%cp
    default_backend gate_v2
backend gate_v2
    mode tcp
    server gate 127.0.0.1:%(after)d send-proxy-v2 proxy-v2-options crc32c,unique-id
frontend behind
    mode http
    bind 127.0.0.1:%(clear)d accept-proxy
    bind 127.0.0.1:%(tls)d accept-proxy ssl crt %(pem)s alpn http/1.1
    http-request return status 200 content-type text/plain lf-string "%(told)s\\n"
"""


class HAProxy:
    """One process of it, in the room."""

    def __init__(self, folder, after):
        folder.mkdir()
        self.ca, key = certificate(folder, "back.example")
        pem = folder / "both.pem"
        pem.write_text(self.ca.read_text() + key.read_text())
        pem.chmod(0o600)
        self.ports = {name: ports.free() for name in FRONTS + ("clear", "tls")}
        conf = folder / "haproxy.cfg"
        conf.write_text(CONFIGURATION % dict(self.ports, after=after, pem=pem,
                                             told="|".join("%%[%s]" % t for t in TOLD)))
        argv = ["haproxy", "-db", "-f", str(conf)]
        if not os.environ.get("TLSWRIGHT_IN_ROOM"):
            argv = [ROOM, "run", "--bind", "%s:%s" % (folder, folder)] + argv
        self.log = open(folder / "log", "w+")
        self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        for port in self.ports.values():
            for _ in range(400):
                try:
                    socket.create_connection(("127.0.0.1", port), 1).close()
                    break
                except OSError:
                    assert self.process.poll() is None, (folder / "log").read_text()
                    time.sleep(0.05)

    def close(self):
        self.process.terminate()
        self.process.wait(20)
        self.log.close()


GATE = """
backend clear_v1 { address = {"127.0.0.1:%(clear)d"} proxy_protocol = v1 }
backend clear_v2 { address = {"127.0.0.1:%(clear)d"} proxy_protocol = v2 }
backend tls_v1 { address = {"127.0.0.1:%(tls)d"} proxy_protocol = v1 tls = verify ca = "%(ca)s" server_name = back.example }
backend tls_v2 { address = {"127.0.0.1:%(tls)d"} proxy_protocol = v2 tls = verify ca = "%(ca)s" server_name = back.example }
"""
LISTEN = """
listen %(name)s { service = https mode = implicit address = {"127.0.0.1:%%(%(name)s)d", "[::1]:%%(%(name)s)d"}
    certificate = {c} backend = %(backend)s alpn = {"http/1.1"} strict_sni = false
    client_certificate = optional client_ca = "%(clients)s" %(more)s }
"""


@pytest.fixture(scope="module")
def both():
    if os.geteuid() != 0 and not Lab.may_enter():
        pytest.skip("entering the lab's room needs root or sudo, and this user has neither")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="tlswright-proxy-", dir="/tmp"))
    folder.chmod(0o755)
    h = g = None
    try:
        after = ports.free()
        h = HAProxy(folder / "behind", after)
        clients = folder / "clients"
        clients.mkdir()
        ann = certificate(clients, "Ann")
        text = GATE % dict(h.ports, ca=h.ca)
        for name in ("clear_v1", "clear_v2", "tls_v1", "tls_v2"):
            text += LISTEN % {"name": name, "backend": name, "clients": ann[0], "more": ""}
        text += LISTEN % {"name": "after", "backend": "clear_v2", "clients": ann[0], "more": 'proxy_from = {"127.0.0.1", "::1"}'}
        g = Gateway(folder, text, ["clear_v1", "clear_v2", "tls_v1", "tls_v2"], {"after": after})
        g.haproxy, g.ann = h, ann
        yield g
    finally:
        if g:
            g.close()
        if h:
            h.close()
        shutil.rmtree(folder, ignore_errors=True)


def ask(g, port, source="127.0.0.5", name="localhost", cert=None, version=None):
    """What HAProxy behind says of us, and our own port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(["http/1.1"])
    if version:
        context.minimum_version = context.maximum_version = version
    if cert:
        context.load_cert_chain(*cert)
    family = socket.AF_INET6 if ":" in source else socket.AF_INET
    sock = socket.socket(family)
    sock.settimeout(30)
    sock.bind((source, 0))
    sock.connect(("::1" if family == socket.AF_INET6 else "127.0.0.1", port))
    mine = sock.getsockname()[1]
    with context.wrap_socket(sock, server_hostname=name) as s:
        cipher = s.cipher()[0]
        s.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        answer = read_all(s)
    assert answer.startswith(b"HTTP/1.1 200"), answer
    values = answer.decode().split("\r\n\r\n", 1)[1].strip().split("|")
    return dict(zip(TOLD, values, strict=True)), mine, cipher


def tls_part(text):
    """The value of PP2_TYPE_SSL: flags, verify, and its parts (specification, 2.2.7)."""
    raw, parts = bytes.fromhex(text), {}
    flags, verify, rest = raw[0], int.from_bytes(raw[1:5], "big"), raw[5:]
    while rest:
        n = int.from_bytes(rest[1:3], "big")
        parts[rest[0]] = rest[3:3 + n].decode()
        assert len(rest) >= 3 + n
        rest = rest[3 + n:]
    return flags, verify, parts


@pytest.mark.parametrize("to", ["clear", "tls"])
@pytest.mark.parametrize("source", ["127.0.0.5", "::1"])
def test_haproxy_behind_reads_version_1(both, to, source):
    port = both.ports[to + "_v1"]
    told, mine, _ = ask(both, port, source)
    here = "::1" if ":" in source else "127.0.0.1"
    assert (told["src"], told["src_port"], told["dst"], told["dst_port"]) == (source, str(mine), here, str(port))
    assert told["fc_rcvd_proxy"] == "1" and told["fc_pp_tlv(0x20),hex"] == ""


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("to", ["clear", "tls"])
@pytest.mark.parametrize("source", ["127.0.0.5", "::1"])
def test_haproxy_behind_reads_version_2(both, to, source, version):
    port = both.ports[to + "_v2"]
    here = "::1" if ":" in source else "127.0.0.1"
    for cert in None, both.ann:
        told, mine, cipher = ask(both, port, source, cert=cert, version=version)
        assert (told["src"], told["src_port"], told["dst"], told["dst_port"]) == (source, str(mine), here, str(port))
        assert told["fc_pp_authority"] == "localhost" and told["fc_pp_tlv(0x01)"] == "http/1.1"
        assert told["fc_pp_unique_id"] == ""
        flags, verify, parts = tls_part(told["fc_pp_tlv(0x20),hex"])
        assert parts[0x21] == version.name.replace("_", ".") and parts[0x23] == cipher
        # Bit 0: TLS; 1 and 2: a certificate on this connection, and in this session.
        assert (flags, verify == 0, parts.get(0x22)) == ((7, True, "Ann") if cert else (1, False, None))


@pytest.mark.parametrize("front", FRONTS)
@pytest.mark.parametrize("source", ["127.0.0.6", "::1"])
def test_haproxy_before_is_believed_and_passed_on(both, front, source):
    port = both.haproxy.ports[front]
    here = "::1" if ":" in source else "127.0.0.1"
    told, mine, _ = ask(both, port, source, name=None)
    # The one behind hears what the first one saw.
    assert (told["src"], told["src_port"], told["dst"], told["dst_port"]) == (source, str(mine), here, str(port))
    assert told["fc_pp_authority"] == "" and told["fc_rcvd_proxy"] == "1"
    assert told["fc_pp_unique_id"] == ("id-%s-%d" % (source, mine) if front == "v2" else "")
    client = "[%s]:%d" % (source, mine) if ":" in source else "%s:%d" % (source, mine)
    line = both.lines(lambda x: x["client"] == client)[-1]
    assert line["via"] == "127.0.0.1" and line["listener"] == "after"


def test_others_are_not_believed(both):
    """A header of a sender who is not named is no TLS."""
    with socket.socket() as s:
        s.settimeout(30)
        s.bind(("127.0.0.7", 0))
        s.connect(("127.0.0.1", both.ports["after"]))
        s.sendall(b"PROXY TCP4 192.0.2.8 192.0.2.1 4000 443\r\n")
        mine = s.getsockname()[1]
        try:
            while s.recv(1000):
                pass
        except ConnectionResetError:
            pass
    both.lines(lambda x: x["client"] == "127.0.0.7:%d" % mine and x["end"] == "handshake-failed")


