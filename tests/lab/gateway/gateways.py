"""The tests' side: a network with the servers of backends.py in it, and before each the gateway as docs/examples have it.

Nothing of the examples is changed but paths and the user. In the network, which is the test's own, every port is free:
gate.lab.test (192.0.2.1) is the gateway to an outsider (192.0.2.2), inner.lab.test (10.0.0.1) to somebody of the house
(10.0.0.2), machine.lab.test (127.0.0.1) to this machine itself.
"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import time

from lab import Lab

TREE = pathlib.Path(__file__).resolve().parents[3]
EXAMPLES = TREE / "docs" / "examples"
OUTSIDER, HOUSE = "192.0.2.2", "10.0.0.2"
NETWORK = "ip link set lo up" + "".join(
    " && ip address add %s/32 dev lo && ip address add %s/32 dev lo && "
    "ip route replace local %s/32 dev lo table local src %s" % (gate, who, gate, who)
    for gate, who in (("192.0.2.1", OUTSIDER), ("10.0.0.1", HOUSE))
) + " && ip address add 192.0.2.10/32 dev lo && ip address add 2001:db8::1/128 dev lo nodad"
PATIENCE_S = 60
# What an example tells in words alone.
MORE = {"mysql": """
backend by_tcp { address = {"127.0.0.1:13306"}  proxy_protocol = v2 }
listen by_tcp { service = mysql  mode = explicit  address = {"0.0.0.0:13307"}  certificate = main  backend = by_tcp }
"""}


class Done:
    """What a command in the room came to."""

    def __init__(self, answer):
        self.status, self.out, self.err = answer["status"], answer["out"], answer["err"]

    def __repr__(self):
        return "status %s\n%s\n%s" % (self.status, self.out[-3000:], self.err[-3000:])


class Gateway:
    """One `tlswright serve` with one example."""

    def __init__(self, world, example):
        self.world, self.name = world, example
        self.log = world.directory / (example + ".json")
        self.conf = world.directory / (example + ".conf")
        state = world.directory / (example + ".state")
        state.mkdir(mode=0o700)
        (state / "acme").mkdir(mode=0o755)
        shutil.chown(state, "nobody") if os.geteuid() == 0 else None
        pki = world.lab.directory + "/pki/"
        text = (EXAMPLES / (example + ".conf")).read_text()
        for path, here in (("/etc/tlswright/fullchain.pem", pki + "gate.pem"), ("/etc/tlswright/privkey.pem", pki + "gate.key"),
                           ("/etc/tlswright/our-ca.pem", pki + "ca.pem"), ("/var/lib/tlswright", str(state)),
                           ("/var/log/tlswright/access.json", str(self.log)),
                           ("/run/tlswright", str(state)), ("/run/mysqld/mysqld.sock", world.lab.directory + "/mariadb/sock"),
                           ("git.example.com", "git.lab.test"), ("user = tlswright", "user = nobody\nworkers = 1")):
            text = text.replace(path, here)
        text += MORE.get(example, "")
        self.conf.write_text(text)
        self.ports = {int(port) for port in re.findall(r'"(?:0\.0\.0\.0|192\.0\.2\.10):(\d+)"', text)}
        self.stderr = open(world.directory / (example + ".stderr"), "w+", encoding="utf-8")
        self.process = subprocess.Popen([*world.inside, world.program, "serve", "-c", str(self.conf)], stderr=self.stderr,
                                        stdin=subprocess.DEVNULL)

    def words(self):
        return (self.world.directory / (self.name + ".stderr")).read_text(encoding="utf-8", errors="replace")

    def lines(self, wanted):
        """The log's lines that fit, once there is one."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            lines = [json.loads(line) for line in self.log.read_text().splitlines()] if self.log.exists() else []
            found = [line for line in lines if wanted(line)]
            if found:
                return found
            time.sleep(0.05)
        raise AssertionError("no such line in the log of %s: %s" % (self.name, lines[-5:]))

    def close(self):
        """Ends it; what a sanitizer said is a failure."""
        if self.process.poll() is None:
            subprocess.run([*self.world.root, "kill", "-INT", str(self.pid())], check=False)
        try:
            status = self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = "killed"
        self.stderr.close()
        text = self.words()
        assert status == 0 and "Sanitizer" not in text and "runtime error" not in text, "%s: %s\n%s" % (
            self.name, status, text)

    def pid(self):
        """nsenter has become it; under sudo it is sudo's child."""
        pid = self.process.pid
        if self.world.root:
            pid = int(subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True,
                                     check=True).stdout.split()[0])
        return pid


class World:
    def __init__(self, program, examples):
        self.program = program
        self.root = [] if os.geteuid() == 0 else ["sudo", "-n"]
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="tlswright-gateway-", dir="/tmp"))
        self.directory.chmod(0o755)
        self.gateways = {}
        pid = self.directory / "pid"
        self.lab = Lab(servers="tests/lab/gateway/backends.py", room=["--layer", "more"], prefix=[
            *self.root, "unshare", "--net", "sh", "-c", NETWORK + ' && echo $$ >"$0" && exec "$@"', str(pid)])
        self.inside = [*self.root, "nsenter", "--net=/proc/%d/ns/net" % int(pid.read_text())]
        self.ca = self.lab.ca
        try:
            for example in examples:
                self.gateways[example] = Gateway(self, example)
            self.await_all()
        except BaseException:
            self.end()
            raise

    def await_all(self):
        missing = {port: g for g in self.gateways.values() for port in g.ports}
        deadline = time.monotonic() + PATIENCE_S
        while missing:
            out = subprocess.run([*self.inside, "ss", "-Hltn"], capture_output=True, text=True, check=True).stdout
            listening = {int(line.split()[3].rsplit(":", 1)[1]) for line in out.splitlines()}
            missing = {port: g for port, g in missing.items() if port not in listening}
            for port, g in missing.items():
                assert g.process.poll() is None and time.monotonic() < deadline, "%s does not listen on %d: %s" % (
                    g.name, port, g.words())
            time.sleep(0.05)

    def run(self, *argv, text="", timeout=30, env=None):
        """A command in the room, and in the network."""
        return Done(self.lab.ask({"run": list(argv), "input": text, "timeout": timeout, "env": env or {}}))

    def call(self, function, *arguments, timeout=30):
        """A function of client.py, there: what it returned."""
        done = self.run("/usr/bin/python3", "-B", "tests/lab/gateway/client.py", function, self.ca, text=json.dumps(arguments),
                        timeout=timeout)
        assert done.status == 0, done
        return json.loads(done.out)

    def before_tls(self, port, *lines, host="gate.lab.test"):
        """What the gateway answers to lines said in the clear, all at once."""
        return self.call("talk", host, port, "".join(line + "\r\n" for line in lines))

    def server_log(self, name):
        return (pathlib.Path(self.lab.directory) / (name + ".log")).read_text(errors="replace")

    def end(self):
        """Ends all; returns what was not well with a gateway."""
        trouble = []
        for g in self.gateways.values():
            try:
                g.close()
            except AssertionError as e:
                trouble.append(str(e))
        self.lab.close()
        subprocess.run([*self.root, "rm", "-rf", "--one-file-system", str(self.directory)], check=False)
        return "\n".join(trouble)

    def close(self):
        trouble = self.end()
        assert not trouble, trouble
