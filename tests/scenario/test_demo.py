"""`make run` without a target: the demo's three servers, audited, are what it
says they are, and nothing is left behind."""

import os
import pathlib
import signal
import subprocess
import time

import pytest

import run as runner

DEMO = pathlib.Path(runner.TLSWRIGHT).with_name("tlswright-demo")


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    result = runner.run("--json", "--timeout", "5s", binary=DEMO, env={"TMPDIR": str(folder)},
                        verb=runner.TLSWRIGHT)
    assert list(folder.iterdir()) == [], "something was left behind"
    for o in result.objects:
        runner.check_object(o)
    runner.check_exit(result)
    return result, {o["target"].split(":")[0]: o for o in result.objects}


def ids(o):
    return {finding["id"] for finding in o["findings"]}


def test_good(demo):
    o = demo[1]["https"]
    assert o["verdict"] == "pass", demo[0]
    assert o["protocols"]["TLSv1.3"] == o["protocols"]["TLSv1.2"] == "yes"
    assert o["protocols"]["TLSv1.1"] == "no" and o["certificates"][0]["trusted"] == "yes"
    assert o["certificates"][0]["matches_host"] == "yes"
    severities = {f["severity"] for f in o["findings"]}
    assert severities <= {"info", "low"}, o["findings"]


def test_weak(demo):
    o = demo[1]["submission"]
    assert o["verdict"] == "fail" and o["mode"] == "explicit", demo[0]
    assert ids(o) >= {"tls10-offered", "tls11-offered", "certificate-expired", "weak-key",
                      "static-rsa-suite", "cbc-sha1-suite", "tls13-missing", "name-mismatch"}, ids(o)


def test_broken(demo):
    o = demo[1]["imap"]
    assert o["reach"]["tls"] == "stripped" and o["verdict"] == "fail", demo[0]
    assert "starttls-stripped" in ids(o), ids(o)


def test_status_and_text():
    result = runner.run(binary=DEMO, verb=runner.TLSWRIGHT)
    assert result.code == 1 and "starttls-stripped" in result.stdout, result
    assert "good:" in result.stderr and "weak:" in result.stderr and "broken:" in result.stderr, result


def test_interrupted_leaves_nothing(tmp_path):
    """Ctrl-C in the middle: the audit ends, the folder goes."""
    slow, folder = tmp_path / "slow", tmp_path / "tmp"
    slow.write_text("#!/bin/sh\nexec sleep 30\n")
    slow.chmod(0o755)
    folder.mkdir()
    process = subprocess.Popen([DEMO, slow], env={**os.environ, "TMPDIR": str(folder)},
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    for line in process.stderr:         # the command line is said just before it is run
        if line.startswith(b"$"):
            break
    assert list(folder.iterdir())
    time.sleep(0.3)
    process.send_signal(signal.SIGTERM)
    process.stderr.read()
    process.wait(10)
    assert list(folder.iterdir()) == []


def test_usage():
    done = subprocess.run([DEMO], capture_output=True)
    assert done.returncode == 2 and b"usage" in done.stderr
