"""`diagnose --local --via user@host`: what another machine sees, through its real sshd."""

import json
import pathlib
import shutil
import subprocess
import time

import pytest

import layer
import run as runner
from conftest import listener
from spaces import MACHINE4, MACHINE6, SOURCES4

PORT = 22022
SSHD = """Port %(port)d
ListenAddress 0.0.0.0
HostKey %(dir)s/host
PidFile none
AuthorizedKeysFile %(dir)s/authorized
StrictModes no
UsePAM no
PasswordAuthentication no
PermitRootLogin prohibit-password
AllowTcpForwarding %(forwarding)s
"""
# For the program's own ssh: what an administrator has in ~/.ssh/config.
CLIENT = """Host helper
    HostName %(host)s
    Port %(port)d
    User root
    IdentityFile %(dir)s/user
    UserKnownHostsFile %(dir)s/known
    StrictHostKeyChecking yes
"""
BANNER = "SSH-2.0-something\r\n"


class Helper:
    """sshd on the other machine, from the room's layer; ends with its room."""

    def __init__(self, space, folder, forwarding="yes"):
        self.space, self.folder = space, folder
        values = {"dir": folder, "port": PORT, "host": SOURCES4[0], "forwarding": forwarding}
        layer.make()
        for name in ("host", "user"):
            subprocess.run(layer.command((), "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f",
                                         "%s/%s" % (folder, name), binds=(str(folder),)), check=True)
        (folder / "authorized").write_text((folder / "user.pub").read_text())
        key = " ".join((folder / "host.pub").read_text().split()[:2])
        (folder / "known").write_text("[%s]:%d %s\n" % (SOURCES4[0], PORT, key))
        (folder / "sshd").write_text(SSHD % values)
        (folder / "client").write_text(CLIENT % values)
        self.process = subprocess.Popen(layer.command(
            space.without, "sh", "-c", "mkdir -p /run/sshd && exec /usr/sbin/sshd -D -e -f %s/sshd" % folder,
            binds=(str(folder),)), stdin=subprocess.DEVNULL, stderr=(folder / "log").open("w"))
        space.processes.append(self.process)
        for _ in range(200):
            if space.connect([(SOURCES4[0], SOURCES4[0], PORT)]) == ["open"]:
                return
            assert self.process.poll() is None, (folder / "log").read_text()
            time.sleep(0.1)
        raise AssertionError("sshd does not listen: " + (folder / "log").read_text())

    def look(self, *words, via="helper"):
        """The program runs in the layer, where ssh is, with the client's configuration in place."""
        script = 'cp %s/client /etc/ssh/ssh_config && exec "$@"' % self.folder
        done = subprocess.run(layer.command(self.space.inside, "sh", "-c", script, "sh", runner.TLSWRIGHT,
                                            "diagnose", "--local", "--via", via, *words,
                                            binds=(str(self.folder),)),
                              capture_output=True, text=True, stdin=subprocess.DEVNULL)
        assert "Sanitizer" not in done.stderr, done.stderr
        return done


def outside(told, port):
    return {row["address"]: row["state"] for row in listener(told, port)["outside"]}


def test_via(space, serve, tmp_path):
    _, rows = serve(*({"address": a, "say": BANNER} for a in
                      ("0.0.0.0", "0.0.0.0", "0.0.0.0", "127.0.0.1", "::", "0.0.0.0")))
    a, b, c, d, e, f = (row["port"] for row in rows)
    space.nft("table inet filter {~ chain input {~ type filter hook input priority 0; policy accept; "
              "iif lo accept; tcp dport %d drop; tcp dport %d reject with tcp reset; "
              "ip saddr %s tcp dport %d drop~ }~ }" % (b, c, SOURCES4[0], f))
    helper = Helper(space, tmp_path)
    done = helper.look("--json", "--timeout", "2s")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["via"] == "helper"
    four, six = "%s:%d", "[%s]:%d"
    assert outside(told, a) == {four % (MACHINE4, a): "open"}
    assert outside(told, b) == {four % (MACHINE4, b): "silent"}
    assert outside(told, c) == {four % (MACHINE4, c): "refused"}
    assert outside(told, d) == {}                       # nobody outside is asked for a loopback
    assert outside(told, e) == {four % (MACHINE4, e): "open", six % (MACHINE6, e): "open"}
    assert outside(told, f) == {four % (MACHINE4, f): "silent"}
    # The same from the listener's own firewall: what it says of that source is what was seen.
    text = " ".join(helper.look("--timeout", "2s").stdout.split())
    assert "From outside %s: open" % (four % (MACHINE4, a)) in text, text


def test_something_between(space, serve, tmp_path):
    """A firewall on the way, not here: the one here lets everybody in, and that is said."""
    _, rows = serve({"address": "0.0.0.0", "say": BANNER})
    port = rows[0]["port"]
    subprocess.run([*space.without, "nft", "-f", "-"], check=True, text=True,
                   input="table inet between {\n chain out {\n type filter hook output priority 0; "
                         "tcp dport %d drop\n }\n }\n" % port)
    told = json.loads(Helper(space, tmp_path).look("--json", "--timeout", "2s").stdout)
    row = listener(told, port)["outside"][0]
    assert row["state"] == "silent" and "something between" in row["detail"], row


def test_named_from_outside(space, serve, tmp_path):
    """NAME: how the world calls this machine. A name that leads elsewhere is seen as elsewhere."""
    _, rows = serve({"address": "0.0.0.0", "say": BANNER})
    helper = Helper(space, tmp_path)
    told = json.loads(helper.look("--json", "--timeout", "2s", MACHINE4).stdout)
    assert outside(told, rows[0]["port"]) == {"%s:%d" % (MACHINE4, rows[0]["port"]): "open"}
    told = json.loads(helper.look("--json", "--timeout", "2s", "127.0.0.1").stdout)
    assert outside(told, rows[0]["port"]) == {"127.0.0.1:%d" % rows[0]["port"]: "refused"}


def test_forwarding_is_forbidden(space, serve, tmp_path):
    _, rows = serve({"address": "0.0.0.0", "say": BANNER})
    told = json.loads(Helper(space, tmp_path, forwarding="no").look("--json", "--timeout", "2s").stdout)
    row = listener(told, rows[0]["port"])["outside"][0]
    assert row["state"] == "unknown" and "forwards no TCP" in row["detail"], row


def test_cannot_log_in(space, serve, tmp_path):
    serve({"address": "0.0.0.0", "say": BANNER})
    helper = Helper(space, tmp_path)
    (tmp_path / "authorized").write_text("")
    done = helper.look()
    assert done.returncode == 2 and "Permission denied" in done.stderr, done
    assert "must log in by itself" in done.stderr and not done.stdout
    (tmp_path / "known").write_text("")
    done = helper.look()
    assert done.returncode == 2 and "Host key verification failed" in done.stderr, done


@pytest.mark.parametrize("via", ["-oProxyCommand=touch /tmp/x", "a b", "a;b", "$(id)", ""])
def test_hostile_words(space, via):
    result = runner.run("diagnose", "--local", "--via=" + via, prefix=space.inside)
    assert result.code == 2 and "as ssh takes it" in result.stderr, result


def test_via_alone(space):
    result = runner.run("diagnose", "--via", "helper")
    assert result.code == 2 and "--local" in result.stderr, result
    assert shutil.which("ip") and pathlib.Path(layer.ROOM).exists()
