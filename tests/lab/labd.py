#!/usr/bin/python3
"""Runs inside the room: starts the lab's servers, says when they listen, answers questions, ends them all.

labd.py DIRECTORY SERVERS [SERVER…]; started by lab.py. SERVERS is the file that has them, from here, as daemons.py.
One JSON object a line on standard output:
first {"ready": endpoints}, then the answer to each line read. When standard input ends, so does everything.
A question is {"run": [argv…], "input": text, "timeout": s}, or a list of those, answered in order, run side by side.
"""
import concurrent.futures
import ctypes
import importlib.util
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.dirname(HERE)]
import authority  # noqa: E402
import ports  # noqa: E402
from daemons import Setup  # noqa: E402

PR_SET_CHILD_SUBREAPER = 36
reservations = []


def take_port():
    """A port that is free now, below the kernel's own range, and reserved from other labs while this one lives."""
    for _ in range(1000):
        port = ports.below_the_kernels_own()
        mark = socket.socket(socket.AF_UNIX)
        try:
            mark.bind("\0tlswright-lab-%d" % port)
            for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
                with socket.socket(family) as s:
                    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    s.bind((address, port))
        except OSError:
            mark.close()
            continue
        reservations.append(mark)
        return port
    raise SystemExit("labd: no free port found")


def load(path):
    spec = importlib.util.spec_from_file_location("servers", os.path.join(HERE, path))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def start(name, make, directory):
    setup = Setup(name, directory, take_port)
    argv = make(setup)
    log = open(os.path.join(directory, name + ".log"), "ab")
    process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=setup.dir,
                               start_new_session=True)
    deadline = time.monotonic() + 60
    for endpoint in setup.endpoints:
        while True:
            try:
                socket.create_connection(("127.0.0.1", endpoint["port"]), 5).close()
                break
            except OSError:
                if process.poll() is not None or time.monotonic() > deadline:
                    with open(log.name, encoding="utf-8", errors="replace") as f:
                        raise RuntimeError("%s does not listen on %d: status %s\n%s" % (
                            name, endpoint["port"], process.poll(), f.read()[-3000:])) from None
                time.sleep(0.05)
    return process, setup.endpoints


def run(question):
    try:
        done = subprocess.run(question["run"], input=question.get("input", ""), capture_output=True, text=True,
                              errors="replace", timeout=question.get("timeout", 20), env=dict(os.environ, **question.get("env", {})))
        return {"status": done.returncode, "out": done.stdout, "err": done.stderr}
    except subprocess.TimeoutExpired:
        return {"status": None, "out": "", "err": "timeout"}
    except OSError as e:
        return {"status": None, "out": "", "err": str(e)}


def say(answer):
    print(json.dumps(answer), flush=True)


def end(directory):
    """Every process below this one: servers that forked away were handed to us (subreaper)."""
    me = os.getpid()
    for _ in range(50):
        below = {me}
        parents = {}
        for entry in os.listdir("/proc"):
            if entry.isdigit():
                try:
                    with open("/proc/%s/stat" % entry, encoding="utf-8", errors="replace") as f:
                        parents[int(entry)] = int(f.read().rsplit(")", 1)[1].split()[1])
                except OSError:
                    pass
        grew = True
        while grew:
            more = {p for p, parent in parents.items() if parent in below} - below
            grew = bool(more)
            below |= more
        for pid in below - {me}:
            try:
                os.kill(pid, signal.SIGKILL)
            except OSError:
                pass
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            break
        time.sleep(0.02)
    for entry in os.listdir(directory):
        path = os.path.join(directory, entry)
        shutil.rmtree(path, ignore_errors=True) if os.path.isdir(path) else os.unlink(path)


def watch(directory):
    """Nobody holds the other end of our input any more: the end, whatever we are doing."""
    poll = select.poll()
    poll.register(0, select.POLLHUP)
    while not any(event & (select.POLLHUP | select.POLLERR) for _, event in poll.poll()):
        time.sleep(0.1)  # there is something to read, which is not for us
    end(directory)
    os._exit(0)


def main():
    directory, servers = sys.argv[1], load(sys.argv[2])
    names = sys.argv[3:] or list(servers.SERVERS)
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the one who started us ends us, by closing our input
    os.umask(0o022)
    watcher = threading.Thread(target=watch, args=[directory])
    watcher.start()
    try:
        authority.make(os.path.join(directory, "pki"), servers.SERVERS, getattr(servers, "CERTIFICATES", None))
        getattr(servers, "prepare", lambda _: None)(directory)
        with concurrent.futures.ThreadPoolExecutor(3) as pool:
            started = list(pool.map(lambda name: start(name, servers.SERVERS[name], directory), names))
        getattr(servers, "finish", lambda _: None)(directory)
        say({"ready": [endpoint for _, endpoints in started for endpoint in endpoints]})
        with concurrent.futures.ThreadPoolExecutor(12) as pool:
            for line in sys.stdin:
                question = json.loads(line)
                say(list(pool.map(run, question)) if isinstance(question, list) else run(question))
    except RuntimeError as e:
        say({"failed": str(e)})
    watcher.join()


main()
