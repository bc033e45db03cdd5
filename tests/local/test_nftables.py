"""`config nftables --from FILE`: checked by nft, loaded, and tried by real connections: who is
meant to pass passes, by IPv4 and IPv6, and nobody else does."""

import json
import pathlib
import socket
import subprocess
import sys

import pytest

import run as runner
from conftest import listener
from spaces import MACHINE4, MACHINE6, SOURCES4, SOURCES6
from test_local import SMTP, SSH, says, write

FTP = "220 ProFTPD Server ready.\r\n"
PRIVATE = {"10.1.2.3", "192.168.7.7", "fd12:3456::7"}


def config(*words, stdin=b"", code=0, **kw):
    result = runner.run("config", "nftables", *words, stdin=stdin, keep="\n\t", **kw)
    assert result.code == code, result
    return result


def load(space, text):
    path = pathlib.Path(runner.TLSWRIGHT)   # nft reads its rules from standard input, as -f - does
    for words in (("nft", "-c", "-f", "-"), ("nft", "-f", "-"), ("nft", "-f", "-")):
        done = subprocess.run([*space.inside, *words], input=text, text=True, capture_output=True)
        assert done.returncode == 0, (words, done.stderr, path)


def everybody(ports):
    return [(source, MACHINE6 if ":" in source else MACHINE4, port)
            for port in ports for source in SOURCES4 + SOURCES6]


@pytest.fixture
def site(space, serve, look, authority, tmp_path):
    """A machine with something of each kind; (its ports, what diagnose --local says of it)."""
    cert = write(authority.leaf(names=["www.example.com"]), tmp_path / "www.pem")
    rows = [("web", {"port": 443, "tls": cert}), ("mail", {"port": 25, "say": SMTP, "then": "250 mail\r\n"}),
            ("ftp", {"port": 21, "say": FTP, "then": "234 AUTH TLS\r\n"}),
            ("shell", {"port": 22022, "say": SSH}), ("sql", {"port": 5432}),
            ("panel", {"port": 9090, "tls": cert}), ("ours", {"port": 40404, "say": "hello\r\n"}),
            ("data", {"port": 50042, "say": "150 data\r\n"}), ("past", {"port": 50101, "say": "150 data\r\n"})]
    serve(*({"address": "::", **row} for _, row in rows), {"address": "127.0.0.1", "port": 3306},
          {"address": "::1", "port": 6379})
    return {name: row["port"] for name, row in rows}, look("--timeout", "1s")


def test_who_passes(space, site, look):
    ports, told = site
    text = config("--from", "-", stdin=json.dumps(told).encode()).stdout
    for word in ("mysql 3306", "rediss 6379"):
        assert word in text, text           # on loopback: named, and without a rule
    assert "dport 3306" not in text and "dport 6379" not in text
    load(space, text)
    public, internal = ("web", "mail", "ftp", "shell", "data"), ("sql", "panel", "ours", "past")
    questions = everybody(ports.values())
    names = {port: name for name, port in ports.items()}
    expected = ["open" if names[port] in public or source in PRIVATE else "silent"
                for source, _, port in questions]
    assert set(public) | set(internal) == set(ports)
    seen = space.connect(questions)
    assert seen == expected, [row for row in zip(questions, expected, seen) if row[1] != row[2]]
    assert space.connect(everybody([40405])) == ["silent"] * 7      # nobody listens there, and nobody hears so
    # Looked at again, this machine says of its new firewall what was seen.
    again = look("--timeout", "1s")
    told_of_it = [says(next(w for w in listener(again, port)["ways"] if w["family"] == (6 if ":" in source else 4)),
                       source) for source, _, port in questions]
    assert told_of_it == seen
    assert listener(again, 443)["ways"][0]["opened_by"].startswith("inet tlswright, chain input")


def test_options(space, site):
    ports, told = site
    text = config("--from", "-", "--network", "10.0.0.0/8,fd12::/16", "--passive", "50100-50200", "--public",
                  "9090", stdin=json.dumps(told).encode()).stdout
    load(space, text)
    seen = dict(zip(everybody([5432, 9090, 50042, 50101]), space.connect(everybody([5432, 9090, 50042, 50101]))))
    named = {"10.1.2.3", "fd12:3456::7"}
    for (source, _, port), state in seen.items():
        passes = port in (9090, 50101) or source in named
        assert state == ("open" if passes else "silent"), (source, port, state)


def test_own_networks(space, serve, look):
    """By default internal services are for this host's own private networks, and it is said."""
    subprocess.run(["ip", "-n", space.machine, "address", "add", "10.1.2.1/24", "dev", "eth0"], check=True)
    subprocess.run(["ip", "-n", space.machine, "address", "add", "fd12:3456::1/64", "dev", "eth0", "nodad"],
                   check=True)
    serve({"address": "::", "port": 5432, "say": "x"})
    text = config("--from", "-", stdin=json.dumps(look("--timeout", "1s")).encode()).stdout
    assert "elements = { 10.1.2.0/24 }" in text and "elements = { fd12:3456::/64 }" in text, text
    assert "this host's own private networks" in text
    load(space, text)
    seen = dict(zip([s for s, _, _ in everybody([5432])], space.connect(everybody([5432]))))
    assert {s for s, state in seen.items() if state == "open"} == {"10.1.2.3", "fd12:3456::7"}


def test_neighbours_and_ping(space, site):
    """IPv6 lives: addresses are resolved anew through the rules, and a ping is answered."""
    load(space, config("--from", "-", stdin=json.dumps(site[1]).encode()).stdout)
    for name in (space.machine, space.outside):
        subprocess.run(["ip", "-n", name, "neigh", "flush", "dev", "eth0", "nud", "all"], check=True)
    assert space.connect(everybody([443])[-3:]) == ["open"] * 3
    # No ping program is needed: an echo request of our own (RFC 4443 4.1).
    ping = ("import socket; s = socket.socket(socket.AF_INET6, socket.SOCK_RAW, 58); s.settimeout(3); "
            "s.sendto(b'\\x80\\0\\0\\0\\x12\\x34\\0\\1', ('%s', 0)); import sys\n"
            "while s.recv(99)[:1] != b'\\x81': pass" % MACHINE6)
    subprocess.run([*space.without, sys.executable, "-c", ping], check=True, timeout=20)


FLOOD = """
import json, socket, sys
address, port, most, sources = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:]

def reaches(source):
    s = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
    s.settimeout(0.4)
    try:
        s.bind((source, 0))
        s.connect((address, port))
        return True
    except OSError:
        return False
    finally:
        s.close()

n = 0
while n < most and reaches(sources[0]):
    n += 1
print(json.dumps([n, *map(reaches, sources[1:])]))
"""


@pytest.mark.parametrize("family", [4, 6])
@pytest.mark.parametrize("what", ["web", "shell"])
def test_floods_end(space, site, family, what):
    """One address is stopped when it floods; another is served all the while; IPv6 by /64."""
    ports, told = site
    load(space, config("--from", "-", stdin=json.dumps(told).encode()).stdout)
    to, sources = (MACHINE4, SOURCES4[:2]) if family == 4 else (MACHINE6, [SOURCES6[0], SOURCES6[2], SOURCES6[1]])
    burst, most = {"web": (240, 20000), "shell": (30, 200)}[what]
    done = subprocess.run([*space.without, sys.executable, "-c", FLOOD, to, str(ports[what]), str(most), *sources],
                          capture_output=True, text=True, check=True)
    passed, other, *same = json.loads(done.stdout)
    assert burst * 0.9 <= passed < most, passed
    assert other, "another's connection was dropped"
    if what == "shell":     # another address of the same customer is the same customer
        assert same == [False] * (family == 6)


def test_open_connections_stay(space, site):
    """Loading it cuts nobody off, whatever the port."""
    ports, told = site
    script = ("import socket, sys; s = socket.create_connection(('%s', %d)); s.settimeout(5); s.recv(99); "
              "print('up', flush=True); sys.stdin.readline(); s.sendall(b'x'); s.close(); print('done')"
              % (MACHINE4, ports["ours"]))
    with subprocess.Popen([*space.without, sys.executable, "-c", script], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, text=True) as p:
        assert p.stdout.readline() == "up\n"
        load(space, config("--from", "-", stdin=json.dumps(told).encode()).stdout)
        out, _ = p.communicate("\n", timeout=20)
        assert p.returncode == 0 and out == "done\n"


def test_from_an_audit(space, serve, authority, tmp_path):
    cert = write(authority.leaf(), tmp_path / "a.pem")
    serve({"address": "0.0.0.0", "port": 993, "tls": cert}, {"address": "0.0.0.0", "port": 636, "tls": cert})
    lines = []
    for target in ("imaps://%s" % MACHINE4, "ldaps://%s" % MACHINE4, "imaps://%s:994" % MACHINE4):
        result = runner.run("audit", "--json", "--quick", "--timeout", "2s", target, prefix=space.inside)
        lines.append(result.stdout)
    stored = tmp_path / "audit.json"
    stored.write_text("".join(lines))
    text = config("--from", stored).stdout
    assert "tcp dport 993 counter accept comment \"imaps" in text
    assert "ip saddr @inside4 tcp dport 636 counter accept comment \"ldaps" in text
    assert "994" not in text and "SSH was not found" in text and "dport { 22 }" in text
    load(space, text)
    lines.append(runner.run("audit", "--json", "--quick", "--timeout", "2s", "imaps://127.0.0.1",
                            prefix=space.inside).stdout)
    stored.write_text("".join(lines))
    result = config("--from", stored, code=2)
    assert "several hosts" in result.stderr and "--name" in result.stderr
    config("--from", stored, "--name", "127.0.0.1")


def test_hostile_words(space):
    """Names of processes and services are anybody's: none of them gets out of its comment."""
    bad = "x\"; } chain evil { type filter hook input priority -1; policy accept; } #\n\u202e"
    told = {"schema": 1, "tool": "tlswright", "kind": "local", "host": bad, "started": bad, "addresses": [
        {"interface": bad, "address": "10.0.0.1/8; drop", "prefix": 8, "scope": "private"},
        {"interface": bad, "address": "10.0.0.1", "prefix": 99, "scope": "private"}],
        "listeners": [{"transport": bad, "port": 443, "service": bad, "process": {"name": bad, "pids": [1]},
                       "exposure": bad}, {"transport": "tcp", "port": 99999, "service": "imap"},
                      {"transport": "tcp", "port": "x", "service": ["imap"]}]}
    text = config("--from", "-", stdin=json.dumps(told).encode()).stdout
    load(space, text)
    listed = subprocess.run([*space.inside, "nft", "list", "chains"], capture_output=True, text=True, check=True)
    assert "evil" not in [line.split()[1] for line in listed.stdout.splitlines() if line.strip().startswith("chain")]


@pytest.mark.parametrize("words,says_it", [
    ((), "diagnose --local --json"), (("--from", "/nonexistent"), "cannot"), (("--from", "/dev/null"), "holds nothing"),
    (("--from", "-", "--network", "10.0.0.0/33"), "no network"), (("--from", "-", "--passive", "9-8"), "range"),
    (("--from", "-", "--public", "8443"), "nothing was found"), (("--from", "-", "--name", "other"), "of other"),
])
def test_kind_refusals(words, says_it):
    told = {"schema": 1, "tool": "tlswright", "kind": "local", "host": "here", "started": "x", "addresses": [],
            "listeners": []}
    result = config(*words, stdin=json.dumps(told).encode(), code=2)
    assert says_it in result.stderr and not result.stdout, result


def test_listed():
    assert any(line.startswith("nftables ") for line in runner.run("config", "--list").stdout.splitlines())
    assert socket.has_ipv6
