"""What the stages share: certificates made once, and a pool that plays all chosen cases
side by side (most of a case is waiting) while the tests take their results in order."""

import concurrent.futures
import os
import pathlib
import signal
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "scenario"), str(HERE.parent)]

from cases import Pki  # noqa: E402

WORKERS = int(os.environ.get("DIAGNOSE_WORKERS", "8"))


@pytest.fixture(scope="session")
def pki(tmp_path_factory):
    made = Pki()
    made.ca_file = tmp_path_factory.mktemp("pki") / "ca.pem"
    made.ca_file.write_bytes(made.ca.pem)
    return made


@pytest.fixture(scope="session")
def played(request, pki):
    """played(case): what came of it; all cases that were chosen are played at once."""
    from play import play

    # Ended by a signal or not: the namespaces go with us.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    chosen = {item.callspec.params["case"] for item in request.session.items
              if "case" in getattr(getattr(item, "callspec", None), "params", {})}
    pool = concurrent.futures.ThreadPoolExecutor(WORKERS)
    coming = {case: pool.submit(play, case, pki) for case in sorted(chosen, key=lambda c: -c.limit)}
    yield lambda case: coming[case].result()
    pool.shutdown(wait=True, cancel_futures=True)
