"""Two machines made of network namespaces and a cable between them: `machine`, whose listeners
and firewall are looked at, and `outside`, which knows by real connections what is open."""

import concurrent.futures
import contextlib
import json
import os
import socket
import subprocess
import sys

import pytest

# Documentation's addresses (RFC 5737, RFC 3849) stand for the Internet's.
MACHINE4, MACHINE6 = "203.0.113.1", "2001:db8:1::1"
SOURCES4 = ["203.0.113.2", "203.0.113.66", "10.1.2.3", "192.168.7.7"]
SOURCES6 = ["2001:db8:1::2", "2001:db8:1:0:ffff::2", "fd12:3456::7"]

CONNECT = """
import json, socket, sys
out = []
for source, address, port in json.load(sys.stdin):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    s = socket.socket(family, socket.SOCK_STREAM)
    s.settimeout(1)
    try:
        s.bind((source, 0))
        s.connect((address, port))
        word = "open"
    except TimeoutError:
        word = "silent"
    except OSError as e:
        word = "refused"
    out.append(word)
    s.close()
json.dump(out, sys.stdout)
"""


def ip(*words):
    subprocess.run(["ip", *words], check=True)


class Spaces:
    def __init__(self, tag):
        self.machine, self.outside = "twm" + tag, "two" + tag
        self.inside = ("ip", "netns", "exec", self.machine)
        self.without = ("ip", "netns", "exec", self.outside)
        self.processes = []

    def add_address(self, space, device, address, length):
        ip("-n", space, "address", "add", "%s/%d" % (address, length), "dev", device,
           *(("nodad",) if ":" in address else ()))

    def wire(self):
        for space in (self.machine, self.outside):
            ip("-n", space, "link", "set", "lo", "up")
        ip("link", "add", "eth0", "netns", self.machine, "type", "veth", "peer", "name", "eth0",
           "netns", self.outside)
        for number, space in enumerate((self.machine, self.outside), 1):
            ip("-n", space, "link", "set", "eth0", "address", "02:00:00:00:00:%02d" % number)
            ip("-n", space, "link", "set", "eth0", "up")
        self.add_address(self.machine, "eth0", MACHINE4, 24)
        self.add_address(self.machine, "eth0", MACHINE6, 64)
        for source in SOURCES4:
            self.add_address(self.outside, "eth0", source, 24 if source.startswith("203.") else 32)
        for source in SOURCES6:
            self.add_address(self.outside, "eth0", source, 64 if source.startswith("2001") else 128)
        # Neighbours know each other: a rule set that drops their discovery tests nothing of ours.
        for space, number, addresses in ((self.machine, 2, SOURCES4 + SOURCES6),
                                         (self.outside, 1, [MACHINE4, MACHINE6])):
            for address in addresses:
                ip("-n", space, "neigh", "replace", address, "lladdr", "02:00:00:00:00:%02d" % number,
                   "dev", "eth0", "nud", "permanent")
        ip("-n", self.machine, "route", "add", "default", "via", SOURCES4[0])
        ip("-n", self.machine, "-6", "route", "add", "default", "via", SOURCES6[0])

    def nft(self, text, check=True):
        done = subprocess.run([*self.inside, "nft", "-f", "-"], input=text.replace("~", "\n"), text=True,
                              capture_output=True)
        if "Operation not" in done.stderr:      # supported, or permitted, here
            pytest.skip("no nftables: " + done.stderr.strip())
        assert not check or done.returncode == 0, done.stderr
        return done

    def start(self, program, *words, **kw):
        """A server in the machine, running until the end; the text of its first line."""
        p = subprocess.Popen([*self.inside, sys.executable, "-c", program, *words],
                             stdout=subprocess.PIPE, text=True, **kw)
        self.processes.append(p)
        line = p.stdout.readline()
        assert line, "the server did not start"
        return json.loads(line)

    def connect(self, questions):
        """[(source, address, port), …] to ["open", "silent", "refused", …]."""
        def ask(part):
            done = subprocess.run([*self.without, sys.executable, "-c", CONNECT],
                                  input=json.dumps(part), text=True, capture_output=True, check=True)
            return json.loads(done.stdout)
        parts = [questions[i::10] for i in range(10)]
        with concurrent.futures.ThreadPoolExecutor(10) as pool:
            answers = list(pool.map(ask, parts))
        return [answers[i % 10][i // 10] for i in range(len(questions))]

    def close(self):
        for p in self.processes:
            p.terminate()
        for p in self.processes:
            p.wait()
            if p.stdout:
                p.stdout.close()


@contextlib.contextmanager
def spaces():
    made = Spaces("%x%s" % (os.getpid(), os.urandom(2).hex()))
    for space in (made.machine, made.outside):
        done = subprocess.run(["ip", "netns", "add", space], capture_output=True)
        if done.returncode != 0:
            pytest.skip("no network namespace: " + done.stderr.decode().strip())
    try:
        made.wire()
        yield made
    finally:
        made.close()
        for space in (made.machine, made.outside):
            subprocess.run(["ip", "netns", "del", space], check=True)
