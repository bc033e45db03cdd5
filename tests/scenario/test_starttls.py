"""Every dialogue in which TLS begins later: found by name and by bare port, and
stripped, refused, injected into, throttled and banned the way the net does it."""

import functools

import pytest

from scenario import GOOD, Scenario, behind
from servers import broken, database, mail, talk, tls


def never_says_the_servers_name(outcome):
    """EHLO carries our own name, not the server's (it is how spammers are known)."""
    heard = b"".join(bytes(c.heard) for c in outcome.server.conns)
    for line in heard.upper().split(b"\n"):
        if line.startswith((b"EHLO ", b"LHLO ", b"HELO ")):
            name = line.split()[1]
            assert name and name not in (b"MAIL.EXAMPLE", b"127.0.0.1", b"[127.0.0.1]"), line


def plain(handler_of, **knobs):
    """A dialogue behind which there is no TLS to come to."""
    return lambda pki: handler_of(lambda conn: None, **knobs)


def after(handler_of, then, **knobs):
    return lambda pki: handler_of(then, **knobs)


def dialogue_is(**wanted):
    def check(outcome):
        for key, value in wanted.items():
            assert outcome.json["dialogue"][key] == value, outcome.json["dialogue"]
    return check


# name, scheme, JSON's service, mode, dialogue
SERVICES = [
    ("smtp", "smtp", "smtp", "explicit", mail.smtp),
    ("submission", "submission", None, "explicit", mail.smtp),
    ("lmtp", "lmtp", "lmtp", "explicit", mail.lmtp),
    ("imap", "imap", "imap", "explicit", mail.imap),
    ("pop3", "pop3", "pop3", "explicit", mail.pop3),
    ("sieve", "sieve", None, "explicit", mail.sieve),
    ("nntp", "nntp", "nntp", "explicit", mail.nntp),
    ("ftp", "ftp", "ftp", "explicit", talk.ftp),
    ("irc", "irc", "irc", "explicit", talk.irc),
    ("xmpp", "xmpp-client", "xmpp-client", "explicit", talk.xmpp),
    ("xmpp-server", "xmpp-server", "xmpp-server", "explicit",
     functools.partial(talk.xmpp, namespace="jabber:server")),
    ("ldap", "ldap", "ldap", "explicit", talk.ldap),
    ("ldap-long-ber", "ldap", "ldap", "explicit", functools.partial(talk.ldap, long_form=True)),
    ("nats", "nats", "nats", "explicit", talk.nats),
    ("postgres", "postgres", None, "negotiated", database.postgres),
    ("mysql", "mysql", "mysql", "negotiated", database.mysql),
    ("mariadb", "mysql", "mysql", "negotiated",
     functools.partial(database.mysql, version="5.5.5-10.11.6-MariaDB-0+deb12u1")),
    ("mssql", "mssql", "mssql", "negotiated", database.mssql),
    ("mssql-login-only", "mssql", "mssql", "negotiated", functools.partial(database.mssql, encryption=0)),
    ("rdp", "rdp", "rdp", "negotiated", talk.rdp),
]
# What a bare host:port cannot tell from its twin is named by scheme alone.
BARE = {"submission", "xmpp-server", "mssql-login-only", "mariadb", "ldap-long-ber"}


def service_scenarios():
    for name, scheme, service, mode, dialogue in SERVICES:
        expect = {"reach.tls": "tls", "mode": mode, "verdict": "pass"}
        if service:
            expect["service"] = service
        yield Scenario(f"{name}-by-name", behind(dialogue), scheme=scheme, expect=expect,
                       find={"tls13-missing"}, check=never_says_the_servers_name)
        if name not in BARE:
            # Recognition waits for silent services a while; greeted ones are known at once.
            yield Scenario(f"{name}-bare", behind(dialogue), scheme="", slow=True,
                           expect={k: v for k, v in expect.items() if k != "verdict"})


def pg_direct(alpn_required):
    def make(pki):
        direct = tls.ScriptedTls(identities=pki.identities, alpn=("postgresql",),
                                 alpn_required=alpn_required, **GOOD)
        negotiated = tls.ScriptedTls(identities=pki.identities, **GOOD)
        return database.postgres(lambda c: tls.talk(negotiated, c),
                                 direct=lambda c: tls.talk(direct, c))
    return make


def tds8(pki):
    direct = tls.ScriptedTls(identities=pki.identities, alpn=("tds/8.0",), alpn_required=True, **GOOD)
    return database.mssql(lambda c: None, encryption=2, direct=lambda c: tls.talk(direct, c))


def modes_are(*wanted):
    def check(outcome):
        assert sorted(outcome.json["modes"]) == sorted(wanted), outcome.json["modes"]
    return check


def tried(refused, proof, was_tried=True):
    """A login was begun once at most, and taken back: the handlers insist on that."""
    def check(outcome):
        dialogue = outcome.json["dialogue"]
        assert dialogue["plaintext_auth_refused"] == refused, dialogue
        assert dialogue["plaintext_auth_tried"] == was_tried, dialogue
        proofs = [f["proof"] for f in outcome.json["findings"] if f["id"] == "plaintext-auth-accepted"]
        assert proofs == ([proof] if proof else []), proofs
        begun = [line for c in outcome.server.conns for line in bytes(c.heard).upper().split(b"\r\n")
                 if line.startswith((b"USER ", b"AUTH PLAIN", b"AUTHINFO ", b"T1 AUTHENTICATE "))]
        assert len(begun) == 1, begun
    return check


AUTH = ("STARTTLS", "AUTH PLAIN LOGIN")
NEWS = ("VERSION 2", "AUTHINFO USER", "STARTTLS")
TAKEN = [
    ("pop3-user-taken", "pop3", behind(mail.pop3, capabilities=("USER", "STLS"), user="+OK")),
    ("imap-plain-taken", "imap", behind(mail.imap, capabilities="IMAP4rev1 STARTTLS AUTH=PLAIN", auth="+ ")),
    ("smtp-plain-taken", "smtp", behind(mail.smtp, capabilities=AUTH, auth="334 ")),
    ("nntp-user-taken", "nntp", behind(mail.nntp, capabilities=NEWS, user="381 password")),
]
REFUSED = [
    ("pop3-user-refused", "pop3", behind(mail.pop3, capabilities=("USER", "STLS"),
                                         user="-ERR TLS required to log in.")),
    ("imap-plain-refused", "imap", behind(mail.imap, capabilities="IMAP4rev1 STARTTLS AUTH=PLAIN",
                                          auth="NO [PRIVACYREQUIRED] not here")),
    ("smtp-plain-refused", "smtp", behind(mail.smtp, capabilities=AUTH, auth="538 5.7.11 not like this")),
    ("nntp-user-refused", "nntp", behind(mail.nntp, capabilities=NEWS, user="483 not like this")),
]


def throttled(pki):
    t = tls.ScriptedTls(identities=pki.identities, **GOOD)
    return broken.throttled(mail.smtp(lambda c: tls.talk(t, c)), b"421 too many connections\r\n"), t


def banned(after_connections, refuse):
    def make(pki):
        t = tls.ScriptedTls(identities=pki.identities, versions=(0x0301, 0x0302, 0x0303),
                            suites=GOOD["suites"] + ("ECDHE_RSA_WITH_AES_128_CBC_SHA",))
        return broken.banning(mail.smtp(lambda c: tls.talk(t, c)), after_connections, refuse)
    return make


def banned_for_good(*words):
    """What was not seen is could-not-test with the ban as reason; nothing of it is "no"."""
    def check(outcome):
        o = outcome.json
        rows = [r for r in o["untested"] if r["state"] == "could-not-test"]
        assert rows, outcome.result
        assert any(w in r["reason"].lower() for r in rows for w in words), rows
        for name in ("TLSv1.0", "TLSv1.1", "TLSv1.2"):
            assert o["protocols"][name] in ("yes", "could-not-test"), o["protocols"]
        assert "could-not-test" in o["protocols"].values() or any(
            r["path"].startswith(("suites", "groups")) for r in rows), rows
    return check


FLAWS = [
    Scenario("smtp-no-starttls", plain(mail.smtp, capabilities=("PIPELINING",)), scheme="smtp",
             expect={"reach.tls": "not-offered", "dialogue.offered": "no"}, find={"starttls-not-offered"}),
    Scenario("submission-no-starttls", plain(mail.smtp, capabilities=("PIPELINING", "AUTH PLAIN LOGIN")),
             scheme="submission", expect={"reach.tls": "not-offered", "verdict": "fail",
             "dialogue.plaintext_auth_refused": "no"}, find={"starttls-not-offered"}),
    Scenario("imap-no-starttls", plain(mail.imap, capabilities="IMAP4rev1 AUTH=PLAIN"), scheme="imap",
             expect={"reach.tls": "not-offered", "verdict": "fail"},
             find={"starttls-not-offered", "plaintext-auth-accepted"}),
    Scenario("imap-plaintext-auth", behind(mail.imap, capabilities="IMAP4rev1 STARTTLS AUTH=PLAIN"), scheme="imap",
             find={"plaintext-auth-accepted"}, expect={"verdict": "fail"},
             check=dialogue_is(plaintext_auth_refused="no")),
    # What is listed is tried, where that can be done with no login failing.
    *(Scenario(name, server, scheme=scheme, find={"plaintext-auth-accepted"}, expect={"verdict": "fail"},
               check=tried("no", "proven")) for name, scheme, server in TAKEN),
    *(Scenario(name, server, scheme=scheme, never={"plaintext-auth-accepted"}, check=tried("yes", None))
      for name, scheme, server in REFUSED),
    Scenario("pop3-user-unclear", behind(mail.pop3, capabilities=("USER", "STLS"), user="-ERR no such mailbox"),
             scheme="pop3", find={"plaintext-auth-accepted"}, check=tried("no", "inferred", False)),
    Scenario("pop3-no-stls-user-taken", plain(mail.pop3, capabilities=("USER",), user="+OK"), scheme="pop3",
             find={"starttls-not-offered", "plaintext-auth-accepted"}, check=tried("no", "proven")),
    Scenario("imap-auth-refused", behind(mail.imap), scheme="imap", never={"plaintext-auth-accepted"},
             check=dialogue_is(plaintext_auth_refused="yes", offered="yes")),
    Scenario("smtp-stripped", plain(mail.smtp, capabilities=("PIPELINING", "XXXXXXXA", "8BITMIME")),
             scheme="smtp", expect={"reach.tls": "stripped", "verdict": "fail"}, find={"starttls-stripped"}),
    Scenario("smtp-stripped-bare", plain(mail.smtp, capabilities=("PIPELINING", "XXXXXXXA", "8BITMIME")),
             scheme="", expect={"reach.tls": "stripped", "service": "smtp"}, find={"starttls-stripped"}),
    Scenario("smtp-refused", plain(mail.smtp, answer="454 TLS not available due to temporary reason"),
             scheme="smtp", expect={"reach.tls": "refused"}, find={"starttls-refused"}),
    Scenario("imap-refused", plain(mail.imap, answer="NO not today"), scheme="imap",
             expect={"reach.tls": "refused", "verdict": "fail"}, find={"starttls-refused"}),
    Scenario("pop3-refused", plain(mail.pop3, answer="-ERR no"), scheme="pop3",
             expect={"reach.tls": "refused"}, find={"starttls-refused"}),
    Scenario("ftp-refused", plain(talk.ftp, answer="431 no"), scheme="ftp",
             expect={"reach.tls": "refused"}, find={"starttls-refused"}),
    Scenario("ldap-refused", plain(talk.ldap, result=52), scheme="ldap",
             expect={"reach.tls": "refused", "verdict": "fail"}),
    Scenario("irc-refused", plain(talk.irc, answer=":irc.example 691 * :STARTTLS failed"), scheme="irc",
             expect={"reach.tls": "refused"}),
    Scenario("imap-preauth", plain(mail.imap, greeting="* PREAUTH IMAP4rev1 logged in as you"), scheme="imap",
             expect={"reach.tls": "refused", "verdict": "fail"}, find={"starttls-preauth"}),
    Scenario("smtp-injected", behind(mail.smtp, hold=False, injected=b"250 mail.evil\r\n"), scheme="smtp",
             expect={"reach.tls": "stripped"}, find={"starttls-response-injection"}),
    Scenario("imap-injected", behind(mail.imap, hold=False, injected=b"* CAPABILITY AUTH=PLAIN\r\n"),
             scheme="imap", expect={"reach.tls": "stripped"}, find={"starttls-response-injection"}),
    Scenario("pop3-injected", behind(mail.pop3, hold=False, injected=b"+OK\r\n"), scheme="pop3",
             expect={"reach.tls": "stripped"}, find={"starttls-response-injection"}),
    Scenario("nntp-injected", behind(mail.nntp, hold=False, injected=b"200 hi\r\n"), scheme="nntp",
             expect={"reach.tls": "stripped"}, find={"starttls-response-injection"}),
    Scenario("smtp-goes-after-starttls", plain(mail.smtp, close_after_answer=True), scheme="smtp",
             expect={"reach.tls": "closed"}, find={"starttls-failed"}, untold=True),
    Scenario("smtp-silent-after-starttls", after(mail.smtp, broken.silent), scheme="smtp", slow=True,
             expect={"reach.tls": "silent"}, find={"starttls-failed"}, untold=True),
    Scenario("smtp-refuses-us", plain(mail.smtp, greeting="554 no access for you"), scheme="smtp",
             expect={"reach.tls": "refused"}, untold=True),
    # No --timeout: a mail server may keep its greeting for 15 s. One hello is enough to see it.
    Scenario("smtp-slow-greeting", behind(mail.smtp, delay=7, hold=False), scheme="smtp",
             options=("--quick",), limit=30, slow=True,
             expect={"reach.tls": "tls", "verdict": "pass", "protocols.TLSv1.2": "yes"}),
    Scenario("smtp-slow-greeting-cut", behind(mail.smtp, delay=7, hold=False), scheme="smtp",
             options=("--timeout", "2s"), expect={"reach.tls": "silent", "verdict": "unknown"}, untold=True),
    Scenario("mysql-refuses-host", plain(database.mysql, refuse="Host '127.0.0.1' is not allowed to connect"),
             scheme="mysql", expect={"reach.tls": "refused", "verdict": "unknown"}, untold=True),
    Scenario("mysql-refuses-host-bare", plain(database.mysql, refuse="Host '127.0.0.1' is not allowed to connect"),
             scheme="", expect={"reach.tls": "refused", "service": "mysql"}, untold=True),
    Scenario("mysql-no-tls", plain(database.mysql, tls=False), scheme="mysql",
             expect={"reach.tls": "not-offered", "verdict": "fail"}, find={"starttls-not-offered"}),
    Scenario("postgres-no-tls", plain(database.postgres, answer=b"N"), scheme="postgres",
             expect={"reach.tls": "not-offered", "verdict": "fail"}),
    Scenario("mssql-no-tls", plain(database.mssql, encryption=2), scheme="mssql",
             expect={"reach.tls": "not-offered", "verdict": "fail"}),
    Scenario("rdp-no-tls", plain(talk.rdp, failure=2), scheme="rdp",
             expect={"reach.tls": "not-offered", "verdict": "fail"}),
    Scenario("nats-no-tls", plain(talk.nats, info='{"server_id":"S","version":"2.10.0"}'), scheme="nats",
             expect={"reach.tls": "not-offered", "verdict": "fail"}),
    Scenario("xmpp-no-tls", plain(talk.xmpp, starttls=""), scheme="xmpp-client",
             expect={"reach.tls": "not-offered", "verdict": "fail"}),
    # Both ways in on one port.
    Scenario("postgres-direct", pg_direct(True), scheme="postgres", slow=True,
             expect={"reach.tls": "tls"}, check=modes_are("negotiated", "implicit")),
    Scenario("tds8-strict", tds8, scheme="mssql", slow=True,
             expect={"reach.tls": "tls", "mode": "implicit"}, check=modes_are("implicit")),
    # Servers that mind being asked often.
    Scenario("throttled-421", throttled, scheme="smtp", slow=True, limit=60,
             expect={"reach.tls": "tls", "verdict": "pass"}),
    Scenario("banned-421", banned(5, b"421 you are banned\r\n"), scheme="smtp", slow=True, limit=60,
             check=banned_for_good("421", "ban", "refus")),
    Scenario("banned-closed", banned(5, b""), scheme="smtp", slow=True, limit=60,
             check=banned_for_good("clos", "ban", "refus")),
    Scenario("banned-refused", banned(5, None), scheme="smtp", slow=True, limit=60,
             check=banned_for_good("refus", "clos", "ban")),
]

SCENARIOS = [*service_scenarios(), *FLAWS]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_scenario(scenario, launched):
    for outcome in launched[scenario].result():
        outcome.judge()
