"""What the tests of `config` share: the world, and the servers started ahead, a few side by side."""
import concurrent.futures
import os
import pathlib
import signal
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from rooms import Refused, World  # noqa: E402
from lab import Lab  # noqa: E402

SIDE_BY_SIDE = 3    # starting is mostly waiting


@pytest.fixture(scope="session")
def world():
    # Ended by a signal or not: the servers go with us, and so does their folder.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if os.geteuid() != 0 and not Lab.may_enter():
        pytest.skip("entering the servers' rooms needs root or sudo, and this user has neither")
    made = World()
    yield made
    made.close()


@pytest.fixture(scope="session")
def ahead(request, world):
    """ahead(test): what test.work(world, *parameters) returns, begun for all tests that were chosen at once."""
    with concurrent.futures.ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        begun = {}
        for item in request.session.items:
            work = getattr(item.function, "work", None)
            if work is not None:
                begun[item.nodeid] = pool.submit(work, world, **item.callspec.params)

        def result(node):
            failure = begun[node.nodeid].exception()
            if isinstance(failure, Refused):
                pytest.fail(str(failure), pytrace=False)
            return begun[node.nodeid].result()
        yield result
        pool.shutdown(cancel_futures=True)
