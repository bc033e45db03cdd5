"""Reaching: closed, filtered, unreachable, unresolved; IPv6 alone; through a
proxy. Packets are dropped in a network namespace of the test's own."""

import contextlib

import pytest

import run as runner
from scenario import GOOD, agrees_with
from servers import talk, tls
from servers.netns import namespace
from servers.tcp import Server, dark_port


@contextlib.contextmanager
def good_server(pki, address="127.0.0.1", **more):
    t = tls.ScriptedTls(identities=pki.identities, **GOOD)
    with Server(tls.serve(t), address, **more) as server:
        server.scripted = t
        yield server


def unaudited(result, tcp, detail=()):
    """An endpoint that was not reached: its object, no verdict, nothing said to be absent."""
    o = result.json
    assert o["reach"]["tcp"] == tcp, result
    assert o["reach"]["tls"] in (None, "closed", "silent"), result
    assert o["verdict"] == "unknown" and result.code == 3 and o["error"], result
    assert "no" not in o["protocols"].values(), result
    assert not detail or any(d in (o["reach"]["detail"] or "").lower() for d in detail), result
    assert result.seconds < 15
    return o


def test_closed():
    unaudited(runner.audit("--timeout", "5s", f"tls://127.0.0.1:{dark_port()}"), "closed")


def test_closed_bare_port():
    unaudited(runner.audit("--timeout", "5s", f"127.0.0.1:{dark_port()}"), "closed")


def test_unresolved():
    o = unaudited(runner.audit("--timeout", "5s", "https://no-such-host.invalid"), "unresolved")
    assert o["address"] is None and o["addresses"] == [], o


@pytest.mark.parametrize("rule,tcp", [
    ("tcp dport 4443 drop", "filtered"),
    ("tcp dport 4443 reject with tcp reset", "closed"),
    ("tcp dport 4443 reject with icmpx type admin-prohibited", {"unreachable", "filtered"}),
    ("tcp dport 4443 reject with icmpx type host-unreachable", "unreachable"),
], ids=["drop", "tcp-reset", "prohibited", "host-unreachable"])
def test_firewall(rule, tcp):
    with namespace() as space:
        space.nft(rule)
        result = runner.audit("--timeout", "3s", "tls://127.0.0.1:4443",
                              prefix=space.prefix)
    word = result.json["reach"]["tcp"]
    assert word in tcp if isinstance(tcp, set) else word == tcp, result
    unaudited(result, word)


def test_no_route():
    with namespace() as space:
        result = runner.audit("--timeout", "3s", "tls://192.0.2.1:443",
                              prefix=space.prefix)
    unaudited(result, "unreachable")


def test_dropped_after_some_connections(pki):
    """A firewall that begins to drop half-way: could not test, never "no"."""
    with namespace() as space:
        space.nft("tcp dport 4443 ct state new limit rate over 1/hour burst 4 packets drop")
        with good_server(pki, port=4443, netns=space.name):
            result = runner.audit("--timeout", "2s", "--ca", pki.ca_file, "tls://127.0.0.1:4443",
                                  prefix=space.prefix)
    o = result.json
    assert o["reach"]["tls"] == "tls" and o["protocols"]["TLSv1.2"] == "yes", result
    rows = [r for r in o["untested"] if r["state"] == "could-not-test"]
    assert rows and all(r["reason"] for r in rows), result


def test_ipv6_only(pki):
    with good_server(pki, "::1") as server:
        result = runner.audit("--ca", pki.ca_file, "--timeout", "5s", f"tls://{server.target}")
        agrees_with(server.scripted, result.json, repr(result))
    o = result.json
    assert o["address"] == "::1" and o["host"] == "::1" and o["verdict"] == "pass", result
    assert o["certificates"][0]["matches_host"] == "yes", result


def test_name_with_two_addresses_of_which_one_listens(pki):
    """localhost is ::1 and 127.0.0.1: what answers is examined, both are listed."""
    with good_server(pki) as server:
        result = runner.audit("--ca", pki.ca_file, "--timeout", "5s", f"tls://localhost:{server.port}")
    o = result.json
    assert o["address"] == "127.0.0.1" and o["sni"] == "localhost", result
    assert "127.0.0.1" in o["addresses"], o


def test_connect_and_sni(pki):
    """--connect goes to an address, the name stays."""
    with good_server(pki) as server:
        result = runner.audit("--ca", pki.ca_file, "--timeout", "5s", "--connect", "127.0.0.1",
                              f"tls://localhost:{server.port}")
        assert {h.sni for h in server.scripted.hellos} >= {"localhost"}
    assert result.json["address"] == "127.0.0.1" and result.json["reach"]["tls"] == "tls", result


def test_no_sni(pki):
    with good_server(pki) as server:
        result = runner.audit("--ca", pki.ca_file, "--timeout", "5s", "--no-sni",
                              f"tls://localhost:{server.port}")
        assert {h.sni for h in server.scripted.hellos} <= {None} or "localhost" not in {
            h.sni for h in server.scripted.hellos}
    assert result.json["sni"] is None, result


def test_proxy(pki):
    asked = []
    with good_server(pki) as server, Server(talk.connect_proxy(seen=asked)) as proxy:
        result = runner.audit("--ca", pki.ca_file, "--timeout", "5s", "--proxy", proxy.target,
                              f"tls://{server.target}")
        agrees_with(server.scripted, result.json, repr(result))
    assert set(asked) == {server.target}, asked
    assert result.json["verdict"] == "pass", result


def test_proxy_refuses(pki):
    with Server(talk.connect_proxy("403 Forbidden")) as proxy:
        result = runner.audit("--timeout", "5s", "--proxy", proxy.target, "tls://192.0.2.1:443")
    o = result.json
    assert o["reach"]["tls"] != "tls" and o["verdict"] == "unknown" and result.code == 3, result
    assert "proxy" in ((o["reach"]["detail"] or "") + (o["error"] or "")).lower(), result
    assert "403" in ((o["reach"]["detail"] or "") + (o["error"] or "")), result
    assert "no" not in o["protocols"].values(), result


@pytest.fixture
def both(pki):
    """A name with an address of each family, and a server on each."""
    with namespace("127.0.0.1 both.example\n::1 both.example\n") as space, \
            good_server(pki, port=8443, netns=space.name), \
            good_server(pki, "::1", port=8443, netns=space.name):
        yield space


def test_all_addresses(pki, both):
    """One object each."""
    result = runner.audit("--ca", pki.ca_file, "--timeout", "5s", "--all-addresses", "--sni", "localhost",
                          "tls://both.example:8443", prefix=both.prefix)
    assert {o["address"] for o in result.objects} == {"127.0.0.1", "::1"}, result
    assert all(o["verdict"] == "pass" for o in result.objects), result


@pytest.mark.parametrize("family,address", [("-4", "127.0.0.1"), ("-6", "::1")])
def test_one_family(pki, both, family, address):
    result = runner.audit("--ca", pki.ca_file, "--timeout", "5s", "--quick", family,
                          "tls://both.example:8443", prefix=both.prefix)
    assert result.json["address"] == address, result


def test_both_are_listed(pki, both):
    o = runner.audit("--ca", pki.ca_file, "--timeout", "5s", "--quick", "tls://both.example:8443",
                     prefix=both.prefix).json
    assert set(o["addresses"]) == {"127.0.0.1", "::1"} and o["address"] in o["addresses"], o


def test_network_with_dark_addresses(pki):
    """One address of four listens, on one port of those tried: one object."""
    t = tls.ScriptedTls(identities={"ECDSA": pki.ca.leaf(names=("127.0.77.2",))}, **GOOD)
    with namespace() as space, Server(tls.serve(t), "127.0.77.2", 8443, space.name):
        result = runner.audit("--ca", pki.ca_file, "--timeout", "5s", "127.0.77.0/30",
                              prefix=space.prefix)
    o = result.json
    assert (o["address"], o["port"], o["verdict"]) == ("127.0.77.2", 8443, "pass"), result


def test_bare_host(pki):
    """A host alone: the TLS ports that answer, and no object for those that do not."""
    with namespace() as space, good_server(pki, port=8443, netns=space.name), \
            good_server(pki, port=993, netns=space.name):
        result = runner.audit("--ca", pki.ca_file, "--timeout", "5s", "127.0.0.1",
                              prefix=space.prefix)
    assert sorted(o["port"] for o in result.objects) == [993, 8443], result


def test_host_of_which_no_port_answers():
    with namespace() as space:
        result = runner.audit("--timeout", "2s", "127.0.0.1", prefix=space.prefix)
    o = result.json
    assert o["port"] is None and o["verdict"] == "unknown" and result.code == 3, result


def test_many_targets_at_once(pki):
    """Sixty endpoints in one run, four at a time: sixty objects, whole and in one piece."""
    with contextlib.ExitStack() as stack:
        servers = [stack.enter_context(good_server(pki)) for _ in range(3)]
        targets = [f"tls://{server.target}" for server in servers] * 20
        result = runner.audit("--ca", pki.ca_file, "--timeout", "5s", "--quick", "--parallel", "4",
                              *targets)
    assert len(result.objects) >= 3 and result.code == 0, result
    assert {o["port"] for o in result.objects} == {server.port for server in servers}
