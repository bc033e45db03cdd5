"""The gateway is changed and upgraded under load, and nothing is lost; who dies is replaced."""

import os
import re
import signal
import subprocess
import time

import pytest

import load
from test_serve import Backend, Echo, certificate, children, gateway, implicit  # noqa: F401 (a fixture)


def wait(g, wanted, limit=60):
    """Until the gateway says so; how often it did."""
    end = time.monotonic() + limit
    while time.monotonic() < end:
        if found := len(re.findall(wanted, g.words())):
            return found
        time.sleep(0.02)
    raise AssertionError("it does not say %s: %s" % (wanted, g.words()))


FREE = "limit free { handshakes_per_address = none handshakes_per_network = none connections_per_address = 0 }\n"


def reload(g):
    before = g.words().count("the configuration is loaded")
    g.process.send_signal(signal.SIGHUP)
    end = time.monotonic() + 60
    while g.words().count("the configuration is loaded") == before:
        assert time.monotonic() < end, g.words()
        time.sleep(0.01)


@pytest.mark.parametrize("keys", ["process", "inline"])
def test_many_reloads_under_load(gateway, tmp_path, keys):
    g = gateway("keys = %s\n" % keys + FREE + implicit(Backend(Echo), listen="limit = free"), "web")
    clients = load.Load(g.ports["web"])
    try:
        for _ in range(20):
            certificate(tmp_path, "gate.example")
            clients.stay()          # one of each generation stays
            reload(g)
        clients.await_good(5)
        # The workers are the same ones; a worker and a key process, and no more of them.
        end = time.monotonic() + 30
        while len(children(g)) > (2 if keys == "process" else 1):
            assert time.monotonic() < end, children(g)
            time.sleep(0.05)
        assert clients.check_staying() == 0
    finally:
        clients.stop()
    assert clients.failures == [] and len(clients.seen) > 5 and clients.good > 20


def test_a_wrong_pair_changes_nothing(gateway, tmp_path):
    g = gateway(FREE + implicit(Backend(Echo), listen="limit = free"), "web")
    pem = tmp_path / "gate.example.pem"
    old = pem.read_text()
    other, _ = certificate(tmp_path, "other.example")
    pem.write_text(other.read_text())
    g.process.send_signal(signal.SIGHUP)
    wait(g, r"gate.conf:2: .*the key in .* is not that of")
    wait(g, "the configuration is not changed")
    os.kill(children(g)[0], signal.SIGKILL)     # who takes its place has the old one, too
    with load.connect(g.ports["web"]) as s:
        load.echo(s, b"x")
    pem.write_text(old)


def test_a_renewed_certificate_is_served_by_itself(gateway, tmp_path):
    g = gateway(FREE + implicit(Backend(Echo), listen="limit = free"), "web")
    with load.connect(g.ports["web"]) as s:
        before = s.getpeercert(True)
    certificate(tmp_path, "gate.example")
    wait(g, "renewed certificates are served")
    with load.connect(g.ports["web"]) as s:
        assert s.getpeercert(True) != before


def test_who_dies_is_replaced_at_once(gateway):
    g = gateway("keys = process\n" + FREE + implicit(Backend(Echo), listen="limit = free"), "web")
    for pid in children(g):
        before = set(children(g))
        os.kill(pid, signal.SIGKILL)
        end = time.monotonic() + 20
        while not set(children(g)) - before:
            assert time.monotonic() < end, g.words()
        with load.connect(g.ports["web"]) as s:
            load.echo(s, b"x")


def test_another_program_takes_over(gateway):
    g = gateway(FREE + implicit(Backend(Echo), listen="limit = free"), "web")
    clients = load.Load(g.ports["web"])
    try:
        clients.stay()
        clients.await_good(5)
        with load.connect(g.ports["web"]) as s:
            load.echo(s, b"x")
            ticket = s.session
        old = set(children(g))
        g.process.send_signal(signal.SIGUSR2)
        wait(g, "another program has taken over")
        clients.await_good(20)
        assert clients.check_staying() == 0
        with load.connect(g.ports["web"], session=ticket) as s:
            load.echo(s, b"x")
        new = [pid for pid in children(g) if pid not in old]
        assert new, g.words()
    finally:
        clients.stop()
    assert clients.failures == []
    assert g.process.wait(60) == 0, g.words()      # with its last connection
    with load.connect(g.ports["web"]) as s:
        load.echo(s, b"x")
    for pid in new:
        os.kill(pid, signal.SIGINT)
    end = time.monotonic() + 30
    while any(os.path.exists("/proc/%d" % pid) for pid in new) and time.monotonic() < end:
        time.sleep(0.05)
    g.close = lambda: None


@pytest.mark.skipif(subprocess.run(["which", "systemd-analyze"], capture_output=True).returncode != 0,
                    reason="no systemd here")
def test_the_unit_is_one(tmp_path):
    source = os.path.join(os.path.dirname(__file__), "../../systemd/tlswright.service.in")
    unit = tmp_path / "tlswright.service"
    with open(source) as f:
        unit.write_text(f.read().replace("@bindir@/tlswright", "/bin/true"))
    out = subprocess.run(["systemd-analyze", "verify", "--man=no", str(unit)], capture_output=True, text=True)
    assert "tlswright.service" not in out.stderr, out.stderr
