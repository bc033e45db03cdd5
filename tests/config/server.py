"""What a file in servers/ works with: one server to be started inside its room, from a generated configuration.

Made by serverd.py. The room is its own: what is written in it ends with it, and its network too, where every port is
free. So a generated text can be used just as it is.
"""
import os
import re
import shutil
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lab"))
from daemons import as_user  # noqa: E402, F401

# "# ---- /etc/postfix/main.cf": what follows belongs into that file (or into each of several).
PART = re.compile(r"^\S{1,4} -{3,4} (.+)\n", re.M)


class Server:
    def __init__(self, name, directory, host):
        self.name, self.dir, self.host = name, directory, host
        tls = os.path.join(directory, "tls")
        self.cert, self.key, self.chain, self.fullchain, self.bundle, self.pkcs12, self.ca = (
            os.path.join(tls, file) for file in ("cert.pem", "privkey.pem", "chain.pem", "fullchain.pem",
                                                 "bundle.pem", "keystore.p12", "ca.pem"))
        with open(os.path.join(directory, "generated"), encoding="utf-8") as f:
            self.generated = f.read()

    def path(self, name):
        """A name in the server's own folder; an absolute one is the room's."""
        return os.path.join(self.dir, name)

    def part(self, ending):
        """What the generated text has for the file whose name ends so."""
        pieces = PART.split(self.generated)
        found = [text for line, text in zip(pieces[1::2], pieces[2::2])
                 if any(word.rstrip(",:;").endswith(ending) for word in line.split())]
        if not found:
            raise RuntimeError("the generated text has no part for a file *%s, only for %s" % (ending, pieces[1::2]))
        return "".join(found)

    def write(self, name, text, mode=0o644):
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        os.chmod(path, mode)
        return path

    def folder(self, name, user=None):
        path = self.path(name)
        os.makedirs(path, exist_ok=True)
        if user is not None:
            shutil.chown(path, user)
        return path

    def own(self, user, *paths):
        """Gives files to a user: the server's own folder, if none is named."""
        for path in paths or (self.dir,):
            shutil.chown(path, user)

    def private(self, user):
        """The key readable by that user alone: some servers insist."""
        for path in (self.key, self.bundle, self.pkcs12):
            shutil.chown(path, user)
            os.chmod(path, 0o600)

    def background(self, *argv):
        """Something the server needs beside it: it ends with the room."""
        with open(self.path("log"), "ab") as log:
            subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.dir)

    def wait(self, path):
        """Until that file or socket is there."""
        deadline = time.monotonic() + 30
        while not os.path.exists(path):
            if time.monotonic() > deadline:
                raise RuntimeError("%s does not appear" % path)
            time.sleep(0.05)
        return path

    def run(self, *argv, **more):
        """A command that must succeed: what it printed. The server's own check of its configuration, too."""
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, errors="replace", cwd=more.pop("cwd", self.dir), timeout=240, **more)
        if done.returncode != 0:
            raise RuntimeError("%s: status %d\n%s" % (" ".join(argv)[:200], done.returncode, done.stdout[-3000:]))
        return done.stdout

    def ftp_account(self):
        """Somebody who may log in: for ftp_there_and_back()."""
        self.run("useradd", "-m", "-s", "/bin/sh", "lab")
        self.run("sh", "-c", "echo lab:lab-lab | chpasswd")

    def ftp_there_and_back(self):
        """A file goes up and comes down again, on data connections inside TLS that resume the session."""
        up, down = self.write("up", "lab\n"), self.path("down")
        for argv in (["-T", up], ["-o", down]):
            self.run("curl", "-sS", "--max-time", "20", "--ssl-reqd", "--cacert", self.ca, "--resolve",
                     "%s:21:127.0.0.1" % self.host, "-u", "lab:lab-lab", *argv, "ftp://%s/up" % self.host)
        if self.run("cat", down) != "lab\n":
            raise RuntimeError("the file came back as another")
