"""Servers that bear few connections of one address at once: what they do to one
too many is their crowd's fault, and no fact about TLS may come out otherwise."""

import socket
import threading

import pytest

import run as runner
from scenario import GOOD, Scenario
from servers import mail, tls, wire
from servers.tcp import Gone, Server


class Few:
    """Serves `places` connections at once; what becomes of one more is `excess`."""

    def __init__(self, handler, places, excess, lag=0.0):
        self.handler, self.places, self.excess, self.lag = handler, places, excess, lag
        self.open, self.refused, self.free = 0, 0, threading.Condition()

    def __call__(self, conn):
        with self.free:
            if self.open >= self.places and self.excess == "wait":
                while self.open >= self.places:
                    if conn.server.stopping.is_set():
                        raise Gone()
                    self.free.wait(0.2)
            if self.open >= self.places:
                self.refused += 1
                return self.turn_away(conn)
            self.open += 1
        try:
            self.handler(conn)
            conn.sock.shutdown(socket.SHUT_WR)
            conn.wait_for_end()
        finally:
            conn.server.stopping.wait(self.lag)
            with self.free:
                self.open -= 1
                self.free.notify()

    def turn_away(self, conn):
        if self.excess == "reset":
            conn.reset()
        elif self.excess != "close":
            conn.send(self.excess)
            conn.sock.shutdown(socket.SHUT_WR)     # no reset, which would take the words back
            conn.wait_for_end()


# Old enough to have most kinds of questions put to it, and to have refusals of its own.
KNOBS = {
    "modern": GOOD,
    "old": {"versions": (wire.TLS11, wire.TLS12), "preference": "client",
            "suites": ("ECDHE_RSA_WITH_AES_128_CBC_SHA", "RSA_WITH_AES_128_CBC_SHA",
                       "RSA_WITH_AES_256_CBC_SHA", "DHE_RSA_WITH_AES_128_CBC_SHA")},
}
NEVER = {"long-hello-intolerance", "version-intolerance", "grease-intolerance", "starttls-refused",
         "starttls-not-offered"}
COMPLAINT = {"smtp": b"421 4.7.0 Too many concurrent connections; please try again later\r\n",
             "imap": b"* BYE Too many connections\r\n", "pop3": b"-ERR too many connections\r\n",
             "tls": b"421 Too many concurrent SMTP connections; please try again later.\r\n"}
SPEAKER = {"smtp": mail.smtp, "imap": mail.imap, "pop3": mail.pop3}


def crowded(scheme, kind, places, excess, lag=0.0):
    def make(pki):
        t = tls.ScriptedTls(identities=pki.identities, **KNOBS[kind])
        handler = tls.serve(t) if scheme == "tls" else SPEAKER[scheme](lambda conn: tls.talk(t, conn))
        return Few(handler, places, COMPLAINT[scheme] if excess == "complain" else excess, lag), t
    return make


def case(scheme, kind, places, excess, lag=0.0, **more):
    name = f"{scheme}-{kind}-{places}-{excess}" + ("-lag" if lag else "")
    return Scenario(name, crowded(scheme, kind, places, excess, lag), scheme=scheme, never=NEVER, slow=True,
                    limit=60, expect={"reach.tls": "tls", "features.long_hello_tolerant": "yes",
                                      "features.version_tolerant": "yes", "features.grease_tolerant": "yes"}, **more)


SCENARIOS = [
    *(case("tls", "modern", n, e) for n in (1, 2, 3, 4) for e in ("close", "complain", "reset", "wait")),
    *(case("tls", "old", n, e) for n in (1, 3) for e in ("close", "complain", "reset", "wait")),
    *(case("smtp", "modern", n, e) for n in (1, 2, 3, 4) for e in ("close", "complain", "reset", "wait")),
    case("imap", "old", 2, "complain"), case("pop3", "old", 4, "complain"),
    # The server notices late that a client has left.
    case("tls", "modern", 2, "close", lag=0.03), case("tls", "modern", 2, "complain", lag=0.2),
    case("tls", "modern", 1, "close", lag=0.02),
]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_scenario(scenario, launched):
    for outcome in launched[scenario].result():
        outcome.judge()


@pytest.mark.parametrize("scheme", ["submissions", "imaps", "pop3s"])
def test_full_when_we_come(pki, scheme):
    """Others fill it: the first connection of all is turned away, and it is not plaintext for that."""
    t = tls.ScriptedTls(identities=pki.identities, **GOOD)
    words = COMPLAINT[{"submissions": "tls", "imaps": "imap", "pop3s": "pop3"}[scheme]]

    def handler(conn):
        if conn.number > 1:
            return tls.serve(t)(conn)
        conn.send(words)
        conn.sock.shutdown(socket.SHUT_WR)
        return conn.wait_for_end()
    with Server(handler) as server:
        o = runner.run("audit", "--json", "--quick", "--ca", pki.ca_file, "%s://%s" % (scheme, server.target)).json
    assert o["reach"]["tls"] == "tls" and o["verdict"] == "pass", o["reach"]
