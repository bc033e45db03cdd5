"""A mail host behind the gateway: Postfix and Dovecot, with swaks, curl, sieve-connect, openssl and Python's library.

What goes in by SMTP, submission or LMTP comes out by IMAP and POP3, and is compared.
"""
import base64
import itertools
import re
import time

import pytest

GATE, MACHINE, STORE = "gate.lab.test", "machine.lab.test", "store.lab.test"
ANNA, BEN, CARL, LOCAL = [(who, "secret-" + who) for who in ("anna", "ben", "carl", "local")]
SECRET = base64.b64encode(b"\0anna\0secret-anna").decode()
count = itertools.count()


def letter(lines=20):
    """A mail as it must arrive, and its subject: with dots in front, a STARTTLS of its own, and letters beyond ASCII."""
    subject = "letter %d" % next(count)
    body = ["." * (i % 4) + "Zeile %d: Grüße\tund mehr" % i for i in range(lines)]
    body += ["250-STARTTLS", "STARTTLS", "* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED]", "", ".", "the end"]
    head = ["From: <client@elsewhere.example>", "To: <anna@lab.test>", "Subject: " + subject, "MIME-Version: 1.0",
            "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit", ""]
    return subject, "".join(line + "\r\n" for line in head + body)


def arrived(world, subject, user=ANNA, box="INBOX"):
    """The mail of that subject in the mailbox, asked for over IMAP until it is there."""
    for _ in range(200):
        got = world.call("imap", GATE, 993, user, "implicit", box, None, ["SUBJECT", '"%s"' % subject])
        if got.get("mails"):
            assert len(got["mails"]) == 1
            return got["mails"][0]
        time.sleep(0.1)
    raise AssertionError("%s does not arrive: %s\n%s" % (subject, got, world.server_log("postfix")[-3000:]))


def swaks(world, port, text, *more, host=GATE, to="anna@lab.test"):
    return world.run("swaks", "--server", host, "--port", str(port), "--tls-verify", "--tls-ca-path", world.ca, "--from",
                     "client@elsewhere.example", "--to", to, "--ehlo", "client.example", "--data", "-", *more,
                     text=text.replace("\r\n", "\n").removesuffix("\n"))      # it ends the last line itself


def curl(world, url, *more, text=""):
    return world.run("curl", "-sS", "--max-time", "20", "--cacert", world.ca, "--ssl-reqd", url, *more, text=text)


def test_mail_of_another_server_by_swaks(world):
    subject, text = letter()
    done = swaks(world, 25, text, "--tls")
    assert done.status == 0 and "=== TLS started" in done.out, done
    assert arrived(world, subject).endswith(text)
    assert "client=unknown[192.0.2.2]" in world.server_log("postfix")
    assert world.gateways["smtp"].lines(lambda x: x["client"].startswith("192.0.2.2:"))


def test_mail_of_another_server_by_curl(world):
    subject, text = letter()
    done = curl(world, "smtp://%s:25/client.example" % GATE, "--mail-from", "client@elsewhere.example", "--mail-rcpt",
                "anna@lab.test", "-T", "-", "--crlf", text=text.replace("\r\n", "\n"))
    assert done.status == 0, done
    assert arrived(world, subject).endswith(text)


def test_a_large_mail_by_smtplib(world):
    subject, text = letter(100_000)
    got = world.call("mail", GATE, 25, None, "client@elsewhere.example", "anna@lab.test", text)
    assert got["offered"] and "starttls" not in got["inside"] and "pipelining" in got["inside"], got
    assert arrived(world, subject).endswith(text)


@pytest.mark.parametrize("port", [25, 587])
def test_no_mail_and_no_password_before_tls(world, port):
    said = world.before_tls(port, "EHLO client.example", "AUTH PLAIN " + SECRET, "MAIL FROM:<a@elsewhere.example>",
                            "RCPT TO:<anna@lab.test>", "DATA", "QUIT").splitlines()
    assert said[0].startswith("220 ") and [line[:3] for line in said[-5:]] == ["530"] * 4 + ["221"], said
    assert "250 STARTTLS" in said and not any("AUTH" in line for line in said), said
    assert all("5.7.0 Must issue a STARTTLS command first" in line for line in said[-5:-1]), said


@pytest.mark.parametrize("host", [GATE, "gate6.lab.test"])
def test_an_outsider_gets_no_relay(world, host):
    """Postfix relays for 127.0.0.0/8 and ::1, from where the gateway calls."""
    got = world.call("mail", host, 25, None, "client@elsewhere.example", "victim@other.example", letter()[1])
    assert got["refused"][0] == 554 and "Relay access denied" in got["refused"][1], got


def test_this_machine_relays_as_before(world):
    """What an outsider does not get is there to be had."""
    got = world.call("mail", MACHINE, 25, None, "client@elsewhere.example", "somebody@other.example", letter()[1])
    assert "refused" not in got, got


@pytest.mark.parametrize("port, how", [(587, ("--tls", "--auth", "PLAIN")), (587, ("--tls", "--auth", "LOGIN")),
                                       (465, ("--tls-on-connect", "--auth", "PLAIN"))])
def test_submission_by_swaks(world, port, how):
    subject, text = letter()
    done = swaks(world, port, text, *how, "--auth-user", ANNA[0], "--auth-password", ANNA[1], to="ben@lab.test")
    assert done.status == 0, done
    assert arrived(world, subject, BEN).endswith(text)


@pytest.mark.parametrize("url", ["smtp://%s:587/client.example" % GATE, "smtps://%s:465/client.example" % GATE])
def test_submission_by_curl(world, url):
    subject, text = letter()
    argv = ["--mail-from", "anna@lab.test", "--mail-rcpt", "ben@lab.test", "-T", "-", "--crlf", "-u"]
    done = curl(world, url, *argv, "%s:%s" % ANNA, text=text.replace("\r\n", "\n"))
    assert done.status == 0, done
    assert arrived(world, subject, BEN).endswith(text)
    done = curl(world, url, *argv, "anna:wrong", text=text)
    assert done.status == 67, done       # CURLE_LOGIN_DENIED


@pytest.mark.parametrize("port, mode", [(587, "explicit"), (465, "implicit")])
def test_submission_relays_for_its_users_alone(world, port, mode):
    def ask(user, host=GATE):
        return world.call("mail", host, port, user, "anna@lab.test", "somebody@other.example", letter()[1], mode)
    assert "refused" not in ask(ANNA)
    assert ask(None)["refused"][0] == 554
    assert ask(None, MACHINE)["refused"][0] == 554
    assert ask(["anna", "wrong"])["refused"][0] == 535
    assert world.gateways["submission"].lines(lambda x: x["listener"].startswith("submission"))


# --- mailboxes

@pytest.fixture(scope="module")
def post(world):
    """A mail in carl's mailbox, put there over IMAP itself."""
    _, text = letter(2000)
    got = world.call("imap", GATE, 143, CARL, "explicit", "INBOX", text)
    assert text in got["mails"], got
    return text


@pytest.mark.parametrize("port, mode", [(143, "explicit"), (993, "implicit")])
def test_imap_by_imaplib(world, post, port, mode):
    got = world.call("imap", GATE, port, CARL, mode)
    assert post in got["mails"], got
    assert "STARTTLS" not in got["inside"] and "LOGINDISABLED" not in got["inside"] and "AUTH=PLAIN" in got["inside"]
    if mode == "explicit":
        assert "STARTTLS" in got["before"] and "LOGINDISABLED" in got["before"]
    refused = world.call("imap", GATE, port, ["carl", "wrong"], mode)["refused"]
    assert "AUTHENTICATIONFAILED" in refused, refused


@pytest.mark.parametrize("url", ["imap://%s:143/INBOX" % GATE, "imaps://%s:993/INBOX" % GATE])
@pytest.mark.parametrize("how", [(), ("--login-options", "AUTH=PLAIN"), ("--sasl-ir", "--login-options", "AUTH=PLAIN")])
def test_imap_by_curl(world, post, url, how):
    done = curl(world, url + ";MAILINDEX=1", "-u", "%s:%s" % CARL, *how)
    assert done.status == 0 and done.out.replace("\r\n", "\n") == post.replace("\r\n", "\n"), done


def test_imap_by_openssl(world, post):
    """What a person types, by STARTTLS."""
    done = world.run("openssl", "s_client", "-connect", GATE + ":143", "-starttls", "imap", "-CAfile", world.ca, "-quiet",
                     "-verify_return_error", text="a LOGIN carl secret-carl\r\nb STATUS INBOX (MESSAGES)\r\nc LOGOUT\r\n")
    assert re.search(r"\* STATUS INBOX \(MESSAGES \d+\)", done.out) and "c OK" in done.out, done


def test_no_password_before_tls_by_imap(world):
    said = world.before_tls(143, "a CAPABILITY", "b LOGIN carl secret-carl", "c AUTHENTICATE PLAIN " + SECRET,
                            "d SELECT INBOX", "e LOGOUT")
    for tag in "bcd":
        assert "%s NO [PRIVACYREQUIRED]" % tag in said, said
    assert "LOGINDISABLED" in said and "AUTH=" not in said and "e OK" in said
    done = world.run("curl", "-sS", "--max-time", "20", "imap://%s:143/INBOX" % GATE, "-u", "%s:%s" % CARL)
    assert done.status == 67, done


@pytest.mark.parametrize("protocol, port", [("imap", 993), ("pop3", 995), ("imap", 143), ("pop3", 110)])
def test_an_outsider_gets_no_mailbox_of_this_machine(world, protocol, port):
    """The account is for 127.0.0.0/8 alone, from where the gateway calls."""
    mode = "implicit" if port > 900 else "explicit"
    assert "refused" in world.call(protocol, GATE, port, LOCAL, mode)
    assert "mails" in world.call(protocol, MACHINE, port, LOCAL, mode)


@pytest.mark.parametrize("port, mode", [(110, "explicit"), (995, "implicit")])
def test_pop3_by_poplib(world, post, port, mode):
    got = world.call("pop3", GATE, port, CARL, mode)
    assert any(post.rstrip("\r\n") == mail.rstrip("\r\n") for mail in got["mails"]), got
    assert "STLS" not in got["inside"] and "USER" in got["inside"]
    if mode == "explicit":
        assert got["before"] == ["STLS"]
    assert "refused" in world.call("pop3", GATE, port, ["carl", "wrong"], mode)


@pytest.mark.parametrize("url", ["pop3://%s:110/1" % GATE, "pop3s://%s:995/1" % GATE])
def test_pop3_by_curl(world, post, url):
    done = curl(world, url, "-u", "%s:%s" % CARL)
    assert done.status == 0 and done.out.replace("\r\n", "\n") == post.replace("\r\n", "\n"), done


def test_no_password_before_tls_by_pop3(world):
    said = world.before_tls(110, "CAPA", "USER carl", "PASS secret-carl", "AUTH PLAIN " + SECRET, "STAT", "QUIT").splitlines()
    assert said[1:4] == ["+OK", "STLS", "."] and said[4:8] == ["-ERR Must issue a STLS command first"] * 4, said


def test_a_header_alone_is_not_taken_for_tls(world):
    """Dovecot without the header's word of TLS takes no password, although the header comes from 127.0.0.1."""
    said = world.call("talk", "127.0.0.1", 10143, "PROXY TCP4 192.0.2.2 192.0.2.1 4000 143\r\na LOGIN carl secret-carl\r\nb LOGOUT\r\n")
    assert "a NO [PRIVACYREQUIRED]" in said, said


# --- filters, and delivery into the store

def test_sieve_by_sieve_connect(world):
    """A filter goes up, comes down again, works, and is gone."""
    path = world.lab.directory + "/rule.sieve"
    subject, text = letter()
    rule = 'require ["fileinto", "mailbox"];\nif header :contains "subject" "%s" { fileinto :create "sorted"; }\n' % subject

    def ask(*argv, text=""):
        return world.run("sieve-connect", "--nosrv", "--server", GATE, "--port", "4190", "--user", "ben", "--passwordfd", "0",
                         "--tlscafile", world.ca, *argv, text=text or "secret-ben\n")
    with open(path, "w", encoding="utf-8") as f:
        f.write(rule)
    done = ask("--upload", "--localsieve", path, "--remotesieve", "rule")
    assert done.status == 0, done
    assert ask("--activate", "--remotesieve", "rule").status == 0
    done = ask("--list")
    assert '"rule"' in done.out and "ACTIVE" in done.out, done
    done = ask("--download", "--remotesieve", "rule", "--localsieve", path + ".back")
    assert done.status == 0, done
    with open(path + ".back", encoding="utf-8") as f:
        assert f.read() == rule
    assert swaks(world, 25, text, "--tls", to="ben@lab.test").status == 0
    assert arrived(world, subject, BEN, "sorted").endswith(text)
    assert ask("--deactivate").status == 0 and ask("--delete", "--remotesieve", "rule").status == 0
    assert "rule" not in ask("--list").out
    done = ask("--list", text="wrong\n")
    assert done.status != 0, done


def test_no_password_before_tls_by_sieve(world):
    said = world.before_tls(4190, 'AUTHENTICATE "PLAIN" "%s"' % SECRET, "LISTSCRIPTS", "LOGOUT")
    assert '"SASL" ""' in said and '"STARTTLS"' in said and said.count('NO (ENCRYPT-NEEDED) "STARTTLS first"') == 2, said


def test_lmtp_by_swaks_and_smtplib(world):
    pki = world.lab.directory + "/pki/client"
    subject, text = letter()
    done = swaks(world, 24, text, "--tls", "--protocol", "LMTP", "--tls-cert", pki + ".pem", "--tls-key", pki + ".key",
                 host=STORE)
    assert done.status == 0, done
    assert arrived(world, subject).endswith(text)
    subject, text = letter(5000)
    assert world.call("lmtp", STORE, 24, [pki + ".pem", pki + ".key"], "a@elsewhere.example", "anna@lab.test", text) == {}
    assert arrived(world, subject).endswith(text)


def test_nobody_delivers_without_a_certificate(world):
    done = swaks(world, 24, letter()[1], "--tls", "--protocol", "LMTP", host=STORE)
    assert done.status != 0, done
    assert world.gateways["lmtp"].lines(lambda x: x["end"] == "handshake-failed")
    said = world.before_tls(24, "LHLO client.example", "MAIL FROM:<a@elsewhere.example>", "QUIT", host=STORE)
    assert "530 5.7.0 Must issue a STARTTLS command first" in said, said
    assert world.call("talk_from", "10.0.0.2", STORE, 24, "QUIT\r\n") == ""
    assert world.gateways["lmtp"].lines(lambda x: x["end"] == "denied-access")
