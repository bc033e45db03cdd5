"""serve --try: a backend fronted at once, and the command it prints is one that works."""

import imaplib
import json
import os
import re
import shlex
import signal
import socket
import ssl
import subprocess

import pytest

import run as runner
from test_serve import Backend, Echo, Imap


class Try:
    def __init__(self, service, backend):
        self.process = subprocess.Popen([runner.TLSWRIGHT, "serve", "--try", service, backend], text=True,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.head = []
        for line in self.process.stdout:
            self.head.append(line.rstrip("\n"))
            if "Ctrl-C" in line:
                break
        assert self.head, self.process.stderr.read()
        self.port = int(re.search(r"127\.0\.0\.1:(\d+)", self.head[0]).group(1))
        self.command = self.head[2].strip()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGINT)
        self.rest, self.errors = self.process.communicate(timeout=60)
        assert self.process.returncode == 0, self.errors


def test_mailbox_by_starttls():
    backend = Backend(Imap)
    with Try("imap", "127.0.0.1:%d" % backend.port) as t:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        client = imaplib.IMAP4("127.0.0.1", t.port, timeout=30)
        client.starttls(context)
        assert client.login("good", "x")[0] == "OK"
        client.logout()
        assert t.command == "openssl s_client -connect 127.0.0.1:%d -starttls imap -crlf" % t.port
        done = subprocess.run(shlex.split(t.command), input="", capture_output=True, text=True, timeout=60)
        assert "CN = localhost" in done.stdout.replace("CN=", "CN = "), done
        files = [os.readlink(f.path) for f in os.scandir("/proc/%d/fd" % t.process.pid)]
        assert sum("memfd:tlswright-try" in f for f in files) == 2 and not any(f.endswith(".key") for f in files)
    lines = [json.loads(line) for line in t.rest.splitlines()]
    assert [line["service"] for line in lines] == ["imap", "imap"] and lines[0]["backend"] == "try"


def test_tls_from_the_first_byte():
    backend = Backend(Echo)
    with Try("redis", "127.0.0.1:%d" % backend.port) as t:
        assert "TLS from the first byte" in t.head[0] and t.command.startswith("redis-cli --tls ")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with context.wrap_socket(socket.create_connection(("127.0.0.1", t.port), 30)) as client:
            client.sendall(b"PING\n")
            assert client.recv(100) == b"PING\n"


@pytest.mark.parametrize("words, says", [
    ((), "--try wants a service and a backend"),
    (("imap",), "--try wants a service and a backend"),
    (("imapz", "127.0.0.1:143"), "did you mean imap"),
    (("imap", "nowhere"), "the backend:"),
])
def test_kind_refusals(words, says):
    result = runner.run("serve", "--try", *words)
    assert result.code == 2 and says in result.stderr and result.stdout == "", result
