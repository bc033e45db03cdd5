"""`diagnose --local`: listeners, processes and services as they are; what it says of the firewall
held to real connections from outside; certificates on disk; what it may not see, said."""

import ipaddress
import json
import os
import pathlib
import pwd
import shutil
import subprocess

import jsonschema
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography import x509

import run as runner
from conftest import SERVER, listener
from spaces import MACHINE4, MACHINE6, SOURCES4, SOURCES6

ROOT = pathlib.Path(__file__).resolve().parents[2]
SMTP = "220 mail.example.com ESMTP Postfix\r\n"
SSH = "SSH-2.0-OpenSSH_9.2\r\n"


@pytest.fixture(scope="session")
def schema():
    return jsonschema.Draft202012Validator(json.loads((ROOT / "schema/local.schema.json").read_text()))


def write(identity, path):
    path.write_bytes(x509.load_der_x509_certificate(identity.chain[0]).public_bytes(Encoding.PEM))
    path.with_suffix(".key").write_bytes(identity.key.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return str(path)


def test_listeners(space, serve, look, authority, tmp_path, schema):
    cert = write(authority.leaf(names=["www.example.com"]), tmp_path / "www.pem")
    pid, rows = serve({"address": "0.0.0.0", "tls": cert}, {"address": "127.0.0.1", "say": SMTP, "then": "250 mail.example.com\r\n"},
                      {"address": "::", "say": SSH}, {"address": "::", "v6only": True},
                      {"address": MACHINE4}, {"address": "::1"},
                      {"address": "0.0.0.0", "port": 443, "udp": True},
                      {"address": "0.0.0.0", "udp": True})
    told = look()
    assert not list(schema.iter_errors(told)), [e.message for e in schema.iter_errors(told)][:3]
    ports = [row["port"] for row in rows]
    # UDP that the registry does not know is any client's: 443 alone is told.
    assert sorted(l["port"] for l in told["listeners"]) == sorted(ports[:7])
    web, mail, ssh, six, own, loop = (listener(told, port) for port in ports[:6])
    for l in told["listeners"]:
        assert l["process"]["pids"] == [pid] and l["process"]["name"].startswith("python"), l
        assert l["user"] == pwd.getpwuid(os.geteuid()).pw_name
    assert web["tls"]["state"] == "tls" and "TLSv1.3" in web["tls"]["versions"]
    assert web["certificate"]["names"] == ["www.example.com"]
    assert mail["service"] == "smtp" and mail["tls"]["state"] == "not-offered"
    assert ssh["service"] == "ssh" and ssh["tls"]["state"] == "plaintext"
    assert (ssh["takes_ipv4"], six["takes_ipv4"]) == (True, False)
    assert (web["exposure"], mail["exposure"], loop["exposure"]) == ("public", "loopback", "loopback")
    assert [w["family"] for w in web["ways"]] == [4]
    assert sorted(w["family"] for w in ssh["ways"]) == [4, 6]
    assert [w["family"] for w in six["ways"]] == [6]
    assert own["ways"][0]["addresses"] == [MACHINE4]
    quic = listener(told, 443, "udp")
    assert quic["service"] == "h3" and quic["tls"]["state"] is None and "UDP" in quic["tls"]["not_asked"]
    assert told["firewall"] == {"read": True, "sources": ["nftables"], "filters": False, "forwards": []}
    assert told["nat"] is None


# "~" ends a line: nft wants one behind a "}".
HEAD = "table inet filter {~ %s~ chain input {~ type filter hook input priority 0; policy %s; %s~ }~ }~"

# (what nft loads, a word on it); PORTS: a b c d are four listeners' ports.
RULESETS = {
    "nothing": "",
    "policy-drop": HEAD % ("", "drop", "ct state established,related accept; tcp dport A accept"),
    "policy-accept": HEAD % ("", "accept", "tcp dport A drop; tcp dport { B, C } reject with tcp reset"),
    "networks": HEAD % ("set inside { type ipv4_addr; flags interval; elements = { 10.0.0.0/8, "
                        "203.0.113.64-203.0.113.127 }~ }", "drop",
                        "ip saddr @inside tcp dport { A, B } accept; ip6 saddr fd00::/8 tcp dport A accept; "
                        "ip saddr != 203.0.113.0/24 tcp dport C accept"),
    "banned": HEAD % ("", "accept", "ip saddr { 203.0.113.2, 192.168.7.7 } drop; "
                      "ip6 saddr 2001:db8:1::2 tcp dport A reject with tcp reset"),
    "maps": HEAD % ("map v { type inet_service : verdict; elements = { A : accept, B : drop }~ }", "drop",
                    "tcp dport vmap @v; ct state vmap { established : accept, new : jump more }~ }~ "
                    "chain more { meta nfproto ipv6 tcp dport C accept; ip saddr . tcp dport "
                    "{ 10.1.2.3 . C, 192.168.7.7 . D } accept"),
    "jumps": HEAD % ("chain web { ip saddr 10.0.0.0/8 return; tcp dport A accept~ }~ chain rest { "
                     "tcp dport B accept~ }", "drop", "iifname \"lo\" accept; jump web; "
                     "iifname \"eth*\" goto rest; tcp dport D accept"),
    "limits": HEAD % ("set seen { type ipv4_addr; flags dynamic; timeout 1m~ }", "drop",
                      "tcp dport A ct state new limit rate over 100/second burst 500 packets drop; "
                      "tcp dport B update @seen { ip saddr limit rate over 50/second burst 500 packets } drop; "
                      "tcp dport { A, B } accept; tcp dport C limit rate 100/second burst 500 packets accept"),
    "many-chains": HEAD % ("", "accept", "tcp dport A drop") + """
        table ip raw { chain pre { type filter hook prerouting priority -300; tcp dport B drop~ }~ }
        table ip6 out { chain output { type filter hook output priority 0; tcp sport C drop~ }~ }""",
    "flags": HEAD % ("", "drop", "tcp flags & (fin|syn|rst|ack) != syn ct state new drop; "
                     "fib saddr . iif oif missing drop; fib daddr type local tcp dport A accept; "
                     "meta l4proto udp accept; ip protocol tcp th dport { B, C } accept; tcp flags ack tcp dport C accept"),
    "answers": HEAD % ("", "accept", "") + "table inet o { chain output { type filter hook output priority 0; "
               "policy drop; tcp sport { A, B } ct state established accept; ip daddr 10.0.0.0/8 accept~ }~ }",
}


def says(way, source):
    """What the way in says of a source: open, silent, refused or perhaps."""
    address = ipaddress.ip_address(source)
    found = [word for word in ("open", "silent", "refused", "perhaps", "elsewhere")
             if any(address in ipaddress.ip_network(n) for n in way[word])]
    assert len(found) == 1, (source, way)
    return found[0]


@pytest.mark.parametrize("name", RULESETS)
def test_firewall_against_connections(space, serve, look, name):
    _, rows = serve(*({"address": a, "say": SSH} for a in ("0.0.0.0", "0.0.0.0", "::", "::")))
    ports = [row["port"] for row in rows]
    text = RULESETS[name]
    for letter, port in zip("ABCD", ports):
        text = text.replace(" %s " % letter, " %d " % port).replace(" %s," % letter, " %d," % port) \
            .replace(" %s;" % letter, " %d;" % port)
    space.nft(text)
    told = look()
    assert told["firewall"]["filters"] == (name not in ("nothing", "answers")), told["firewall"]
    questions, expected = [], []
    for port in ports:
        for way in listener(told, port)["ways"]:
            to, sources = (MACHINE6, SOURCES6) if way["family"] == 6 else (MACHINE4, SOURCES4)
            for source in sources:
                questions.append((source, to, port))
                expected.append(says(way, source))
    assert len(questions) == 4 * len(SOURCES4) + 2 * len(SOURCES6)
    seen = space.connect(questions)
    wrong = [(q, "told " + e, "is " + s) for q, e, s in zip(questions, expected, seen) if e != s]
    assert not wrong, (wrong, text, [listener(told, p)["ways"] for p in ports])


def test_a_table_that_sleeps(space, serve, look):
    """It drops nothing; nft 1.0.6 does not say that it sleeps, and then it is "perhaps"."""
    _, rows = serve({"address": "0.0.0.0", "say": SSH})
    space.nft("table inet sleeping { flags dormant~ chain input {~ type filter hook input priority -5; drop~ }~ }")
    way = listener(look(), rows[0]["port"])["ways"][0]
    assert space.connect([(SOURCES4[0], MACHINE4, rows[0]["port"])]) == ["open"]
    assert way["open"] == ["0.0.0.0/0"] or (way["perhaps"] == ["0.0.0.0/0"] and "asleep" in way["words"])


def test_not_understood_is_perhaps(space, serve, look):
    _, rows = serve({"address": "0.0.0.0"}, {"address": "0.0.0.0"})
    a, b = (row["port"] for row in rows)
    space.nft(HEAD % ("", "drop", "tcp dport %d meta mark 7 accept; tcp dport %d ip ttl < 5 drop; "
                      "tcp dport %d accept" % (a, b, b)))
    told = look()
    for port in (a, b):
        l = listener(told, port)
        way = l["ways"][0]
        assert way["perhaps"] == ["0.0.0.0/0"] and not way["open"] and way["doubts"], way
        assert l["certain"] is False


def test_redirects_are_told(space, serve, look):
    _, rows = serve({"address": "0.0.0.0"})
    port = rows[0]["port"]
    space.nft("table ip nat { chain pre { type nat hook prerouting priority -100; tcp dport 443 redirect to :%d; "
              "tcp dport %d dnat to 198.51.100.9:22~ }~ }" % (port, port))
    told = look()
    assert told["firewall"]["forwards"] == [
        "port 443 goes to port %d of this machine (ip nat, chain pre)" % port,
        "port %d goes to 198.51.100.9, port 22 (ip nat, chain pre)" % port]
    way = listener(told, port)["ways"][0]
    assert way["elsewhere"] == ["0.0.0.0/0"] and not way["open"]


def test_certificates_on_disk(space, look, authority, tmp_path):
    served, other, newer = (tmp_path / n for n in ("site.pem", "other.pem", "renewed.pem"))
    first = authority.leaf(names=["a.example.com", "b.example.com"], days=(-80, 9))
    write(first, served)
    write(authority.leaf(names=["a.example.com"], days=(-1, 90)), other)     # other names: no renewal
    config = tmp_path / "server.conf"
    config.write_text("cert=%s;\nother '%s'\n" % (served, other))
    rows = [{"address": "127.0.0.1", "tls": str(served)}]
    told = space.start(SERVER, json.dumps(rows), "--config=%s" % config)
    port = told["rows"][0]["port"]
    cert = listener(look(), port)["certificate"]
    assert cert["files"] == [str(served)] and cert["newer"] is None and cert["days_left"] in (8, 9)
    # The renewal lies beside it, the server goes on with what it has read.
    write(authority.leaf(names=["b.example.com", "a.example.com"], days=(-1, 89)), newer)
    config.write_text("cert=%s\nrenewed=%s\n" % (served, newer))
    told = look(code=1)
    cert = listener(told, port)["certificate"]
    assert cert["newer"]["path"] == str(newer)
    text = runner.run("diagnose", "--local", prefix=space.inside)
    assert text.code == 1 and "renewed on disk but not served" in text.stdout, text
    assert "8.9 days left" in text.stdout or "9.0 days left" in text.stdout


def test_expired_is_wrong(space, serve, look, authority, tmp_path):
    cert = write(authority.leaf(days=(-90, -2)), tmp_path / "old.pem")
    _, rows = serve({"address": "127.0.0.1", "tls": cert})
    assert listener(look(code=1), rows[0]["port"])["certificate"]["days_left"] == -2


def test_without_root(space, serve, look):
    _, rows = serve({"address": "0.0.0.0", "say": SSH})
    if os.geteuid() != 0:
        pytest.skip("there is no privilege to give up")
    if not os.access(runner.TLSWRIGHT, os.X_OK) or subprocess.run(
            ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", runner.TLSWRIGHT,
             "--version"], capture_output=True).returncode:
        pytest.skip("nobody may run the program where it lies")
    told = look(prefix=("setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"))
    l = listener(told, rows[0]["port"])
    assert told["root"] is False and told["firewall"]["read"] is False
    assert l["process"] is None and l["user"] == "root"     # whose it is can be seen, which it is not
    assert l["service"] == "ssh"
    assert l["ways"][0]["perhaps"] == ["0.0.0.0/0"] and not l["certain"]
    unseen = " ".join(told["unseen"])
    assert "processes of other users" in unseen and "firewall" in unseen


def test_behind_nat(space, serve, look):
    _, rows = serve({"address": "0.0.0.0", "port": 80, "say": ""}, {"address": "0.0.0.0", "say": SSH},
                    {"address": "127.0.0.1", "port": 25, "say": SMTP})
    for change in (["address", "del", MACHINE4 + "/24", "dev", "eth0"],
                   ["address", "add", "192.168.7.1/24", "dev", "eth0"],
                   ["route", "replace", "default", "via", "192.168.7.7"]):
        subprocess.run(["ip", "-n", space.machine, *change], check=True)
    told = look()
    assert told["nat"] == "192.168.7.1" and told["route"]["gateway"] == "192.168.7.7"
    assert listener(told, 80)["exposure"] == "private"
    text = " ".join(runner.run("diagnose", "--local", prefix=space.inside).stdout.split())
    assert "the router (192.168.7.7) must forward TCP 80 to it" in text, text


@pytest.mark.parametrize("program", ["iptables-nft", "iptables-legacy"])
def test_iptables(space, serve, program, tmp_path):
    """Both kinds, by Debian's own iptables in the room; the program looks from in there."""
    from layer import in_layer
    _, rows = serve({"address": "0.0.0.0"}, {"address": "0.0.0.0"}, {"address": "0.0.0.0"})
    a, b, c = (row["port"] for row in rows)
    script = "set -e\n" + "".join("%s -A INPUT %s\n" % (program, rule) for rule in (
        "-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT", "-i lo -j ACCEPT",
        "-s 10.0.0.0/8 -p tcp -m multiport --dports %d,%d -j ACCEPT" % (a, b),
        "-p tcp --dport %d -m comment --comment 'for \"all\"' -j ACCEPT" % c,
        "-p tcp --dport %d -j REJECT --reject-with tcp-reset" % b)) + program + " -P INPUT DROP\n"
    done = in_layer(space, "sh", "-c", script)
    if program == "iptables-legacy" and "does not exist" in done.stderr + done.stdout:
        pytest.skip("this kernel has no legacy iptables: " + done.stderr.strip())
    assert done.returncode == 0, done.stderr
    done = in_layer(space, runner.TLSWRIGHT, "diagnose", "--local", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert program in told["firewall"]["sources"], told["firewall"]
    questions = [(source, MACHINE4, port) for port in (a, b, c) for source in SOURCES4]
    expected = [says(listener(told, port)["ways"][0], source) for source, _, port in questions]
    assert space.connect(questions) == expected
    assert set(expected) == {"open", "silent", "refused"}


def test_kind_to_newcomers(space):
    text = runner.run("diagnose", "--local", prefix=space.inside)
    assert text.code == 0 and "0 listeners" in text.stdout
    assert shutil.which("nft"), "tools/packages.txt lists it"
