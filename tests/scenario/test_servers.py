"""The scripted servers themselves, against an independent client: openssl
s_client must take their flights, signatures included, and go on."""

import functools
import re
import subprocess

import pytest

from servers import broken, database, mail, talk, tls, tls13, wire
from servers.tcp import Server

FLAGS = {wire.TLS10: "-tls1", wire.TLS11: "-tls1_1", wire.TLS12: "-tls1_2"}


def s_client(server, *arguments):
    """What s_client did: the -msg trace of the handshake."""
    done = subprocess.run(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{server.port}", "-msg", *arguments],
        stdin=subprocess.DEVNULL, capture_output=True, timeout=20,
        env={"OPENSSL_CONF": "/dev/null", "PATH": "/usr/bin:/bin"})
    return (done.stdout + done.stderr).decode("utf-8", "replace")


def run_until_finished(scripted, handler, *arguments):
    """s_client sends ClientKeyExchange only after it has verified the server's flight."""
    class Ending(tls.ScriptedTls):
        def __call__(self, conn):
            conn.send(self.answer(wire.read_hello(conn)))
            conn.recv_some()

    scripted.__class__ = Ending
    with Server(handler(scripted)) as server:
        return s_client(server, *arguments)


CASES = [
    (wire.TLS12, "ECDHE_RSA_WITH_AES_128_GCM_SHA256", "ECDHE-RSA-AES128-GCM-SHA256"),
    (wire.TLS12, "ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "ECDHE-ECDSA-AES256-GCM-SHA384"),
    (wire.TLS12, "DHE_RSA_WITH_AES_128_GCM_SHA256", "DHE-RSA-AES128-GCM-SHA256"),
    (wire.TLS12, "RSA_WITH_AES_128_GCM_SHA256", "AES128-GCM-SHA256"),
    (wire.TLS12, "RSA_WITH_NULL_SHA256", "NULL-SHA256"),
    (wire.TLS12, "DH_anon_WITH_AES_128_CBC_SHA", "ADH-AES128-SHA"),
    (wire.TLS12, "ECDH_anon_WITH_AES_256_CBC_SHA", "AECDH-AES256-SHA"),
    (wire.TLS11, "ECDHE_RSA_WITH_AES_128_CBC_SHA", "ECDHE-RSA-AES128-SHA"),
    (wire.TLS10, "ECDHE_RSA_WITH_AES_128_CBC_SHA", "ECDHE-RSA-AES128-SHA"),
    (wire.TLS10, "ECDHE_ECDSA_WITH_AES_128_CBC_SHA", "ECDHE-ECDSA-AES128-SHA"),
    (wire.TLS10, "DHE_RSA_WITH_AES_256_CBC_SHA", "DHE-RSA-AES256-SHA"),
    (wire.TLS10, "RSA_WITH_AES_128_CBC_SHA", "AES128-SHA"),
]


@pytest.mark.parametrize("version,suite,openssl", CASES, ids=[f"{c[0]:x}-{c[2]}" for c in CASES])
def test_flight_is_taken(pki, version, suite, openssl):
    scripted = tls.ScriptedTls(versions=(version,), suites=(suite,), identities=pki.identities)
    out = run_until_finished(scripted, tls.serve, FLAGS[version], "-cipher",
                             f"{openssl}:@SECLEVEL=0")
    assert "ServerHelloDone" in out and re.search(r">>>.*ClientKeyExchange", out), out


@pytest.mark.parametrize("name,handler", [
    ("smtp", mail.smtp), ("lmtp", mail.lmtp), ("imap", mail.imap), ("pop3", mail.pop3),
    ("sieve", mail.sieve), ("nntp", mail.nntp), ("ftp", talk.ftp), ("irc", functools.partial(talk.irc, greeting="")),
    ("xmpp", talk.xmpp), ("ldap", talk.ldap), ("postgres", database.postgres),
    ("mysql", database.mysql)])
def test_upgrade_is_taken(pki, name, handler):
    scripted = tls.ScriptedTls(identities=pki.identities)
    out = run_until_finished(scripted, handler, "-starttls", name, "-tls1_2")
    assert re.search(r">>>.*ClientKeyExchange", out), out


def test_alert_and_versions(pki):
    scripted = tls.ScriptedTls(versions=(wire.TLS10,), identities=pki.identities,
                               suites=("RSA_WITH_AES_128_CBC_SHA",))
    with Server(tls.serve(scripted)) as server:
        out = s_client(server, "-tls1_2", "-cipher", "ALL:@SECLEVEL=0")
        assert "alert protocol version" in out or "protocol_version" in out, out
    scripted = tls.ScriptedTls(sni="fatal", names=("known.example",), identities=pki.identities)
    with Server(tls.serve(scripted)) as server:
        out = s_client(server, "-tls1_2", "-servername", "other.example")
        assert "unrecognized" in out, out


def test_ssl2_hello_is_well_formed(pki):
    """By the draft: lengths in the head add up to the record."""
    answer = wire.ssl2_server_hello(pki.identities["RSA"].chain[0], [0x010080])
    length = int.from_bytes(answer[:2], "big") & 0x7FFF
    assert len(answer) == length + 2 and answer[2] == 4 and answer[5:7] == b"\0\2"
    cert, kinds, conn_id = (int.from_bytes(answer[i:i + 2], "big") for i in (7, 9, 11))
    assert length == 11 + cert + kinds + conn_id and kinds == 3 and conn_id == 16


def test_throttle_counts(pki):
    with Server(broken.throttled(mail.smtp(lambda conn: None), b"421 later\r\n")) as server:
        import socket
        first = []
        for _ in range(5):
            with socket.create_connection(("127.0.0.1", server.port)) as sock:
                first.append(sock.recv(3))
    assert first == [b"220", b"220", b"220", b"421", b"421"]


@pytest.mark.parametrize("suite", tls13.SUITES)
@pytest.mark.parametrize("group,size", [("x25519", 16384), ("secp256r1", 100)])
@pytest.mark.parametrize("kind", ["RSA", "ECDSA"])
def test_tls13_is_taken(pki, suite, group, size, kind):
    """s_client answers a server's Finished with its own only when all of it was right."""
    scripted = tls13.ScriptedTls13({kind: pki.identities[kind]}, suites=(suite,), groups=(group,), size=size)
    with Server(scripted) as server:
        out = _until_finished(server, pki)
    assert re.search(r">>>.*Finished", out), out


def _until_finished(server, pki):
    """The script never answers Finished, so the client is ended when it has spoken."""
    process = subprocess.Popen(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{server.port}", "-msg", "-tls1_3", "-CAfile",
         pki.ca_file, "-groups", "X25519:P-256", "-verify_return_error"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    out = b""
    for line in process.stdout:
        out += line
        if b">>>" in line and b"Finished" in line or b"alert" in line.lower():
            break
    process.kill()
    process.communicate()
    return out.decode("utf-8", "replace")
