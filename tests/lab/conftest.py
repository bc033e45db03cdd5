"""What the lab's tests share: one lab for all of them, the truth about each endpoint, and each audit made once."""
import os
import pathlib
import signal
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "scenario"), str(HERE.parent)]

from lab import Lab  # noqa: E402
from run import audit  # noqa: E402
from truth import Truth  # noqa: E402


@pytest.fixture(scope="session")
def lab():
    # Ended by a signal or not: the servers go with us, and so does their folder.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if os.geteuid() != 0 and not Lab.may_enter():
        pytest.skip("entering the lab's room needs root or sudo, and this user has neither")
    with Lab() as running:
        yield running


@pytest.fixture(scope="session")
def truth(lab):
    """truth(name): the Truth of that endpoint."""
    known = {}

    def of(name):
        if name not in known:
            known[name] = Truth(lab.ask, lab.endpoints[name], lab.ca)
        return known[name]
    return of


@pytest.fixture(scope="session")
def audited(lab):
    """audited(name, bare): the one JSON object of that endpoint, by scheme or by bare host:port."""
    known = {}

    def of(name, bare=False):
        if (name, bare) not in known:
            e = lab.endpoints[name]
            target = "%s:%d" % (e["host"], e["port"])
            if not bare:
                target = "%s://%s" % (e["scheme"], target)
            known[name, bare] = audit(target, "--connect", "127.0.0.1", "--ca", lab.ca)
        return known[name, bare].json
    return of
