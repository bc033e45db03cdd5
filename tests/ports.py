"""Ports that are free now and that the registry does not know. A bare HOST:PORT is read with
src/data/ports.def, so a server on a number of it by chance would be taken for what usually
lives there. Called by tests/scenario, tests/lab and bench, whatever picks a port."""
import pathlib
import random
import re
import socket

_DEF = pathlib.Path(__file__).resolve().parent.parent / "src" / "data" / "ports.def"
KNOWN = frozenset(map(int, re.findall(r"^P\((\d+),", _DEF.read_text(encoding="utf-8"), re.M)))


def bound(family, address):
    """A TCP socket bound to a free port of address that the registry does not know."""
    passed = []         # kept until the end, so that the kernel gives another
    try:
        while True:
            sock = socket.socket(family, socket.SOCK_STREAM)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind((address, 0))
            if sock.getsockname()[1] not in KNOWN:
                return sock
            passed.append(sock)
    finally:
        for sock in passed:
            sock.close()


def free(address="127.0.0.1"):
    """The number of such a port: free a moment ago."""
    with bound(socket.AF_INET6 if ":" in address else socket.AF_INET, address) as sock:
        return sock.getsockname()[1]


def below_the_kernels_own():
    """A number below those the kernel gives out by itself; whether it is free must be tried."""
    while True:
        port = random.SystemRandom().randint(10000, 30000)
        if port not in KNOWN:
            return port
