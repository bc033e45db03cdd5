"""From inside a worker of the running gateway: no key file, no new program, no file opened. The
program is a test build whose workers try it first (tests/walls), and serve all the same."""

import os
import pathlib
import re
import signal
import socket
import ssl
import subprocess
import time

import pytest

import ports
import run as runner
from test_serve import Backend, Echo, certificate

TRIES = pathlib.Path(runner.TLSWRIGHT).parent / "tests" / "walls" / "tlswright-that-tries"
ROOT = os.geteuid() == 0


@pytest.mark.parametrize("keys", ["process", "inline"])
def test_nothing_goes(tmp_path, keys):
    assert TRIES.exists(), "the test build has tests/walls in it: meson setup -Dtests=true"
    pem, key = certificate(tmp_path, "gate.example")
    port = ports.free()
    conf = tmp_path / "gate.conf"
    conf.write_text('workers = 1\nkeys = %s\n%scertificate c { chain = "%s" key = "%s" }\nbackend e { address = "127.0.0.1:%d" }\n'
                    'listen l { service = redis  address = "127.0.0.1:%d"  certificate = c  backend = e }\n'
                    % (keys, "user = nobody\n" if ROOT else "", pem, key, Backend(Echo).port, port))
    with open(tmp_path / "stderr", "w") as out:
        process = subprocess.Popen([TRIES, "serve", "-c", str(conf)], stderr=out, stdin=subprocess.DEVNULL,
                                   env=dict(os.environ, TRY_KEY=str(key), TRY_FOLDER=str(tmp_path)))
    try:
        tries = said(tmp_path, process)
        assert len(tries) == 18, tries
        assert {name: word for name, word in tries.items() if word not in ("EACCES", "EPERM", "EAFNOSUPPORT")} == {}
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with context.wrap_socket(socket.create_connection(("127.0.0.1", port), 30), server_hostname="localhost") as client:
            client.sendall(b"it serves")
            assert client.recv(100) == b"it serves"
        assert key.exists() and not (tmp_path / "new").exists()
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0


def said(folder, process):
    for _ in range(1200):
        text = (folder / "stderr").read_text()
        if "try: done" in text:
            return dict(re.findall(r"^try (.+): (\w+)$", text, re.M))
        assert process.poll() is None, text
        time.sleep(0.05)
    raise AssertionError(text)
