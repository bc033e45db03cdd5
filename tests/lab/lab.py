"""The lab as the tests see it: starts labd.py in the room (or here, where here is the room) and talks to it."""
import json
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOM = os.path.join(HERE, "..", "room", "room")


class Lab:
    """
    Servers by name (all, if none is named); as a context manager nothing is left behind. servers: whose, a file beside
    daemons.py in the tree; room: options of `room run`; prefix: what the whole is run under.
    """

    def __init__(self, names=(), servers="tests/lab/daemons.py", room=(), prefix=()):
        self.directory = tempfile.mkdtemp(prefix="tlswright-lab-", dir="/tmp")
        os.chmod(self.directory, 0o755)
        self.ca = os.path.join(self.directory, "pki", "ca.pem")
        if os.environ.get("TLSWRIGHT_IN_ROOM") and not room:     # a layer is entered from within as well
            argv = [sys.executable, os.path.join(HERE, "labd.py"), self.directory]
        else:
            argv = [ROOM, "run", *room, "--bind", "%s:%s" % (self.directory, self.directory),
                    "/usr/bin/python3", "-B", "tests/lab/labd.py", self.directory]
        servers = os.path.relpath(os.path.join(HERE, "..", "..", servers), HERE)
        self.process = subprocess.Popen([*prefix, *argv, servers, *names], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            first = self.process.stdout.readline()
            answer = json.loads(first) if first else {"failed": "the room could not be entered"}
            if "failed" in answer:
                raise RuntimeError(answer["failed"])
        except BaseException:
            self.close()
            raise
        self.endpoints = {endpoint["name"]: endpoint for endpoint in answer["ready"]}

    @staticmethod
    def may_enter():
        return subprocess.run(["sudo", "-n", "true"], capture_output=True).returncode == 0 if shutil.which("sudo") \
            else False

    def ask(self, question):
        """Runs {"run": argv, …}, or a list of those side by side, inside the room."""
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        shutil.rmtree(self.directory, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
