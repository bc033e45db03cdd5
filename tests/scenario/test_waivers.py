"""--waivers: a finding known and accepted is marked and passed over, until its day is over; a bad file is told by line."""

import json

import pytest

import run as runner
from scenario import GOOD
from servers import tls, wire
from servers.tcp import Server


@pytest.fixture(scope="module")
def stored(pki, tmp_path_factory):
    """The facts of a server with TLS 1.0, to be judged again and again."""
    old = tls.ScriptedTls(identities=pki.identities, versions=(wire.TLS10, wire.TLS12),
                          suites=GOOD["suites"] + ("ECDHE_RSA_WITH_AES_128_CBC_SHA",))
    path = tmp_path_factory.mktemp("waivers") / "facts.json"
    with Server(tls.serve(old)) as server:
        path.write_bytes(runner.run("audit", "--json", "--ca", pki.ca_file, f"tls://{server.target}").stdout_bytes)
    return path


def judged(stored, tmp_path, *lines, at="2026-11-25", fail_on="high", options=()):
    path = tmp_path / "waivers"
    path.write_text("# known\n\n" + "".join((x if isinstance(x, str) else json.dumps(x)) + "\n" for x in lines))
    return runner.run("audit", "--from", stored, "--waivers", path, "--at", at, "--fail-on", fail_on, *options)


def waiver(finding="tls10-offered", until="2027-06-30", reason="scanners", **more):
    return {"finding": finding, "until": until, "reason": reason, **more}


def found(result, name):
    (o,) = [f for f in result.json["findings"] if f["id"] == name]
    return o


def test_marked_and_passed_over(stored, tmp_path):
    result = judged(stored, tmp_path, waiver(network="10.1.2.0/24"), options=["--json"])
    assert found(result, "tls10-offered")["waiver"] == {"reason": "scanners", "until": "2027-06-30",
                                                        "network": "10.1.2.0/24"}
    assert found(result, "tls10-offered")["severity"] == "high"
    text = judged(stored, tmp_path, waiver())
    assert "Waived until 2027-06-30: scanners" in text.stdout and "1 of them waived" in text.stdout, text


def test_verdict_goes_by_what_is_left(stored, tmp_path):
    bare = runner.run("audit", "--from", stored, "--json", "--at", "2026-11-25")
    high = sorted({f["id"] for f in bare.json["findings"] if f["severity"] in ("high", "critical")})
    assert bare.code == 1 and "tls10-offered" in high
    assert judged(stored, tmp_path, *[waiver(i) for i in high]).code == 0
    assert judged(stored, tmp_path, *[waiver(i) for i in high if i != "tls10-offered"]).code == 1


def test_the_last_day_counts_and_the_next_does_not(stored, tmp_path):
    lines = [waiver(until="2026-12-31")]
    inside = judged(stored, tmp_path, *lines, at="2026-12-31T10:00:00Z", options=["--json"])
    assert found(inside, "tls10-offered")["waiver"] is not None
    after = judged(stored, tmp_path, *lines, at="2027-01-02", options=["--json"])
    assert found(after, "tls10-offered")["waiver"] is None
    expired = found(after, "waiver-expired")
    assert expired["severity"] == "medium" and expired["subject"] == "tls10-offered"
    assert "still there" in expired["evidence"]


@pytest.mark.parametrize("target, fits", [("*", True), ("127.0.0.1:*", True), ("127.0.0.1", True),
                                          ("TLS://127.*", True), ("mail.*", False), ("127.0.0.1:1", False),
                                          ("?27.0.0.1", True), ("", False)])
def test_targets(stored, tmp_path, target, fits):
    result = judged(stored, tmp_path, waiver(target=target), options=["--json"])
    assert (found(result, "tls10-offered")["waiver"] is not None) == fits, result


@pytest.mark.parametrize("line, words", [
    ("{", "not JSON"), ("[]", "finding"), (json.dumps({"finding": "tls10-offered"}), "reason"),
    (json.dumps(waiver("tls10-ofered")), "did you mean tls10-offered"),
    (json.dumps(waiver(until="tomorrow")), "2027-06-30"), (json.dumps(waiver(until="2027-02-30")), "2027-06-30"),
    (json.dumps(waiver(reason="")), "reason"), (json.dumps(waiver(targets="x")), "targets"),
])
def test_a_bad_line_is_told(stored, tmp_path, line, words):
    result = judged(stored, tmp_path, line)
    assert result.code == 2 and "line 3" in result.stderr and words in result.stderr, result
    assert result.stdout == ""


def test_no_such_file(stored):
    assert runner.run("audit", "--from", stored, "--waivers", "/nowhere/waivers").code == 2
