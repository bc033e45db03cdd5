"""Where no version is said, `config` asks the server installed here: each in its room."""
import os
import subprocess

import pytest

from rooms import ROOM, rows, upstream
from run import TLSWRIGHT, run

ROWS, _ = rows()
ASKED = {o["name"] for o in run("config", "--list", "--json").objects if o["asked"]}


def work(world, layer):
    """The first line of what is printed for each server of that layer: one room for all of them."""
    program = os.path.abspath(TLSWRIGHT)
    names = sorted({row.target for row in ROWS.values() if row.layer == layer} & ASKED)
    script = 'program=$1; shift; for name; do "$program" config "$name" 2>/dev/null | head -n 1; done'
    out = subprocess.run([*world.root, ROOM, "run", "--layer", layer, "--bind",
                          "%s:%s" % (os.path.dirname(program), os.path.dirname(program)),
                          "sh", "-c", script, "sh", program, *names], stdin=subprocess.DEVNULL,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True).stdout
    return names, out.splitlines(), world.versions(layer)


@pytest.mark.parametrize("layer", sorted({row.layer for row in ROWS.values() if row.target in ASKED}))
def test_installed(ahead, request, layer):
    names, lines, versions = ahead(request.node)
    packages = {row.target: row.package for row in ROWS.values()}
    assert len(lines) == len(names), lines
    for name, line in zip(names, lines):
        version = upstream(versions[packages[name]])
        assert " %s," % version in line or " %s;" % version in line, (name, version, line)
        assert "OpenSSL" not in line or "OpenSSL %s;" % upstream(versions["openssl"]) in line, line


test_installed.work = work
