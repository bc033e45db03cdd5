"""The command line as people use and misuse it: targets, lists, networks,
stored facts, baselines, options that are wrong."""

import json
import os
import pty
import re
import subprocess

import pytest

import run as runner
from scenario import GOOD
from servers import broken, mail, tls, wire
from servers.tcp import Server, dark_port


@pytest.fixture(scope="module")
def good(pki):
    t = tls.ScriptedTls(identities=pki.identities, **GOOD)
    with Server(tls.serve(t)) as server:
        yield server


@pytest.fixture(scope="module")
def weak(pki):
    """TLS 1.0 with static RSA, behind SMTP."""
    t = tls.ScriptedTls(identities={"RSA": pki.rsa}, versions=(wire.TLS10, wire.TLS12),
                        suites=("RSA_WITH_AES_128_CBC_SHA",))
    with Server(mail.smtp(lambda c: tls.talk(t, c))) as server:
        yield server


def audit(pki, *arguments, **options):
    return runner.audit("--ca", pki.ca_file, "--timeout", "5s", *arguments, **options)


def text(pki, *arguments, **options):
    return runner.run("audit", "--ca", pki.ca_file, "--timeout", "5s", *arguments, **options)


# Targets.

def test_pasted_url(pki, good):
    result = audit(pki, f"https://127.0.0.1:{good.port}/path/to?page=1#here")
    assert result.json["reach"]["tls"] == "tls" and result.json["port"] == good.port, result
    assert str(good.port) in result.stderr and "path" not in result.json["host"], result


def test_upper_case_and_slash(pki, good):
    result = audit(pki, f"HTTPS://LOCALHOST:{good.port}/")
    assert result.json["host"] == "localhost" and result.json["reach"]["tls"] == "tls", result
    assert "localhost" in result.stderr, result


def test_mistyped_scheme(pki, good):
    result = audit(pki, f"htps://127.0.0.1:{good.port}")
    assert result.json["reach"]["tls"] == "tls", result
    assert "https" in result.stderr, result


@pytest.mark.parametrize("target", ["127.0.0.1:99999", "127.0.0.1:0", "nothing-like://h", "", "[::1",
                                    "host:port", "10.0.0.0/33"])
def test_broken_target(target):
    result = runner.run("audit", "--json", target, limit=20)
    assert result.code == 2 and result.stderr.strip() and not result.stdout, result


def test_hostile_target_is_not_echoed_raw():
    result = runner.run("audit", "tls://evil\x1b[31m\u202e.invalid:443", limit=20)
    assert not runner.forbidden(result.stderr, keep="\n"), result


def test_several_targets_in_one_run(pki, good, weak):
    result = audit(pki, f"tls://{good.target}", f"smtp://{weak.target}", f"tls://127.0.0.1:{dark_port()}")
    assert len(result.objects) == 3 and result.code == 1, result
    verdicts = {o["target"].split(":")[0]: o["verdict"] for o in result.objects if o["reach"]["tcp"] == "open"}
    assert verdicts == {"tls": "pass", "smtp": "fail"}, result


def test_unknown_beats_pass(pki, good):
    result = audit(pki, f"tls://{good.target}", f"tls://127.0.0.1:{dark_port()}")
    assert result.code == 3, result


@pytest.mark.parametrize("by_file", [True, False], ids=["file", "stdin"])
def test_list(pki, good, weak, tmp_path, by_file):
    lines = f"# two servers\n\n  tls://{good.target}  # the good one\nsmtp://{weak.target}\r\n".encode()
    path = tmp_path / "list"
    path.write_bytes(lines)
    result = audit(pki, "-i", path if by_file else "-", stdin=b"" if by_file else lines)
    assert {o["port"] for o in result.objects} == {good.port, weak.port}, result


def test_list_that_is_not_there(tmp_path):
    result = runner.run("audit", "-i", tmp_path / "none")
    assert result.code == 2 and "none" in result.stderr, result


# Output.

def test_text_ends_in_three_lines(pki, weak):
    result = text(pki, f"smtp://{weak.target}")
    lines = [line for line in result.stdout.splitlines() if line.strip()]
    assert result.code == 1 and len(lines) > 10, result
    tail = lines[-3:]
    assert "fail" in tail[0].lower() and re.search(r"tlswright (explain|config) \S+", tail[2]), tail
    word = re.search(r"tlswright explain (\S+)", tail[2])
    if word:
        assert runner.run("explain", word.group(1)).code == 0
    assert len(max(lines, key=len)) <= 120, "a line no terminal holds"


def test_text_of_a_good_server(pki, good):
    result = text(pki, f"tls://{good.target}")
    tail = [line for line in result.stdout.splitlines() if line.strip()][-3:]
    assert result.code == 0 and "pass" in tail[0].lower(), result


def on_a_terminal(arguments, env=None):
    """The program with stdout on a pty; its output as bytes."""
    main, child = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "LC_ALL": "C.UTF-8", **(env or {})}
    if env is None:
        environment.pop("NO_COLOR", None)
    process = subprocess.Popen([runner.TLSWRIGHT, *arguments], stdin=subprocess.DEVNULL,
                               stdout=child, stderr=subprocess.PIPE, env=environment)
    os.close(child)
    data = b""
    try:
        while piece := os.read(main, 65536):
            data += piece
    except OSError:                     # the far end of a pty closes so
        pass
    os.close(main)
    process.communicate()
    return data


def test_colour_only_on_a_terminal(pki, weak):
    arguments = ["audit", "--ca", pki.ca_file, "--timeout", "5s", f"smtp://{weak.target}"]
    assert b"\x1b[" in on_a_terminal(arguments)
    assert b"\x1b[" not in on_a_terminal(arguments, {"NO_COLOR": "1"})
    assert "\x1b" not in runner.run(*arguments).stdout


def test_quick(pki, good):
    before = len(good.conns)
    result = audit(pki, "--quick", f"tls://{good.target}")
    o = result.json
    assert len(good.conns) - before <= 4, "quick is the fewest round trips"
    assert o["protocols"]["TLSv1.2"] == "yes" and o["certificates"], result
    assert "not-tested" in {o["protocols"][v] for v in ("SSLv2", "SSLv3", "TLSv1.0")}, result
    assert o["connections"] == len(good.conns) - before, o["connections"]


def test_connections_are_counted(pki):
    t = tls.ScriptedTls(identities=pki.identities, **GOOD)
    with Server(tls.serve(t)) as server:
        o = audit(pki, f"tls://{server.target}").json
        assert o["connections"] == len(server.conns), (o["connections"], len(server.conns))
        assert o["connections"] <= 40


def test_per_host_is_a_bound(pki):
    """Each answer takes 50 ms: one connection at a time takes the sum of them, and no less."""
    t = tls.ScriptedTls(identities=pki.identities, **GOOD)

    def slow(conn):
        conn.sleep(0.05)
        tls.talk(t, conn)
    with Server(slow) as server:
        one = audit(pki, "--per-host", "1", f"tls://{server.target}")
        connections = len(server.conns)
        usual = audit(pki, f"tls://{server.target}")
    assert one.json["verdict"] == usual.json["verdict"] == "pass", one
    assert one.json["elapsed_ms"] >= 50 * (connections - 2), (connections, one)
    assert usual.json["elapsed_ms"] < one.json["elapsed_ms"], usual


def test_ten_runs_are_equal(pki, good):
    def clean(o):
        for key in ("started", "elapsed_ms", "connections"):
            o.pop(key)
        o["reach"].pop("ms")
        for certificate in o["certificates"]:
            certificate.pop("days_left")
        return o
    runs = [clean(audit(pki, f"tls://{good.target}").json) for _ in range(10)]
    assert all(r == runs[0] for r in runs[1:])


def test_max_time(pki):
    """Nothing a server does makes an endpoint longer than --max-time."""
    with Server(broken.silent) as server:
        result = runner.audit("--max-time", "2s", f"tls://{server.target}")
    assert result.seconds < 4 and result.json["reach"]["tls"] == "silent", result
    assert result.code == 3 and "no" not in result.json["protocols"].values(), result


def test_rate(pki, good):
    """--rate 5/s: the connections come no faster."""
    before = len(good.times)
    audit(pki, "--rate", "5/s", "--quick", *[f"tls://{good.target}"] * 1, f"tls://localhost:{good.port}")
    times = good.times[before:]
    for i in range(len(times) - 6):
        assert times[i + 6] - times[i] >= 0.8, times


def test_quiet_says_little(pki, weak):
    quiet = text(pki, "-q", f"smtp://{weak.target}")
    loud = text(pki, f"smtp://{weak.target}")
    assert quiet.code == loud.code == 1
    assert 0 < len(quiet.stdout.splitlines()) < len(loud.stdout.splitlines()) / 3, quiet


def test_verbose_says_more(pki, good):
    usual, verbose = text(pki, f"tls://{good.target}"), text(pki, "-v", f"tls://{good.target}")
    assert verbose.code == usual.code == 0
    assert len(verbose.stdout.splitlines()) > len(usual.stdout.splitlines()), verbose


# Verdicts.

def test_fail_on(pki, good, weak):
    assert audit(pki, "--fail-on", "critical", f"smtp://{weak.target}").code == 0
    low = audit(pki, "--fail-on", "low", f"tls://{good.target}")
    assert low.code == 1 and low.json["verdict"] == "fail", low
    runner.check_exit(low, "low")
    assert runner.run("audit", "--fail-on", "worst", good.target).code == 2


def test_from_judges_again(pki, weak, tmp_path):
    stored = audit(pki, f"smtp://{weak.target}")
    path = tmp_path / "facts.json"
    path.write_bytes(stored.stdout_bytes)
    before = len(weak.conns)
    again = runner.run("audit", "--json", "--from", path)
    assert len(weak.conns) == before, "--from opens no connection"
    assert again.code == stored.code and again.ids == stored.ids, again
    assert again.json == stored.json, again
    assert runner.run("audit", "--from", path, "--fail-on", "critical").code == 0


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"schema": 99}', b"\xff\xfe", b'{"schema": 1}',
                                     b'{"schema": 1, "reach": 7}', b"null\n", b"[" * 100000])
def test_from_takes_no_nonsense(tmp_path, content):
    path = tmp_path / "facts.json"
    path.write_bytes(content)
    result = runner.run("audit", "--from", path, limit=20)
    assert result.code == 2 and result.stderr.strip(), result


def test_from_escapes_what_a_file_says(pki, good, tmp_path):
    """A stored file may have been written by anyone."""
    o = audit(pki, f"tls://{good.target}").json
    o["software"] = {"name": "x\x1b[31m\u202e", "version": None, "banner": "\x9b\u2028"}
    o["reach"]["detail"] = "\x1b]0;x\x07"
    path = tmp_path / "facts.json"
    path.write_text(json.dumps(o) + "\n")
    runner.run("audit", "--from", path)
    runner.run("audit", "--json", "--from", path)


def test_at(pki, good):
    assert "certificate-expired" in audit(pki, "--at", "2040-01-01", f"tls://{good.target}").ids
    assert "certificate-not-yet-valid" in audit(pki, "--at", "2001-01-01", f"tls://{good.target}").ids
    assert runner.run("audit", "--at", "tomorrow", good.target).code == 2


def test_baseline(pki, tmp_path):
    """What changed since: one setting of a server."""
    path = tmp_path / "before.json"
    old = tls.ScriptedTls(identities=pki.identities, versions=(wire.TLS10, wire.TLS12),
                          suites=GOOD["suites"] + ("ECDHE_RSA_WITH_AES_128_CBC_SHA",))
    with Server(tls.serve(old)) as server:
        target, port = f"tls://{server.target}", server.port
        path.write_bytes(audit(pki, target).stdout_bytes)
    new = tls.ScriptedTls(identities=pki.identities, **GOOD)
    with Server(tls.serve(new), port=port):
        result = text(pki, "--baseline", path, target)
    assert result.code == 0 and "tls10-offered" in result.stdout, result


# Usage.

def test_alone():
    result = runner.run()
    assert result.code == 0 and "tlswright audit" in result.stdout + result.stderr, result


def test_version_and_help():
    assert re.match(r"tlswright \d+\.\d+", runner.run("--version").stdout)
    for verb in ("audit", "ports", "explain"):
        result = runner.run(verb, "--help")
        assert result.code == 0 and verb in result.stdout and not result.stderr, result
    assert runner.run("--help").code == 0


@pytest.mark.parametrize("arguments", [
    ("audti",), ("audit",), ("audit", "--no-such-option", "h"), ("audit", "--timeout", "soon", "h"),
    ("audit", "--timeout"), ("audit", "--per-host", "0", "h"), ("audit", "--per-host", "many", "h"),
    ("audit", "--policy", "no-such", "h"), ("audit", "--ca", "no/such/file", "h"),
    ("audit", "--from", "no/such/file"), ("audit", "--baseline", "no/such/file", "127.0.0.1:1"),
    ("audit", "--connect", "not an address", "h"), ("audit", "--proxy", "h:99999", "h"),
    ("audit", "--max-time", "-1", "h"), ("audit", "-4", "-6", "h"), ("explain",), ("explain", "no-such-word-here")],
    ids=" ".join)
def test_bad_usage(arguments):
    result = runner.run(*arguments, limit=20)
    assert result.code == 2 and result.stderr.strip() and not result.stdout, result


def test_misspelt_verb_is_answered_kindly():
    assert "audit" in runner.run("audti").stderr


def test_misspelt_option_is_answered_kindly():
    assert "--timeout" in runner.run("audit", "--timout", "5s", "h").stderr


def test_closed_pipe_is_no_crash(pki, weak):
    """`tlswright … | head -1`."""
    done = subprocess.run(
        ["/bin/sh", "-c", '"$0" audit --ca "$1" --timeout 5s "$2" "$2" | head -1; exit 0',
         runner.TLSWRIGHT, pki.ca_file, f"smtp://{weak.target}"], capture_output=True, timeout=60)
    assert b"Sanitizer" not in done.stderr and done.stdout, done


def test_explain_and_ports():
    for words in (["tls10-offered"], ["TLSv1.2"], ["TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"], ["x25519"],
                  ["993"], ["STARTTLS"], ["112"], ["handshake_failure"]):
        result = runner.run("explain", *words)
        assert result.code == 0 and len(result.stdout) > 80, result
    assert "imap" in runner.run("ports", "993").stdout
    assert len(runner.run("ports").stdout.splitlines()) >= 90


def test_explain_compares_and_answers():
    for words, told in ((["465", "587"], "RFC 8314"), (["587", "465"], "RFC 8314"), (["ftps", "sftp"], "SSH"),
                        (["what", "port", "does", "TLS", "use"], "tlswright ports"), (["0xC02F"], "forward secrecy"),
                        (["alert", "40"], "handshake_failure"), (["TLS", "1.0"], "RFC 8996"),
                        (["443"], "https"), (["explicit"], "STARTTLS")):
        result = runner.run("explain", *words)
        assert result.code == 0 and told in result.stdout and not result.stderr, result
        assert len(result.stdout.splitlines()) <= 50 and "\033" not in result.stdout, result


def test_typo_is_answered_with_the_nearest():
    for verb, word, meant in (("explain", "hearbleed", "heartbleed"), ("explain", "x25591", "x25519"),
                              ("ports", "imasp", "imaps"), ("ports", "HTPS", "https")):
        result = runner.run(verb, word)
        assert result.code == 2 and meant in result.stderr and not result.stdout, result


def test_ports_as_json():
    rows = [json.loads(line) for line in runner.run("ports", "imap", "--json").stdout.splitlines()]
    assert [(r["port"], r["scheme"], r["mode"]) for r in rows] == [(143, "imap", "explicit"), (993, "imaps", "implicit")]


def test_every_finding_is_explained():
    ids = re.findall(r'^X\(\w+, "([a-z0-9-]+)"', (runner.ROOT / "src/data/findings.def").read_text(), re.M)
    assert len(ids) > 80
    for name in ids:
        result = runner.run("explain", name)
        assert result.code == 0 and len(result.stdout) > 100, result
