"""How long it takes: a healthy host 40 ms away with its siblings; one of them filtered; the port itself."""

import os

import pytest

import run as runner
from cases import HOST, dropped, imap, imaps, smtp, smtps
from people import Tls, page, plain_page
from stage import SECOND4, THERE4, Stage

RELEASE = os.environ.get("TLSWRIGHT_RELEASE", runner.TLSWRIGHT)
ROUND_TRIP_MS = 40


class AtSecond:
    """A stage whose servers listen on the second address alone: the first is the relays'."""

    def __init__(self, stage):
        self.stage, self.ports = stage, []

    def serve(self, port, handler):
        self.ports.append(port)
        return self.stage.serve(port, handler, SECOND4)


def everything(s, pki):
    at = AtSecond(s)
    for port in (25, 587):
        smtp(at, pki, port=port)
    smtps(at, pki)
    imap(at, pki)
    imaps(at, pki)
    at.serve(443, Tls(pki.good, page()))
    at.serve(80, plain_page())
    s.far(at.ports, ROUND_TRIP_MS)


def elapsed(s, pki, target, code, *options):
    done = runner.run("diagnose", "--json", "--ca", pki.ca_file, *options, target, prefix=s.prefix, binary=RELEASE)
    assert done.code == code, done
    return done.json["elapsed_ms"], done


@pytest.mark.parametrize("port", [587, 465, 993, 143, 443])
def test_healthy_host_with_its_siblings(pki, port):
    with Stage() as s:
        everything(s, pki)
        best = min((elapsed(s, pki, f"{HOST}:{port}", 0) for _ in range(3)), key=lambda found: found[0])
        assert best[0] < 1500, best


def test_filtered_siblings_do_not_add_up(pki):
    """Three that are silent cost one time limit together, and where all else is well, less."""
    with Stage() as s:
        everything(s, pki)
        s.firewall(dropped("{ 25, 465 }"))
        took, done = elapsed(s, pki, HOST + ":587", 0, "--timeout", "5s")
        assert took < 5000 + 1500, done


def test_a_filtered_port_costs_its_time_limit(pki):
    with Stage() as s:
        everything(s, pki)
        s.firewall(dropped("{ 25, 465, 22 }", f"ip daddr {THERE4}"))
        took, done = elapsed(s, pki, HOST + ":465", 1, "--timeout", "3s")
        assert 2900 < took < 3000 + 1500 + 1000, done     # witnesses are asked a second later
