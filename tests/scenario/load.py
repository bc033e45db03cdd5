"""Clients without pause for a gateway that is changed meanwhile: what fails is counted, with its words."""

import socket
import ssl
import threading
import time


def context():
    c = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    c.check_hostname, c.verify_mode = False, ssl.CERT_NONE
    return c


def connect(port, name="localhost", session=None, within=context()):
    return within.wrap_socket(socket.create_connection(("127.0.0.1", port), 60), server_hostname=name, session=session)


def echo(s, text):
    s.sendall(text)
    got = b""
    while len(got) < len(text):
        more = s.recv(65536)
        if not more:
            raise ConnectionError("closed within")
        got += more
    if got != text:
        raise ValueError("other bytes came back")


class Load:
    """Threads that connect, shake hands, send, read and close; and connections that stay."""

    def __init__(self, port, threads=3, pause=0.0):
        self.port, self.pause = port, pause
        self.good, self.failures, self.longest, self.seen = 0, [], 0.0, set()
        self.lock, self.over = threading.Lock(), threading.Event()
        self.staying = []
        self.threads = [threading.Thread(target=self.run, daemon=True) for _ in range(threads)]
        for t in self.threads:
            t.start()

    def run(self):
        while not self.over.is_set():
            began = time.monotonic()
            try:
                with connect(self.port) as s:
                    echo(s, b"hello" * 20)
                    echo(s, b"again")
                    served = s.getpeercert(True)
                with self.lock:
                    self.good += 1
                    self.seen.add(served)
                    self.longest = max(self.longest, time.monotonic() - began)
            except (OSError, ValueError) as e:
                with self.lock:
                    self.failures.append("%s: %s" % (type(e).__name__, e))
            time.sleep(self.pause)

    def stay(self):
        """One more connection that is kept."""
        s = connect(self.port)
        echo(s, b"first")
        self.staying.append(s)

    def check_staying(self):
        """How many of those that stay are lost."""
        lost = 0
        for s in self.staying:
            try:
                echo(s, b"still here")
            except (OSError, ValueError) as e:
                lost += 1
                self.failures.append("one that stayed: %s: %s" % (type(e).__name__, e))
        return lost

    def await_good(self, n, limit=60):
        """Until n more have gone through."""
        target, end = self.good + n, time.monotonic() + limit
        while self.good < target and time.monotonic() < end:
            time.sleep(0.01)

    def stop(self):
        self.over.set()
        for t in self.threads:
            t.join(90)
        for s in self.staying:
            s.close()
