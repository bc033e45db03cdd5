"""What scenarios share: certificates made once, and a pool that runs all chosen
scenarios side by side while the tests take their results in order."""

import concurrent.futures
import os
import pathlib
import sys

import pytest

HERE = pathlib.Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from servers import pki as pki_module  # noqa: E402

WORKERS = int(os.environ.get("SCENARIO_WORKERS", "6"))


class Pki:
    def __init__(self, folder):
        self.ca = pki_module.Authority()
        self.ca_file = str(folder / "ca.pem")
        pathlib.Path(self.ca_file).write_bytes(self.ca.pem)
        self.rsa = self.ca.leaf(key=pki_module.rsa_key(2048))
        self.ecdsa = self.ca.leaf()
        self.identities = {"RSA": self.rsa, "ECDSA": self.ecdsa}
        self._kept = {}

    def make(self, name, maker):
        """One of a kind that few tests need, made once."""
        if name not in self._kept:
            self._kept[name] = maker(self.ca)
        return self._kept[name]


@pytest.fixture(scope="session")
def pki(tmp_path_factory):
    return Pki(tmp_path_factory.mktemp("pki"))


@pytest.fixture(scope="session")
def launched(request, pki, tmp_path_factory):
    """{scenario: future of its Outcome} of every scenario this session selected."""
    chosen = []
    for item in request.session.items:
        scenario = getattr(item, "callspec", None) and item.callspec.params.get("scenario")
        if scenario is not None and scenario not in chosen:
            chosen.append(scenario)
    folder = tmp_path_factory.mktemp("scenarios")
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        chosen.sort(key=lambda s: not s.slow)       # the slow ones first
        yield {s: pool.submit(s.play, pki, folder) for s in chosen}
        pool.shutdown(cancel_futures=True)
