"""A command in the room's layer `local`, but in a test's network namespace."""

import os
import pathlib
import subprocess

import run as runner

ROOM = pathlib.Path(__file__).resolve().parents[1] / "room" / "room"


def command(prefix, *words, binds=(), env=()):
    build = os.path.dirname(os.path.abspath(runner.TLSWRIGHT))
    options = [w for d in (build, *binds) for w in ("--bind", "%s:%s" % (d, d))]
    options += [w for e in env for w in ("--env", e)]
    return [*prefix, str(ROOM), "run", "--layer", "local", "--cwd", "/", *options, *words]


def make():
    subprocess.run([str(ROOM), "make", "--layer", "local"], check=True, stdout=subprocess.DEVNULL)


def in_layer(space, *words, **kw):
    make()
    return subprocess.run(command(space.inside, *words, **kw), capture_output=True, text=True,
                          stdin=subprocess.DEVNULL)
