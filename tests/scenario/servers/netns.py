"""A network namespace of the test's own: loopback alone, its own firewall, gone
afterwards. It needs root; without, the test is skipped and says so."""

import contextlib
import os
import pathlib
import shutil
import subprocess

import pytest


class Namespace:
    def __init__(self, name):
        self.name = name
        self.prefix = ("ip", "netns", "exec", name)     # before a command run in it

    def nft(self, rule):
        """Adds one rule to what comes in."""
        text = ("table inet t {\n chain input {\n  type filter hook input priority 0;\n  "
                + rule + "\n }\n}\n")
        done = subprocess.run([*self.prefix, "nft", "-f", "-"], input=text.encode(),
                              capture_output=True)
        if b"Operation not" in done.stderr:             # supported, or permitted, here
            pytest.skip(f"no nftables: {done.stderr.decode().strip()}")
        assert done.returncode == 0, done.stderr.decode()


@contextlib.contextmanager
def namespace(hosts=None):
    """hosts: what /etc/hosts is inside; `ip netns exec` puts it there."""
    name = f"twtest-{os.getpid()}-{os.urandom(3).hex()}"
    made = subprocess.run(["ip", "netns", "add", name], capture_output=True)
    if made.returncode != 0:
        pytest.skip(f"no network namespace: {made.stderr.decode().strip()}")
    own = pathlib.Path("/etc/netns") / name
    try:
        subprocess.run(["ip", "-n", name, "link", "set", "lo", "up"], check=True)
        if hosts is not None:
            own.mkdir(parents=True)
            (own / "hosts").write_text(hosts)
        yield Namespace(name)
    finally:
        if hosts is not None:
            shutil.rmtree(own, ignore_errors=True)
            with contextlib.suppress(OSError):
                own.parent.rmdir()      # if it was ours alone
        subprocess.run(["ip", "netns", "del", name], check=True)
