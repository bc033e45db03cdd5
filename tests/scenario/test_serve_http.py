"""The gateway and what speaks HTTP: fingerprints of clients, port 80, HSTS, requests in the log."""

import contextlib
import hashlib
import http.client
import json
import os
import pathlib
import re
import signal
import socket
import socketserver
import ssl
import struct
import time

import pytest

from test_serve import Backend, Echo, gateway, implicit, read_all    # noqa: F401 (a fixture)

UNIT = pathlib.Path(__file__).resolve().parents[1] / "unit"

# ---- JA3 and JA4, counted here by their published descriptions ----

def is_grease(code):
    return code & 0x0f0f == 0x0a0a and code >> 8 == code & 0xff


def codes(data):
    return [c for (c,) in struct.iter_unpack("!H", data) if not is_grease(c)]


class Hello:
    """A ClientHello's lists, from its handshake message."""

    def __init__(self, message):
        at = 4
        self.version, = struct.unpack_from("!H", message, at)
        at += 34
        at += 1 + message[at]
        n, = struct.unpack_from("!H", message, at)
        self.suites = codes(message[at + 2:at + 2 + n])
        at += 2 + n
        at += 1 + message[at]
        self.extensions, self.bodies = [], {}
        end = at + 2 + struct.unpack_from("!H", message, at)[0]
        at += 2
        while at < end:
            code, n = struct.unpack_from("!HH", message, at)
            if not is_grease(code):
                self.extensions.append(code)
            self.bodies[code] = message[at + 4:at + 4 + n]
            at += 4 + n

    def ja3(self):
        lists = [self.suites, self.extensions, codes(self.bodies.get(10, b"\0\0")[2:]),
                 list(self.bodies.get(11, b"\0")[1:])]
        text = "%d," % self.version + ",".join("-".join(map(str, v)) for v in lists)
        return hashlib.md5(text.encode()).hexdigest()

    def ja4(self):
        def cut(text):
            return hashlib.sha256(text.encode()).hexdigest()[:12]
        version = max(codes(self.bodies[43][1:]) if 43 in self.bodies else [self.version])
        alpn = self.bodies.get(16, b"")[3:][:self.bodies.get(16, b"\0\0\0")[2]].decode()
        rest = ",".join(sorted("%04x" % e for e in self.extensions if e not in (0, 16)))
        schemes = ",".join("%04x" % s for s in codes(self.bodies.get(13, b"\0\0")[2:]))
        return "t%s%s%02d%02d%s_%s_%s" % (
            {0x304: "13", 0x303: "12", 0x302: "11", 0x301: "10"}[version], "d" if 0 in self.bodies else "i",
            len(self.suites), len(self.extensions), alpn[0] + alpn[-1] if alpn else "00",
            cut(",".join(sorted("%04x" % s for s in self.suites))), cut(rest + ("_" + schemes if schemes else "")))


def hello_of(records):
    """The message in the records of a first flight."""
    out = b""
    while records:
        n, = struct.unpack_from("!H", records, 3)
        out, records = out + records[5:5 + n], records[5 + n:]
    return out


def vector(numbers, extensions, bodies, version=0x301):
    """The records of a hello of these suites and extensions."""
    def body(code):
        data = bodies.get(code, b"")
        return struct.pack("!HH", code, len(data)) + data
    block = b"".join(map(body, extensions))
    suites = b"".join(struct.pack("!H", s) for s in numbers)
    inner = struct.pack("!H", version) + bytes(range(32)) + b"\0" + struct.pack("!H", len(suites)) + suites + b"\1\0" + \
        struct.pack("!H", len(block)) + block
    message = b"\1" + len(inner).to_bytes(3, "big") + inner
    return b"\x16\3\1" + struct.pack("!H", len(message)) + message


def u16s(*numbers):
    data = b"".join(struct.pack("!H", n) for n in numbers)
    return struct.pack("!H", len(data)) + data


NAME = b"\0\x0c\0\0\x09localhost"
# Of github.com/salesforce/ja3's README; of FoxIO's technical_details/JA4.md.
JA3_README = vector([47, 53, 5, 10, 49161, 49162, 49171, 49172, 50, 56, 19, 4], [0, 10, 11],
                    {0: NAME, 10: u16s(23, 24, 25), 11: b"\1\0"})
JA4_README = vector(
    [0x0a0a, 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013, 0xc014, 0x009c, 0x009d,
     0x002f, 0x0035],
    [0x1a1a, 0x001b, 0x0000, 0x0033, 0x0010, 0x4469, 0x0017, 0x002d, 0x000d, 0x0005, 0x0023, 0x0012, 0x002b, 0xff01,
     0x000b, 0x000a, 0x0015],
    {0: NAME, 16: b"\0\x0c\x02h2\x08http/1.1", 10: u16s(0x2a2a, 29, 23, 24), 11: b"\1\0", 0xff01: b"\0", 0x2d: b"\1\1",
     0x33: u16s(), 0x2b: b"\6\x3a\x3a\3\4\3\3", 5: b"\1\0\0\0\0", 0x1b: b"\2\0\2", 0x4469: b"\0\3\2h2",
     13: u16s(0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601)}, 0x303)


def test_published_fingerprints_are_in_the_log(gateway):    # noqa: F811
    g = gateway(implicit(Backend(Echo), listen='alpn = {"http/1.1", "h2"}'), "web")
    for records, key, wanted in ((JA3_README, "ja3", "ada70206e40642a3e4461f35503241d5"),
                                 (JA4_README, "ja4", "t13d1516h2_8daaf6152771_e5627efa2ab1")):
        assert getattr(Hello(hello_of(records)), key)() == wanted
        with socket.create_connection(("127.0.0.1", g.ports["web"]), 10) as s:
            s.sendall(records)
            s.shutdown(socket.SHUT_WR)
            while s.recv(65536):
                pass
        # Neither client goes on: it is the line of a handshake that failed.
        line = [x for x in g.lines(lambda x: x.get(key) == wanted) if x.get(key) == wanted][0]
        assert line["end"] == "handshake-failed"


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_real_client_is_named(gateway, version):      # noqa: F811
    g = gateway(implicit(Backend(Echo)), "web")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.minimum_version = context.maximum_version = version
    context.set_alpn_protocols(["http/1.1"])
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = context.wrap_bio(incoming, outgoing, server_hostname="localhost")
    first = None
    with socket.create_connection(("127.0.0.1", g.ports["web"]), 10) as s:
        while True:
            try:
                client.do_handshake()
            except ssl.SSLWantReadError:
                flight = outgoing.read()
                first = first or flight
                s.sendall(flight)
                incoming.write(s.recv(65536))
                continue
            break
        s.sendall(outgoing.read())
    hello = Hello(hello_of(first))
    line = g.lines(lambda x: x.get("ja3"))[-1]
    assert (line["ja3"], line["ja4"]) == (hello.ja3(), hello.ja4())


def test_a_client_that_never_says_hello_has_no_name(gateway):   # noqa: F811
    g = gateway("limit short { handshake_timeout = 1s }\n" + implicit(Backend(Echo), listen="limit = short"), "web")
    with socket.create_connection(("127.0.0.1", g.ports["web"]), 10) as s:
        s.sendall(JA4_README[:100])
        s.settimeout(20)
        assert s.recv(10) == b""
    line = [x for x in g.lines(lambda x: x["end"] == "timeout-handshake") if x["end"] == "timeout-handshake"][0]
    assert line["ja3"] is None and line["ja4"] is None


# ---- port 80 ----

def lines(g, n):
    """The log once it has so many lines."""
    for _ in range(200):
        found = [json.loads(line) for line in g.log.read_text().splitlines()] if g.log.exists() else []
        if len(found) >= n:
            return found
        time.sleep(0.05)
    raise AssertionError("%d lines of %d" % (len(found), n))


def corpus():
    """The heads of tests/unit/http_heads.def: [(why it is refused or None, bytes)]."""
    text = (UNIT / "http_heads.def").read_text()
    literal = r'((?:"(?:[^"\\]|\\.)*"\s*)+)'
    out = []
    for m in re.finditer(r'^(BAD|GOOD)\((?:"([^"]*)",\s*)?' + literal + r"\)", text, re.M):
        data = b"".join(unescape(part) for part in re.findall(r'"((?:[^"\\]|\\.)*)"', m.group(3)))
        out.append((m.group(2) if m.group(1) == "BAD" else None, data))
    return out


def unescape(text):
    def one(m):
        if m.group(1):
            return chr(int(m.group(1), 16))
        if m.group(2):
            return chr(int(m.group(2), 8))
        return {"r": "\r", "n": "\n", "t": "\t"}.get(m.group(3), m.group(3))
    return re.sub(r"\\(?:x([0-9a-fA-F]+)|([0-7]{1,3})|(.))", one, text).encode("latin-1")


CORPUS = corpus()


def test_the_corpus_is_read():
    assert sum(why is not None for why, _ in CORPUS) >= 60 and sum(why is None for why, _ in CORPUS) >= 12
    assert (None, b"GET / HTTP/1.1\r\nHost: a.example\r\nX-Empty:\r\nCookie: a=\xc3\xa9; b\r\n\r\n") in CORPUS


def redirect(more=""):
    return 'redirect { address = {"127.0.0.1:%(http)d"} ' + more + " }\n"


def ask(g, data, source="127.0.0.1"):
    """All that port 80 answers."""
    with socket.create_connection(("127.0.0.1", g.ports["http"]), 20, (source, 0)) as s:
        with contextlib.suppress(ConnectionError):
            s.sendall(data)
            return read_all(s)
    return b""


def head_of(answer):
    """Status and fields; the whole is one answer, and it says that it is the last."""
    head, _, body = answer.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    fields = dict(line.split(": ", 1) for line in lines[1:])
    assert fields["Connection"] == "close" and "Strict-Transport-Security" not in fields
    return int(lines[0].split()[1]), fields, body


def test_heads_of_smugglers_are_refused_at_port_80(gateway):    # noqa: F811
    """Each of the corpus, with a second request behind it, which is never answered."""
    g = gateway(redirect("limit = many") + "limit many { connections_per_address = 0 }\n", "http")
    refused = 0
    for why, head in CORPUS:
        status, fields, body = head_of(ask(g, head + b"GET /second HTTP/1.1\r\nHost: other.invalid\r\n\r\n"))
        assert body == b"" and fields["Content-Length"] == "0"
        if why is not None:
            assert status == 400 and "Location" not in fields, head
            refused += 1
        elif status != 400:     # a head that is right, and sent on where it names a host and a path
            get = head.split()[0] in (b"GET", b"HEAD")
            assert status == (301 if get else 308), head
            assert re.match(r"https://([a-zA-Z0-9._-]+|\[[0-9a-f:]+\])[/?]", fields["Location"]), fields
            assert "second" not in fields["Location"] and "other" not in fields["Location"]
    assert refused >= 60
    found = lines(g, len(CORPUS) + 1)       # and one that only looked whether we listen
    told = [x for x in found if x["end"] == "protocol-error"]
    reasons = [x["detail"] for x in told if x["request"] is None]
    assert sorted(reasons) == sorted(why for why, _ in CORPUS if why is not None)
    assert all(x["service"] == "http" and x["mode"] == "none" for x in found)


@pytest.mark.parametrize("request_line, host, location", [
    ("GET /a?b=c HTTP/1.1", "A.example", "https://A.example/a?b=c"),
    ("GET /a HTTP/1.1", "a.example:80", "https://a.example/a"),
    ("GET //evil.example/ HTTP/1.1", "a.example", "https://a.example//evil.example/"),
    ("HEAD / HTTP/1.1", "[2001:db8::1]:8080", "https://[2001:db8::1]/"),
    ("POST /form HTTP/1.1", "a.example", "https://a.example/form"),
    ("GET http://a.example/x HTTP/1.1", "a.example", "https://a.example/x"),
])
def test_port_80_sends_on(gateway, request_line, host, location):       # noqa: F811
    g = gateway(redirect(), "http")
    status, fields, _ = head_of(ask(g, ("%s\r\nHost: %s\r\n\r\n" % (request_line, host)).encode()))
    assert status == (308 if request_line.startswith("POST") else 301)
    assert fields["Location"] == location
    line = g.lines(lambda x: x.get("request") == request_line)[-1]
    assert (line["host"], line["status"], line["service"], line["end"]) == (host, status, "http", "closed-by-backend")


def test_port_80_knows_another_port_and_cuts_do_not_matter(gateway):    # noqa: F811
    g = gateway(redirect("to = 8443"), "http")
    with socket.create_connection(("127.0.0.1", g.ports["http"]), 20) as s:
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n":
            s.send(bytes([byte]))
        assert head_of(read_all(s))[1]["Location"] == "https://a.example:8443/"


def test_port_80_has_the_guards_of_others(gateway):     # noqa: F811
    g = gateway("limit short { dialogue_timeout = 1s connections_per_address = 3 }\n" +
                redirect('limit = short deny = {"127.0.0.7"} proxy_from = {"127.0.0.9"}'), "http")
    request = b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n"
    assert ask(g, request, "127.0.0.7") == b""
    g.lines(lambda x: x["end"] == "denied-access")
    assert head_of(ask(g, b"PROXY TCP4 192.0.2.7 192.0.2.1 4000 80\r\n" + request, "127.0.0.9"))[0] == 301
    g.lines(lambda x: x["client"] == "192.0.2.7:4000" and x.get("via") == "127.0.0.9")
    with contextlib.ExitStack() as stack:
        many = [stack.enter_context(socket.create_connection(("127.0.0.1", g.ports["http"]), 20, ("127.0.0.6", 0)))
                for _ in range(4)]
        g.lines(lambda x: x["end"] == "denied-limit")
        for s in many:
            s.sendall(b"GET / HT")
        for s in many:      # and who does not go on is gone in its time
            with contextlib.suppress(ConnectionResetError):
                assert s.recv(10) == b""
    g.lines(lambda x: x["end"] == "timeout-dialogue")


def test_port_80_answers_acme(gateway, tmp_path):       # noqa: F811
    folder = tmp_path / "acme"
    folder.mkdir()
    (tmp_path / "secret").write_text("secret")
    (folder / "big").write_bytes(b"x" * 4097)
    (folder / "link").symlink_to(tmp_path / "secret")
    (folder / "sub").mkdir()
    os.mkfifo(folder / "pipe")
    g = gateway(redirect('acme = "%s"' % folder), "http")

    def get(path, method="GET"):
        return head_of(ask(g, ("%s %s HTTP/1.1\r\nHost: a.example\r\n\r\n" % (method, path)).encode()))
    at = "/.well-known/acme-challenge/"
    assert get(at + "token-1_A")[0] == 404
    (folder / "token-1_A").write_text("token-1_A.thumbprint")       # made while it runs
    assert get(at + "token-1_A") == (200, {"Content-Type": "application/octet-stream", "Content-Length": "20",
                                           "Connection": "close"}, b"token-1_A.thumbprint")
    assert get(at + "token-1_A", "HEAD")[0::2] == (200, b"")
    for name in ("link", "big", "sub", "pipe"):
        assert get(at + name)[0::2] == (404, b""), name
    for name in ("", "../secret", "..", ".", "a.b", "%2e%2e", "sub/x", "token-1_A/", "token-1_A?x", "a" * 129):
        status, fields, body = get(at + name)       # these are no tokens: pages like all others
        assert status == 301 and fields["Location"].startswith("https://a.example" + at), name
    assert get(at + "token-1_A", "POST")[0] == 308
    line = [x for x in g.lines(lambda x: x["detail"] == "an ACME challenge") if x["detail"] == "an ACME challenge"][0]
    assert line["request"] == "GET " + at + "token-1_A HTTP/1.1" and line["status"] == 200
    # A reload finds a folder that is another one by now.
    folder.rename(tmp_path / "old")
    folder.mkdir()
    (folder / "new").write_text("new")
    g.process.send_signal(signal.SIGHUP)
    for _ in range(200):
        if get(at + "new")[0] == 200:
            break
        time.sleep(0.05)
    else:
        raise AssertionError(g.words())


# ---- inside TLS ----

class Scripted(socketserver.BaseRequestHandler):
    """Says what the test wants said, and keeps what came."""
    def handle(self):
        got = b""
        while data := self.request.recv(65536):
            got += data
            self.server.seen.append(data)
            if got.endswith(self.server.until):
                self.request.sendall(self.server.answer)
                if self.server.ends:
                    return
                got = b""


def scripted(answer, until=b"\r\n\r\n", ends=True):
    backend = Backend(Scripted)
    backend.answer, backend.until, backend.ends = answer, until, ends
    return backend


HSTS = b"Strict-Transport-Security: max-age=31536000\r\n"
GET = b"GET /x HTTP/1.1\r\nHost: a.example\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n"


def say(g, data):
    """What comes back through TLS for data."""
    with g.tls("web", alpn=["http/1.1"]) as s:
        s.sendall(data)
        return read_all(s)


@pytest.mark.parametrize("request_bytes, answer, gets, status", [
    (GET, OK + b"\r\nhi", OK + HSTS + b"\r\nhi", 200),
    (GET * 2, OK + b"\r\nhi" + OK + b"\r\nho", OK + HSTS + b"\r\nhi" + OK + HSTS + b"\r\nho", 200),
    (GET, b"HTTP/1.1 103 Early\r\n\r\n" + OK + b"\r\nhi", b"HTTP/1.1 103 Early\r\n\r\n" + OK + HSTS + b"\r\nhi", 200),
    (GET.replace(b"GET", b"HEAD") + GET, OK + b"\r\n" + OK + b"\r\nhi", OK + HSTS + b"\r\n" + OK + HSTS + b"\r\nhi", 200),
    (GET, b"HTTP/1.1 200 OK\r\n\r\n" + OK + b"\r\n", b"HTTP/1.1 200 OK\r\n" + HSTS + b"\r\n" + OK + b"\r\n", 200),
    (GET, OK + HSTS.lower() + b"\r\nhi", OK + HSTS.lower() + b"\r\nhi", 200),
    (GET, b"HTTP/1.1 200 OK\nX: y\n\n", b"HTTP/1.1 200 OK\nX: y\n\n", None),
    (GET, b"HTTP/1.1 200 OK\r\nContent-Le", b"HTTP/1.1 200 OK\r\nContent-Le", None),
])
def test_hsts_is_put_into_answers(gateway, request_bytes, answer, gets, status):    # noqa: F811
    backend = scripted(answer, until=request_bytes[-20:])
    g = gateway(implicit(backend, listen='hsts = 365d alpn = {"http/1.1"}'), "web")
    assert say(g, request_bytes) == gets
    assert b"".join(backend.seen) == request_bytes
    line = g.lines(lambda x: x.get("request"))[-1]
    assert (line["request"], line["host"], line["status"]) == \
        (request_bytes.split(b"\r\n")[0].decode(), "a.example", status)


def test_large_answers_are_whole_under_hsts(gateway):       # noqa: F811
    body = os.urandom(1_500_000)
    chunked = b"".join(b"%x\r\n%s\r\n" % (len(body[i:i + 70000]), body[i:i + 70000])
                       for i in range(0, len(body), 70000)) + b"0\r\n\r\n"
    backend = scripted(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked, ends=False)
    g = gateway(implicit(backend, listen="hsts = 365d"), "web")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    c = http.client.HTTPSConnection("localhost", g.ports["web"], timeout=30, context=context)
    c.sock = g.tls("web")
    for _ in range(3):      # on one connection
        c.request("GET", "/big")
        r = c.getresponse()
        assert r.getheader("Strict-Transport-Security") == "max-age=31536000" and r.read() == body
    c.close()
    g.lines(lambda x: x.get("request") == "GET /big HTTP/1.1" and x["status"] == 200)


def test_heads_of_smugglers_pass_as_they_are_inside_tls(gateway):       # noqa: F811
    """A connection of its own behind each client: nothing is refused, changed, or told that is not sure."""
    backend = Backend(Echo)
    g = gateway("limit many { handshakes_per_address = none connections_per_address = 0 }\n" +
                implicit(backend, listen='hsts = 365d limit = many'), "web")
    for why, head in CORPUS:
        backend.seen.clear()
        with g.tls("web") as s:
            s.sendall(head)
            got = b""
            while len(got) < len(head):
                got += s.recv(65536)
        assert got == head and b"".join(backend.seen) == head
    told = [x for x in lines(g, len(CORPUS) + 1) if x["version"] is not None]
    assert len(told) == len(CORPUS)
    for (why, head), line in zip(CORPUS, told):
        assert line["request"] == (None if why else head.split(b"\r\n")[0].decode()), (why, head)
        assert line["status"] is None


def test_what_a_request_holds_is_escaped_and_cut(gateway):      # noqa: F811
    g = gateway(implicit(scripted(OK + b"\r\nhi")), "web")
    path = b"/" + b"a" * 5000
    assert say(g, GET.replace(b"/x", path)) == OK + b"\r\nhi"
    line = g.lines(lambda x: x.get("request"))[-1]
    assert line["request"] == "GET /" + "a" * 995 and line["status"] == 200
    json.dumps(line)
