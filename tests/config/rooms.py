"""The tests' side: a folder with certificates and a generated text, and a room of its own for one server."""
import ast
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "lab"), str(HERE.parent / "scenario")]

from authority import DOMAIN, Authority  # noqa: E402
from run import run  # noqa: E402

# As on a real network, the one who asks is another than the one who answers: servers trust themselves.
SERVER, CLIENT = "192.0.2.1", "192.0.2.2"
NETWORK = ("ip link set lo up && ip address add %(s)s/32 dev lo && ip address add %(c)s/32 dev lo &&"
           " ip route replace local %(s)s/32 dev lo table local src %(c)s" % {"s": SERVER, "c": CLIENT})
# Nothing here is measured, and the machine may be busy: what is slow is not what is tested.
PATIENCE = ("--timeout", "20s", "--max-time", "240s")
ROOM = str(HERE.parent / "room" / "room")
PLAIN = {"LAYER": "more", "KEY": "rsa", "POLICIES": (), "ENDPOINTS": (), "LEFT": {}, "OPTIONS": (), "LEGACY": "tls",
         "BAD": None}


class Row:
    """A file of servers/ as read, not run: its names in capitals that are literals."""

    def __init__(self, path):
        self.path, self.name = path, path.stem
        known = dict(PLAIN, TARGET=self.name)
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Assign) and node.targets[0].id.isupper():
                known[node.targets[0].id] = ast.literal_eval(node.value)
        self.target, self.package, self.layer = known["TARGET"], known["PACKAGE"], known["LAYER"]
        self.key, self.policies, self.left = known["KEY"], known["POLICIES"], known["LEFT"]
        self.options, self.bad, self.legacy = known["OPTIONS"], known["BAD"], known["LEGACY"]
        self.endpoints = [(scheme, int(port)) for scheme, port in (e.split(":") for e in known["ENDPOINTS"])]
        self.host = "%s.%s" % (self.name, DOMAIN)


def targets():
    """The names that `config` knows."""
    return {o["name"] for o in run("config", "--list", "--json").objects}


def rows():
    """The files of servers/ by name, and the names of those that are for a server `config` does not know."""
    known = targets()
    every = [Row(path) for path in sorted((HERE / "servers").glob("*.py"))]
    return {row.name: row for row in every if row.target in known}, [r.name for r in every if r.target not in known]


def rows_with_exception():
    """Those that can keep an old version to a listener or a network."""
    able = {o["name"] for o in run("config", "--list", "--json").objects if o["legacy"] != "no"}
    return {name: row for name, row in rows()[0].items() if row.target in able}


def upstream(version):
    """Of Debian's "1:2.4.1+dfsg1-6+deb13u1" what the server calls itself."""
    return re.match(r"(?:\d+:)?(\d+(?:\.\d+)*)", version).group(1)


class Refused(Exception):
    """The server did not take what it was given; or `config` did not."""


class World:
    """What all servers share: the rooms, made if they are not there, and a folder with the authority."""

    def __init__(self):
        self.root = [] if os.geteuid() == 0 else ["sudo", "-n"]
        subprocess.run([ROOM, "make", "--layers"], check=True, stdout=subprocess.DEVNULL)
        self.directory = tempfile.mkdtemp(prefix="tlswright-config-", dir="/tmp")
        os.chmod(self.directory, 0o755)
        self.authority = Authority(self.directory)
        self.ca = os.path.join(self.directory, "ca.pem")
        self.known = {}

    def versions(self, layer):
        """Debian's version of every package in that layer."""
        if layer not in self.known:
            out = subprocess.run([ROOM, "run", "--layer", layer, "--cwd", "/", "dpkg-query", "-W"], check=True,
                                 stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True).stdout
            self.known[layer] = dict(re.sub(r":\w+\t", "\t", line).split("\t", 1) for line in out.splitlines())
        return self.known[layer]

    def close(self):
        subprocess.run([*self.root, "rm", "-rf", "--one-file-system", self.directory], check=False)


class Started:
    """One server with one text, in a room and a network of its own, until closed."""

    def __init__(self, world, row, label):
        self.world, self.row = world, row
        self.directory = os.path.join(world.directory, "%s-%s" % (row.name, label))
        self.tls = os.path.join(self.directory, "tls")
        self.process = None
        os.makedirs(self.tls)
        self.write_certificates()

    def write_certificates(self):
        """The files of --cert, --key and --chain, and those that stand beside them by name."""
        row, tls = self.row, self.tls
        served = self.world.authority.leaf(os.path.basename(self.directory), [row.host], kind=row.key)
        key = pathlib.Path(served).with_suffix(".key").read_text()
        cert, chain = re.findall("-----BEGIN.*?-----END CERTIFICATE-----\n", pathlib.Path(served).read_text(), re.S)
        for name, text in (("cert", cert), ("privkey", key), ("chain", chain), ("fullchain", cert + chain),
                           ("bundle", key + cert + chain)):
            pathlib.Path(tls, name + ".pem").write_text(text)
        shutil.copy(self.world.ca, tls)
        subprocess.run(["openssl", "pkcs12", "-export", "-in", tls + "/fullchain.pem", "-inkey", tls + "/privkey.pem",
                        "-out", tls + "/keystore.p12", "-passout", "pass:changeit"], check=True,
                       stdin=subprocess.DEVNULL)

    def arguments(self):
        versions = self.world.versions(self.row.layer)
        return [self.row.target, "--version", upstream(versions[self.row.package]),
                "--openssl", upstream(versions["openssl"]), "--cert", self.tls + "/cert.pem",
                "--key", self.tls + "/privkey.pem", "--chain", self.tls + "/chain.pem", "--name", self.row.host,
                *self.row.options]

    def generate(self, *more):
        """What `tlswright config` prints for this server as it is in its room."""
        done = run("config", *self.arguments(), *more, keep="\n\t")
        if done.code != 0:
            raise Refused(repr(done))
        return done.stdout

    def fill(self, text):
        """A text of our own, with {{cert}} and its like as the templates have them."""
        files = {"cert": "cert.pem", "key": "privkey.pem", "chain": "chain.pem", "fullchain": "fullchain.pem",
                 "bundle": "bundle.pem", "pkcs12": "keystore.p12"}
        for name, file in files.items():
            text = text.replace("{{%s}}" % name, "%s/%s" % (self.tls, file))
        return text.replace("{{name}}", self.row.host)

    def start(self, text):
        """Has the server check the text and run with it. Refused, with what it said, where it does not."""
        pathlib.Path(self.directory, "generated").write_text(text)
        pid = os.path.join(self.directory, "pid-outside")
        argv = [*self.world.root, "unshare", "--net", "sh", "-c",
                NETWORK + ' && echo $$ >"$1" && shift && exec "$@"', "sh", pid,
                ROOM, "run", "--layer", self.row.layer, "--bind", "%s:%s" % (self.directory, self.directory),
                "/usr/bin/python3", "-B", "tests/config/serverd.py", self.directory,
                "tests/config/servers/%s.py" % self.row.name, self.row.host, SERVER,
                *(str(port) for _, port in self.row.endpoints)]
        self.process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        answer = json.loads(line) if line else {"failed": "the room could not be entered"}
        if "failed" in answer:
            raise Refused("%s\n--- With that:\n%s" % (text, answer["failed"]))
        self.inside = [*self.world.root, "nsenter", "--net=/proc/%d/ns/net" % int(pathlib.Path(pid).read_text())]
        if self.world.root:    # the program itself runs as who we are
            self.inside += ["setpriv", "--reuid", str(os.getuid()), "--regid", str(os.getgid()), "--clear-groups"]

    def log(self):
        """The end of what the server itself said."""
        path = pathlib.Path(self.directory, "log")
        return path.read_text(encoding="utf-8", errors="replace")[-1500:] if path.exists() else ""

    def audit(self, scheme, port, *more):
        """`tlswright audit` of an endpoint, inside the server's network."""
        return run("audit", "--json", "%s://%s:%d" % (scheme, self.row.host, port), "--connect", SERVER,
                   "--ca", self.world.ca, *PATIENCE, *more, prefix=self.inside, limit=300)

    def changes(self, scheme, port, before):
        """What `audit --baseline` says to a person of the same endpoint since then."""
        return run("audit", "%s://%s:%d" % (scheme, self.row.host, port), "--connect", SERVER, "--ca", self.world.ca,
                   "--baseline", before, prefix=self.inside).stdout

    def close(self):
        if self.process is not None:
            self.process.stdin.close()
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            self.process.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
