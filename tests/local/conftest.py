"""What the tests of `diagnose --local` and `config nftables` share: the two machines, and
servers in the one that is looked at."""

import json
import pathlib
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "scenario")]

import run as runner  # noqa: E402
from servers import pki as pki_module  # noqa: E402
from spaces import spaces  # noqa: E402

SERVER = (HERE / "server.py").read_text()


@pytest.fixture
def space():
    with spaces() as made:
        yield made


@pytest.fixture(scope="session")
def authority():
    return pki_module.Authority()


@pytest.fixture
def serve(space):
    """serve({"address": …, "say": …}, …) starts them in one process: (pid, rows with ports)."""
    def start(*rows, **kw):
        told = space.start(SERVER, json.dumps(rows), **kw)
        return told["pid"], told["rows"]
    return start


@pytest.fixture
def look(space):
    """look(…): the one JSON object of `diagnose --local --json` in the machine."""
    def run(*words, prefix=(), code=0, **kw):
        result = runner.run("diagnose", "--local", "--json", *words,
                            prefix=(*space.inside, *prefix), **kw)
        assert result.code == code, result
        return result.json
    return run


def listener(told, port, transport="tcp"):
    found = [l for l in told["listeners"] if l["port"] == port and l["transport"] == transport]
    assert len(found) == 1, (port, told["listeners"])
    return found[0]
