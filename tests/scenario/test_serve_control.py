"""The gateway's control socket, `tlswright ctl` and its metrics, held to what clients did."""

import contextlib
import json
import os
import re
import signal
import socket
import ssl
import stat
import subprocess
import time

import pytest

import ports
from test_serve import PROGRAM, Backend, Echo, Imap, children, explicit_imap, gateway, implicit, login  # noqa: F401


def control_line(tmp_path):
    return 'control = "%s"\n' % (tmp_path / "control")


def ctl(tmp_path, *words, path=None):
    out = subprocess.run([PROGRAM, "ctl", "--socket", str(path or tmp_path / "control"), *words], capture_output=True,
                         text=True, timeout=60, stdin=subprocess.DEVNULL)
    assert "Sanitizer" not in out.stderr and "runtime error" not in out.stderr, out.stderr
    return out


def asked(tmp_path, *words):
    """The lines of an answer; the last one, which ends it, apart."""
    out = ctl(tmp_path, "--json", *words)
    lines = [json.loads(line) for line in out.stdout.splitlines()]
    assert out.returncode == (0 if lines[-1]["ok"] else 1), out.stderr
    assert all("ok" not in line for line in lines[:-1])
    return lines[:-1], lines[-1]


def until(look, what):
    """What look() gives once it is something."""
    for _ in range(200):
        got = look()
        if got:
            return got
        time.sleep(0.05)
    raise AssertionError("never: " + what)


def echo(g, data=b"hello", **kw):
    with g.tls("web", **kw) as s:
        s.sendall(data)
        got = b""
        while len(got) < len(data):
            got += s.recv(65536)
    return got


LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)')
SAMPLE = re.compile(r"^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (-?(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?|\+?Inf|NaN))$")


def parse(text):
    """The text format 0.0.4, strictly: a family's HELP and TYPE, then its samples, each once, together."""
    assert text.endswith("\n")
    kinds, values, family, helped = {}, {}, None, None
    for line in text.splitlines():
        if line.startswith("# HELP "):
            helped = line.split(" ", 3)[2]
            assert len(line.split(" ", 3)[3]) > 3 and helped not in kinds
            continue
        if line.startswith("# TYPE "):
            _, _, family, kind = line.split(" ")
            assert family == helped and kind in ("counter", "gauge", "histogram")
            kinds[family] = kind
            continue
        name, labels, value = SAMPLE.match(line).groups()
        base = re.sub(r"_(bucket|sum|count)$", "", name) if kinds.get(family) == "histogram" else name
        assert base == family, line
        assert kinds[family] != "counter" or family.endswith("_total")
        found, at = {}, 0
        while labels and at < len(labels):
            m = LABEL.match(labels, at)
            assert m and m.group(1) not in found, line
            found[m.group(1)], at = m.group(2), m.end()
        key = (name, tuple(sorted(found.items())))
        assert key not in values, line
        values[key] = float(value)
    for family, kind in kinds.items():
        if kind != "histogram":
            continue
        buckets = [(float(dict(k[1])["le"].replace("+Inf", "inf")), v) for k, v in values.items()
                   if k[0] == family + "_bucket"]
        assert buckets == sorted(buckets) and buckets[-1] == (float("inf"), values[family + "_count", ()])
        assert [v for _, v in buckets] == sorted(v for _, v in buckets)
    return kinds, values


def http(port, request):
    with socket.create_connection(("127.0.0.1", port), 20) as s:
        s.sendall(request)
        got = b""
        while data := s.recv(65536):
            got += data
    head, _, body = got.partition(b"\r\n\r\n")
    return head.decode(), body.decode()


def scrape(port):
    head, body = http(port, b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert head.startswith("HTTP/1.1 200 ") and "text/plain; version=0.0.4" in head
    assert "Content-Length: %d" % len(body) in head
    return parse(body)


def value(values, name, **labels):
    return values["tlswright_" + name, tuple(sorted(labels.items()))]


def wait_ended(tmp_path, listener, n):
    def look():
        _, last = asked(tmp_path, "status")
        row = next(x for x in last["listeners"] if x["listener"] == listener)
        return row if row["ended"] >= n and row["connections"] == 0 else None
    return until(look, "%d connections of %s ended" % (n, listener))


def test_the_figures_are_what_clients_did(gateway, tmp_path):
    g = gateway(control_line(tmp_path) + 'metrics { address = "127.0.0.1:%(metrics)d" }\n' + implicit(Backend(Echo)),
                "web", "metrics")
    first = wait_ended(tmp_path, "web", 1)["ended"]     # the port was tried
    before = scrape(g.ports["metrics"])[1]
    for _ in range(3):
        echo(g, b"x" * 1000)
    echo(g, b"y" * 70000, version=ssl.TLSVersion.TLSv1_2)
    with pytest.raises(ssl.SSLError):
        g.tls("web", name="other.example")
    row = wait_ended(tmp_path, "web", first + 5)
    assert (row["handshakes"], row["bytes_in"], row["bytes_out"]) == (4, 73000, 73000)
    kinds, after = scrape(g.ports["metrics"])

    def grew(name, **labels):
        labels["listener"] = "web"
        key = ("tlswright_" + name, tuple(sorted(labels.items())))
        return after[key] - before.get(key, 0)

    assert grew("connections_total", end="closed-by-client") == 4
    assert grew("connections_total", end="handshake-failed") == 1
    assert grew("connections_total", end="denied-banned") == 0
    assert grew("handshakes_total", version="TLSv1.3", resumed="false", result="done") == 3
    assert grew("handshakes_total", version="TLSv1.2", resumed="false", result="done") == 1
    assert sum(v for k, v in after.items() if k[0] == "tlswright_handshakes_total" and
               dict(k[1])["result"] == "failed") - before["tlswright_handshakes_total", (
                   ("listener", "web"), ("result", "failed"), ("resumed", "false"), ("version", "none"))] == 1
    assert grew("bytes_total", direction="in") == grew("bytes_total", direction="out") == 73000
    assert value(after, "handshake_seconds_count") == 4 and 0 < value(after, "handshake_seconds_sum") < 60
    assert value(after, "connections", listener="web") == 0 and value(after, "bans") == 0
    with g.tls("web"):
        until(lambda: value(scrape(g.ports["metrics"])[1], "connections", listener="web") == 1, "one is connected")
    assert kinds["tlswright_handshake_seconds"] == "histogram"
    assert value(after, "build_info", version=subprocess.run(
        [PROGRAM, "--version"], capture_output=True, text=True).stdout.split()[1]) == 1
    end = subprocess.run(["openssl", "x509", "-in", str(tmp_path / "gate.example.pem"), "-noout", "-enddate"],
                         capture_output=True, text=True).stdout.strip().split("=")[1]
    assert value(after, "certificate_not_after_seconds", certificate="c") == ssl.cert_time_to_seconds(end)


def test_a_dead_workers_counts_stay(gateway, tmp_path):
    g = gateway("keys = inline\n" + control_line(tmp_path) + implicit(Backend(Echo)), "web")
    first = wait_ended(tmp_path, "web", 1)["ended"]
    time.sleep(1.2)         # younger ones wait a second, so as not to be started in a rush
    for n in (1, 2, 3):
        echo(g)
        row = wait_ended(tmp_path, "web", first + n)
        assert (row["ended"], row["handshakes"], row["bytes_in"]) == (first + n, n, 5 * n)
        for pid in children(g):
            os.kill(pid, signal.SIGKILL)
    echo(g)
    assert wait_ended(tmp_path, "web", first + 4)["handshakes"] == 4


def test_a_reload_keeps_counts_and_socket(gateway, tmp_path):
    g = gateway(control_line(tmp_path) + implicit(Backend(Echo)), "web")
    first = wait_ended(tmp_path, "web", 1)["ended"]
    echo(g)
    wait_ended(tmp_path, "web", first + 1)
    old = g.conf.read_text()
    made = os.stat(tmp_path / "control")
    # Another listener stands before it now, in the place that it had.
    g.conf.write_text(old.replace("listen web", 'listen other { service = imaps address = {"127.0.0.1:%d"} '
                                  'certificate = {c} backend = b }\nlisten web' % ports.free()))
    assert asked(tmp_path, "reload")[1] == {"ok": True, "reloads": 1, "said": "the configuration is loaded"}
    assert os.stat(tmp_path / "control").st_ino == made.st_ino
    echo(g)
    assert wait_ended(tmp_path, "web", first + 2)["handshakes"] == 2
    assert wait_ended(tmp_path, "other", 0)["handshakes"] == 0
    # A wrong file changes nothing, and that is the answer.
    g.conf.write_text(old + "nonsense = 1\n")
    out = ctl(tmp_path, "reload")
    assert out.returncode == 1 and "not changed" in out.stderr
    # The socket moves, and the old one is gone.
    g.conf.write_text(old.replace(str(tmp_path / "control"), str(tmp_path / "elsewhere")))
    g.process.send_signal(signal.SIGHUP)
    until(lambda: (tmp_path / "elsewhere").exists() and not (tmp_path / "control").exists(), "the socket moves")
    assert ctl(tmp_path, "status", path=tmp_path / "elsewhere").returncode == 0
    assert "cannot reach the gateway" in ctl(tmp_path, "status").stderr


def test_an_upgrade_takes_the_desks_over(gateway, tmp_path):
    g = gateway(control_line(tmp_path) + 'metrics { address = "127.0.0.1:%(metrics)d" }\n' + implicit(Backend(Echo)),
                "web", "metrics")
    g.process.send_signal(signal.SIGUSR2)

    def successor():
        out = ctl(tmp_path, "--json", "status")     # for a moment nobody is there
        pid = json.loads(out.stdout)["pid"] if out.returncode == 0 else g.process.pid
        return pid if pid != g.process.pid else None
    pid = until(successor, "another program answers")
    try:
        assert g.process.wait(20) == 0, g.words()
        assert (tmp_path / "control").exists() and ctl(tmp_path, "status").returncode == 0
        echo(g)
        assert value(scrape(g.ports["metrics"])[1], "handshake_seconds_count") == 1
    finally:
        os.kill(pid, signal.SIGINT)
    until(lambda: not (tmp_path / "control").exists(), "its end takes the socket away")


def test_sessions_are_those_of_now(gateway, tmp_path):
    backend = Backend(Imap)
    g = gateway(control_line(tmp_path) + implicit(Backend(Echo)) +
                explicit_imap(backend).replace("backend b ", "backend i ").replace("backend = b", "backend = i"),
                "web", "imap")
    until(lambda: asked(tmp_path, "sessions")[0] == [], "those that tried the ports are gone")
    assert "nobody is connected" in ctl(tmp_path, "sessions").stdout
    with socket.create_connection(("127.0.0.1", g.ports["web"]), 10) as silent, \
            socket.create_connection(("127.0.0.1", g.ports["imap"]), 10, ("127.0.0.7", 0)) as greeted, \
            g.tls("web") as busy:
        greeted.recv(100)
        busy.sendall(b"x" * 500)
        assert len(busy.recv(1000)) > 0
        lines, last = until(lambda: (lambda a: a if a[1]["sessions"] == 3 else None)(asked(tmp_path, "sessions")), "three")
        by_port = {line["port"]: line for line in lines}
        one = by_port[silent.getsockname()[1]]
        assert (one["listener"], one["client"], one["phase"], one["bytes_in"], one["sni"]) == \
            ("web", "127.0.0.1", "handshake", 0, None)
        two = by_port[greeted.getsockname()[1]]
        assert (two["listener"], two["service"], two["client"], two["phase"]) == ("imap", "imap", "127.0.0.7", "dialogue")
        three = by_port[busy.getsockname()[1]]
        assert (three["phase"], three["sni"], three["version"], three["backend"], three["bytes_in"]) == \
            ("splice", "localhost", "TLSv1.3", "b", 500)
        assert three["suite"] == "TLS_AES_256_GCM_SHA384" or three["suite"].startswith("TLS_")
        assert 0 <= three["seconds"] < 60 and last["workers_silent"] == 0
        table = ctl(tmp_path, "sessions").stdout
        assert "LISTENER" in table and "127.0.0.7:%d" % greeted.getsockname()[1] in table and "dialogue" in table
        # One that finishes is asked as well.
        g.conf.write_text(g.conf.read_text().replace("workers = 1", "workers = 2"))
        assert asked(tmp_path, "reload")[1]["ok"]
        workers = asked(tmp_path, "status")[1]["workers"]
        assert [w["finishing"] for w in workers] == [True, False, False]
        lines, last = asked(tmp_path, "sessions")
        assert last["sessions"] == 3
    until(lambda: asked(tmp_path, "sessions")[1]["sessions"] == 0, "all are gone")


def test_many_sessions_are_told_piece_by_piece(gateway, tmp_path):
    g = gateway("limit default { connections_per_address = 0 handshakes_per_address = none handshake_timeout = 60s }\n" + control_line(tmp_path) +
                implicit(Backend(Echo)), "web")
    with contextlib.ExitStack() as stack:
        open_ones = [stack.enter_context(socket.create_connection(("127.0.0.1", g.ports["web"]), 10)) for _ in range(300)]
        lines, _ = until(lambda: (lambda a: a if a[1]["sessions"] == 300 else None)(asked(tmp_path, "sessions")), "300")
        assert {line["port"] for line in lines} == {s.getsockname()[1] for s in open_ones}


def test_a_ban_by_hand_shuts_out_and_unban_lets_in(gateway, tmp_path):
    g = gateway('ban logins { allow = {"127.0.0.6", "192.0.2.0/24"} }\n' + control_line(tmp_path) +
                explicit_imap(Backend(Imap), "ban = logins"), "imap")

    def denied(source):
        with socket.create_connection(("127.0.0.1", g.ports["imap"]), 10, (source, 0)) as s:
            with contextlib.suppress(ConnectionResetError):
                return s.recv(100) == b""
            return True

    assert not denied("127.0.0.3") and asked(tmp_path, "bans") == ([], {"ok": True, "bans": 0})
    _, made = asked(tmp_path, "ban", "127.0.0.3", "10m")
    assert made["address"] == "127.0.0.3" and made["kind"] == "hand" and 590 <= made["seconds_left"] <= 600
    assert denied("127.0.0.3") and not denied("127.0.0.4")
    _, made = asked(tmp_path, "ban", "127.0.8.0/24", "forever")
    assert denied("127.0.8.9")
    lines, last = asked(tmp_path, "bans")
    assert last == {"ok": True, "bans": 2} and {x["address"] for x in lines} == {"127.0.0.3", "127.0.8.0/24"}
    assert asked(tmp_path, "status")[1]["bans"] == 2
    table = ctl(tmp_path, "bans").stdout
    assert "127.0.8.0/24" in table and "for ever" in table and "by hand" in table
    assert "127.0.0.3 is not banned any more" in ctl(tmp_path, "unban", "127.0.0.3").stdout
    assert not denied("127.0.0.3") and denied("127.0.8.9")
    assert login(g, "good", "127.0.0.3") == "OK"
    for words, why in ((("unban", "127.0.0.3"), "is not banned"), (("ban", "127.0.0.6"), "allow-list"),
                       (("ban", "127.0.0.3", "soon"), '"for" is a time'), (("ban", "example.org"), "192.0.2.0/24"),
                       (("unban", "127.0.8.1"), "network 127.0.8.0/24")):
        out = ctl(tmp_path, *words)
        assert out.returncode == 1 and why in out.stderr, (words, out.stderr)
    # Without a time it is for a day.
    assert 86390 <= asked(tmp_path, "ban", "2001:db8::1")[1]["seconds_left"] <= 86400
    assert asked(tmp_path, "bans")[1]["bans"] == 2


def test_many_bans_come_line_by_line(gateway, tmp_path):
    gateway(control_line(tmp_path) + implicit(Backend(Echo)), "web")
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(60)
        s.connect(str(tmp_path / "control"))
        f = s.makefile("rwb")
        for i in range(400):
            f.write(b'{"command": "ban", "address": "198.%d.%d.%d", "for": 3600}\n' % (18, i // 250, i % 250 + 1))
            f.flush()
            assert json.loads(f.readline())["ok"]
        f.write(b'{"command": "bans"}\n')
        f.flush()
        seen = set()
        while "ok" not in (line := json.loads(f.readline())):
            seen.add(line["address"])
        assert line["bans"] == 400 == len(seen)


def test_certificates_are_told(gateway, tmp_path):
    gateway(control_line(tmp_path) + implicit(Backend(Echo)), "web")
    (one,), last = asked(tmp_path, "certificates")
    assert last == {"ok": True, "certificates": 1}
    pem = str(tmp_path / "gate.example.pem")

    def of(*what):
        return subprocess.run(["openssl", "x509", "-in", pem, "-noout", *what], capture_output=True, text=True).stdout.strip()
    assert one["certificate"] == "c" and one["file"] == pem and one["subject"] == "CN=gate.example"
    assert one["names"] == ["localhost", "gate.example"] and one["key"] == "ECDSA P-256"
    assert one["serial"] == of("-serial").split("=")[1]
    assert one["sha256"] == of("-fingerprint", "-sha256").split("=")[1].replace(":", "").lower()
    assert 29.8 < one["days_left"] <= 30.0
    assert "BEGIN" not in json.dumps(one)
    table = ctl(tmp_path, "certificates").stdout
    assert one["sha256"] in table and "localhost gate.example" in table


def test_the_socket_is_for_root_and_the_group(gateway, tmp_path):
    # A stale one makes room; what is no socket does not, nor one where somebody answers.
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(tmp_path / "control"))
    user = 'user = nobody\n' if os.geteuid() == 0 else ""
    g = gateway(user + control_line(tmp_path) + implicit(Backend(Echo)), "web")
    st = os.lstat(tmp_path / "control")
    assert stat.S_ISSOCK(st.st_mode) and stat.S_IMODE(st.st_mode) == 0o660
    if user:
        import pwd
        assert st.st_uid == 0 and st.st_gid == pwd.getpwnam("nobody").pw_gid
    text = g.conf.read_text()
    other = tmp_path / "other.conf"
    (tmp_path / "file").write_text("mine\n")
    (tmp_path / "link").symlink_to(tmp_path / "target")
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    for name, why in (("control", "another program answers there"), ("file", "no socket"), ("link", "no socket"),
                      ("open/control", "written to by everybody")):
        other.write_text(text.replace(str(tmp_path / "control"), str(tmp_path / name))
                         .replace("127.0.0.1:%d" % g.ports["web"], "127.0.0.1:%d" % ports.free()))
        out = subprocess.run([PROGRAM, "serve", "-c", str(other)], capture_output=True, text=True, timeout=60)
        assert out.returncode == 1 and why in out.stderr, (name, out.stderr)
    assert (tmp_path / "file").read_text() == "mine\n" and not (tmp_path / "target").exists()
    assert ctl(tmp_path, "status").returncode == 0
    g.process.send_signal(signal.SIGTERM)
    assert g.process.wait(20) == 0
    assert not (tmp_path / "control").exists()


def test_garbage_does_no_harm(gateway, tmp_path):
    g = gateway(control_line(tmp_path) + implicit(Backend(Echo)), "web")
    path = str(tmp_path / "control")

    def say(data, close=True):
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(20)
            s.connect(path)
            got = b""
            with contextlib.suppress(OSError):
                s.sendall(data)
                if close:
                    s.shutdown(socket.SHUT_WR)
                while more := s.recv(65536):
                    got += more
            return got

    for data, why in ((b"hello\n", "no JSON"), (b"[" * 4000 + b"\n", "no JSON"), (b"\0\xff\n", "no JSON"),
                      (b"[]\n", '"command" is wanted'), (b'{"command": 7}\n', "is wanted"), (b"{}\n", "is wanted"),
                      (b'{"command": "status", "command": "bans"}\n', "no JSON"),
                      (b'{"command": "shutdown"}\n', "no such command"), (b'{"command": "ban"}\n', "no address"),
                      (b'{"command": "ban", "address": 7}\n', "no address"),
                      (b'{"command": "ban", "address": "192.0.2.1", "for": -1}\n', "is a time"),
                      (b'{"command": "ban", "address": "192.0.2.1", "for": 9223372036854775807}\n', "is a time"),
                      (b'{"command": "ban", "address": "\\u001b[31m"}\n', "\\u001B[31m"),
                      (b'{"command": "unban", "address": "' + b"9" * 3000 + b'"}\n', "no address"),
                      (b"x" * 5000, "too long")):
        answer = json.loads(say(data).splitlines()[0])
        assert answer["ok"] is False and why.replace("\\", "") in answer["error"].replace("\\", ""), (data[:40], answer)
    assert say(b"\n\n\n") == b"" and say(b'{"command": "sta') == b"" and say(b"") == b""
    # Several at once, and what comes behind a request waits for its answer.
    answers = say(b'{"command": "bans"}\n{"command": "certificates"}\nx\n').splitlines()
    assert [json.loads(a).get("ok") for a in answers] == [True, None, True, False]
    # More than may be at once: the newest is served.
    with contextlib.ExitStack() as stack:
        for _ in range(30):
            s = stack.enter_context(socket.socket(socket.AF_UNIX))
            s.connect(path)
            s.sendall(b'{"command": ')
        assert ctl(tmp_path, "status").returncode == 0
        assert echo(g) == b"hello"
    # One that asks and does not read.
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(path)
        s.settimeout(0.5)
        with contextlib.suppress(OSError):
            while True:
                s.sendall(b'{"command": "status"}\n' * 100)
        assert ctl(tmp_path, "status").returncode == 0 and echo(g) == b"hello"


def test_metrics_bear_strangers(gateway, tmp_path):
    g = gateway('metrics { address = "127.0.0.1:%(metrics)d" }\n' + implicit(Backend(Echo)), "web", "metrics")
    port = g.ports["metrics"]
    for request, status in ((b"GET / HTTP/1.0\r\n\r\n", "404"), (b"POST /metrics HTTP/1.1\r\nHost: x\r\n\r\n", "405"),
                            (b"GET /metrics\r\n\r\n", "400"), (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", "400"),
                            (b"GET /metrics HTTP/1.1\r\n\r\n", "400"), (b"GET /" + b"a" * 6000, "431"),
                            (b"GET /metrics?x=1 HTTP/1.0\r\n\r\n", "200")):
        assert http(port, request)[0].split(" ")[1] == status, request
    head, body = http(port, b"HEAD /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
    assert head.startswith("HTTP/1.1 200") and body == ""
    with contextlib.ExitStack() as stack:
        for _ in range(40):
            stack.enter_context(socket.create_connection(("127.0.0.1", port), 10)).sendall(b"GET ")
        scrape(port)
        assert echo(g) == b"hello"


def test_status_is_a_table(gateway, tmp_path):
    g = gateway(control_line(tmp_path) + implicit(Backend(Echo)), "web")
    echo(g)
    out = ctl(tmp_path, "status").stdout
    assert "serving since" in out and re.search(r"^web +https ", out, re.M)
    _, last = asked(tmp_path, "status")
    assert last["pid"] == g.process.pid and last["listeners"][0]["addresses"] == ["127.0.0.1:%d" % g.ports["web"]]
    # The configuration says where it is.
    out = subprocess.run([PROGRAM, "ctl", "-c", str(g.conf), "status", "--json"], capture_output=True, text=True)
    assert json.loads(out.stdout)["pid"] == g.process.pid


def test_ctl_says_what_it_wants(tmp_path):
    for words, why in ((("stats",), "did you mean status?"), (("ban",), "an address"), (("status", "x"), "takes no"),
                       (("unban", "a", "b"), "one address")):
        out = subprocess.run([PROGRAM, "ctl", *words], capture_output=True, text=True)
        assert out.returncode == 2 and why in out.stderr, out.stderr
    out = subprocess.run([PROGRAM, "ctl"], capture_output=True, text=True)
    assert out.returncode == 2 and "sessions" in out.stdout
    assert ctl(tmp_path, "status").returncode == 1
