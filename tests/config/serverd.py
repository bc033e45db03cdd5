#!/usr/bin/python3
"""Runs inside a room of its own: writes one server's files, has it check them, starts it, says when it listens.

serverd.py DIRECTORY FILE HOST ADDRESS PORT…; started by rooms.py. FILE is of servers/. One JSON object on standard output:
{"ready": true} or {"failed": why}. When standard input ends, the room ends, and all in it.
"""
import importlib.util
import json
import os
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from server import Server  # noqa: E402

PATIENCE_S = 240    # Java and Erlang on a busy machine


def load(path):
    spec = importlib.util.spec_from_file_location("server_file", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def tail(path):
    with open(path, encoding="utf-8", errors="replace") as f:
        return f.read()[-4000:]


def listens(address, port):
    try:
        socket.create_connection((address, port), 5).close()
        return True
    except OSError:
        return False


def start(module, server, address, ports):
    argv = module.start(server)
    log = server.path("log")
    with open(log, "ab") as out:
        process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd=server.dir,
                                   start_new_session=True)
    deadline = time.monotonic() + PATIENCE_S
    for port in ports:
        while not listens(address, port):
            # Some put themselves into the background, with status 0.
            if process.poll() or time.monotonic() > deadline:
                raise RuntimeError("%s does not listen on %d: status %s\n%s" % (
                    " ".join(argv), port, process.poll(), tail(log)))
            time.sleep(0.05)


def main():
    directory, path, host, address = sys.argv[1:5]
    name = os.path.splitext(os.path.basename(path))[0]
    os.umask(0o022)
    os.environ["JDK_JAVA_OPTIONS"] = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"    # they live for seconds
    try:
        module = load(path)
        server = Server(name, directory, host)
        start(module, server, address, [int(port) for port in sys.argv[5:]])
        if hasattr(module, "ask"):
            module.ask(server)
        answer = {"ready": True}
    except (RuntimeError, OSError, subprocess.SubprocessError) as e:
        answer = {"failed": "%s: %s" % (type(e).__name__, e)}
    print(json.dumps(answer), flush=True)
    sys.stdin.read()


main()
