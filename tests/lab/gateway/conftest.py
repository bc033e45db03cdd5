"""One world for all of these tests: the servers and the gateways before them, started once."""
import os
import pathlib
import signal
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parent.parent / "scenario")]

from gateways import World  # noqa: E402
from lab import Lab  # noqa: E402
from run import TLSWRIGHT  # noqa: E402

EXAMPLES = ("smtp", "submission", "imap", "pop3", "sieve", "lmtp", "postgres", "mysql", "ldap", "redis", "mqtt", "xmpp",
            "irc", "nntp", "https")


@pytest.fixture(scope="session")
def world():
    # Ended by a signal or not: the servers go with us, and so does their folder.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if os.geteuid() != 0 and not Lab.may_enter():
        pytest.skip("entering the lab's room needs root or sudo, and this user has neither")
    made = World(TLSWRIGHT, EXAMPLES)
    yield made
    made.close()
