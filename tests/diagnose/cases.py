"""Every staged failure and every healthy server: how it is staged, what is asked, and the
cause that must be named. test_diagnose.py plays them; table.py asks other tools the same."""

import ssl
import time
from dataclasses import dataclass

from people import (HOST, NAMES, Tls, between, only, page, pem_of, plain_page, refuses_name, says,
                    wants_client_certificate, with_chain)
from servers import broken, mail, talk, tls
from servers.pki import Authority
from stage import SECOND4, THERE4, THERE6

DAY = 86400


@dataclass(eq=False)
class Case:
    name: str
    kind: str                   # the word for it
    stage: object               # stage(s, pki): sets everything up
    target: str
    cause: str                  # the id that must come first; None: nothing is wrong
    words: tuple = ()           # that must stand in the sentence or the steps
    options: tuple = ()
    sure: tuple = ("certain", "likely")
    limit: float = 25           # seconds, on a busy machine
    also: tuple = ()            # ids that must be found too
    peers: bool = True          # other tools can be asked the same thing

    def __str__(self):
        return self.name


class Pki:
    """A CA that is given with --ca, and leaves of it, made once for a run."""

    def __init__(self):
        self.ca = Authority("diagnose CA")
        self.good = self.ca.leaf(NAMES, cn=HOST)
        self.stranger = Authority("some other CA")

    def leaf(self, *names, **knobs):
        return self.ca.leaf(names or NAMES, cn=(names or NAMES)[0], **knobs)


# ---- servers that are well

def smtp(s, pki, port=587, **knobs):
    s.serve(port, mail.smtp(Tls(pki.good), **knobs))


def smtps(s, pki, port=465, identity=None, greeting=b"220 mail.example.com ESMTP ready\r\n"):
    s.serve(port, Tls(identity or pki.good, says(greeting)))


def imaps(s, pki, port=993, identity=None):
    s.serve(port, Tls(identity or pki.good, says(b"* OK IMAP4rev1 ready\r\n")))


def imap(s, pki, port=143, **knobs):
    s.serve(port, mail.imap(Tls(pki.good), **knobs))


def https(s, pki, identity=None, port=443, prepare=None, **knobs):
    s.serve(port, Tls(identity or pki.good, page(**knobs), prepare))


def dropped(port, where=""):
    return f"{where} tcp dport {port} drop"


# ---- names

def nothing_there(name, kind):
    return [] if name == "example.com" else "nxdomain"


def stage_answer(answer):
    return lambda s, pki: s.names(answer)


def found_here(s, pki, kinds):
    """Names that answer for some kinds of record only; the server behind is well."""
    https(s, pki)
    s.names(lambda name, kind: {"A": [THERE4], "AAAA": [THERE6]}[kind] if kind in kinds else None)


NAME_CASES = [
    Case("name-misspelt", "DNS", stage_answer(nothing_there), "mial.example.com:465", "name-unknown",
         ("example.com does",)),
    Case("domain-unknown", "DNS", stage_answer(lambda n, k: "nxdomain"), "https://www.exmaple.com/", "name-unknown",
         ("misspelt",)),
    Case("name-without-address", "DNS", stage_answer(lambda n, k: []), "example.com", "name-no-address", ("MX",)),
    Case("resolver-silent", "DNS", stage_answer(lambda n, k: None), HOST + ":443", "resolver-silent",
         ("resolv.conf",)),
    Case("resolver-gone", "DNS", lambda s, pki: s.hosts(""), HOST + ":443", "resolver-unreachable", ("resolv.conf",)),
    Case("resolver-servfail", "DNS", stage_answer(lambda n, k: "servfail"), HOST + ":443", "resolver-failed",
         ("DNSSEC",)),
    Case("aaaa-unanswered", "DNS", lambda s, pki: found_here(s, pki, ("A",)), HOST + ":443", "half-dns", ("IPv6",)),
]


# ---- ports and firewalls

def closed(s, pki):
    imap(s, pki)


def rejected(s, pki):
    imap(s, pki)
    imaps(s, pki)
    s.firewall("tcp dport 993 reject with tcp reset")


def implicit_blocked(s, pki):
    smtp(s, pki)
    smtps(s, pki)
    s.firewall(dropped(465))


def imaps_blocked(s, pki):
    imap(s, pki)
    s.firewall(dropped(993))


def ldaps_blocked(s, pki):
    s.serve(389, talk.ldap(Tls(pki.good)))
    s.firewall(dropped(636))


def ftps_blocked(s, pki):
    s.serve(21, talk.ftp(Tls(pki.good)))
    s.firewall(dropped(990))


def pop3s_blocked(s, pki):
    s.serve(110, mail.pop3(Tls(pki.good)))
    s.firewall(dropped(995))


def imap_blocked(s, pki):
    imaps(s, pki)
    s.firewall(dropped(143))


def https_blocked(s, pki):
    s.serve(80, plain_page())
    s.firewall(dropped(443))


def only_ssh(s, pki):
    s.serve(22, talk.ssh())
    s.firewall(dropped(5432))


def smtp_blocked(s, pki):
    smtp(s, pki)
    smtps(s, pki)
    s.firewall(dropped(25))


def smtp_blocked_here(s, pki):
    """Two mail servers, both silent on 25, for what leaves this network."""
    smtp_blocked(s, pki)
    s.hosts(f"{THERE4} {HOST}\n{SECOND4} mx.example.net")


def dark(s, pki):
    s.firewall("ip daddr 192.0.2.0/24 drop")


def no_such_machine(s, pki):
    s.hosts(f"192.0.2.99 {HOST}")


def prohibited(s, pki):
    imap(s, pki)
    s.firewall("tcp dport 993 reject with icmpx admin-prohibited")


def no_route(s, pki):
    s.ip(s.here, "route", "del", "default")


def both(s, second=THERE6, first=THERE4):
    s.hosts(f"{first} {HOST}\n{second} {HOST}")


def v6_filtered(s, pki):
    https(s, pki)
    both(s)
    s.firewall("meta nfproto ipv6 tcp dport 443 drop")


def v6_closed(s, pki):
    s.serve(443, Tls(pki.good, page()), address="0.0.0.0")
    both(s)


def v4_filtered(s, pki):
    imaps(s, pki)
    both(s)
    s.firewall("meta nfproto ipv4 tcp dport 993 drop")


def one_dead(s, pki):
    https(s, pki)
    both(s, SECOND4)
    s.firewall(f"ip daddr {SECOND4} drop")


def v6_only(s, pki):
    https(s, pki)
    s.hosts(f"{THERE6} {HOST}")
    s.ip(s.here, "-6", "route", "flush", "default")


def v6_other_certificate(s, pki):
    """A forgotten machine answers on the AAAA address."""
    s.serve(443, Tls(pki.good, page()), address="0.0.0.0")
    s.serve(443, Tls(pki.leaf("old.example.com"), page()), address=THERE6)
    both(s)


PORT_CASES = [
    Case("imaps-closed", "closed", closed, HOST + ":993", "port-closed", ("143",)),
    Case("imaps-rejected", "closed", rejected, HOST + ":993", "port-closed", ("143",)),
    Case("465-filtered-587-works", "siblings", implicit_blocked, HOST + ":465", "implicit-port-blocked",
         ("465 is filtered", "587 works", "firewall")),
    Case("993-filtered-143-works", "siblings", imaps_blocked, "imaps://" + HOST, "implicit-port-blocked", ("143",)),
    Case("636-filtered-389-works", "siblings", ldaps_blocked, "ldaps://" + HOST, "implicit-port-blocked", ("389",)),
    Case("990-filtered-21-works", "siblings", ftps_blocked, HOST + ":990", "implicit-port-blocked", ("21",)),
    Case("995-filtered-110-works", "siblings", pop3s_blocked, HOST + ":995", "implicit-port-blocked", ("110",)),
    Case("143-filtered-993-works", "siblings", imap_blocked, HOST + ":143", "explicit-port-blocked", ("993",)),
    Case("443-filtered-80-answers", "filtered", https_blocked, f"https://{HOST}/login", "port-filtered", ("80",)),
    Case("5432-filtered-ssh-answers", "filtered", only_ssh, HOST + ":5432", "port-filtered", ("22",)),
    Case("25-filtered-from-outside", "port 25", smtp_blocked, HOST + ":25", "port-25-blocked", ("AWS", "587")),
    Case("25-filtered-here", "port 25", smtp_blocked_here, HOST + ":25", "port-25-blocked-here", ("AWS", "465"),
         options=("mx.example.net:25",)),
    Case("host-dark", "filtered", dark, HOST + ":443", "host-dark"),
    Case("host-not-there", "unreachable", no_such_machine, HOST + ":443", "host-unreachable"),
    Case("prohibited-by-firewall", "unreachable", prohibited, HOST + ":993", "host-unreachable", ("firewall",)),
    Case("no-route", "no route", no_route, "203.0.113.7:443", "no-route", ("route",)),
    Case("ipv6-filtered", "one family", v6_filtered, f"https://{HOST}", "ipv6-broken", ("IPv4 works",)),
    Case("ipv6-closed", "one family", v6_closed, f"https://{HOST}", "ipv6-broken", ("IPv4 works",)),
    Case("ipv4-filtered", "one family", v4_filtered, HOST + ":993", "ipv4-broken", ("IPv6 works",)),
    Case("one-address-dead", "one family", one_dead, HOST + ":443", "address-dead", (SECOND4,)),
    Case("only-ipv6-none-here", "one family", v6_only, HOST + ":443", "only-other-family", ("IPv6",)),
    Case("ipv6-is-another-machine", "one family", v6_other_certificate, HOST + ":443", "name-mismatch",
         (THERE6, "old.example.com")),
]


# ---- half open, silent, cut

def at(port, handler):
    return lambda s, pki: s.serve(port, handler)


def dead_backend(s, pki):
    """A balancer that takes connections, and has nobody behind."""
    s.serve(587, broken.close_at_once)


HALF_CASES = [
    Case("https-half-open", "half open", at(443, broken.silent), HOST + ":443", "tls-stalls", ("half open",)),
    Case("starttls-then-silence", "half open", at(587, mail.smtp(broken.silent)), HOST + ":587", "tls-stalls",
         ("stalls",)),
    Case("smtp-without-greeting", "half open", at(25, broken.silent), HOST + ":25", "greeting-silent", limit=60),
    Case("closed-at-once", "half open", dead_backend, HOST + ":587", "closed-at-once"),
    Case("reset-at-hello", "half open", at(443, broken.reset_after_hello), HOST + ":443", "closed-at-hello",
         ("cuts",)),
    Case("garbage", "half open", at(443, broken.garbage), HOST + ":443", "not-tls"),
]


# ---- the talk before TLS

def stripped(s, pki):
    smtps(s, pki)
    s.serve(25, mail.smtp(Tls(pki.good), capabilities=("PIPELINING", "XXXXXXXA", "8BITMIME")))


def ftp_late(s, pki):
    ready = talk.ftp(Tls(pki.good))

    def handler(conn):
        conn.sleep(4)
        ready(conn)
    s.serve(21, handler)


TALK_CASES = [
    Case("starttls-not-offered", "STARTTLS", at(587, mail.smtp(None, capabilities=("8BITMIME",))), HOST + ":587",
         "starttls-not-offered"),
    Case("imap-starttls-not-offered", "STARTTLS",
         lambda s, pki: (imaps(s, pki), s.serve(143, mail.imap(None, capabilities="IMAP4rev1"))), HOST + ":143",
         "starttls-not-offered", ("993",)),
    Case("starttls-refused", "STARTTLS", at(587, mail.smtp(None, answer="454 TLS not available")), HOST + ":587",
         "starttls-refused", ("454", "certificate")),
    Case("starttls-mangled", "STARTTLS", stripped, HOST + ":25", "starttls-stripped", ("465", "inspect")),
    Case("starttls-injected", "STARTTLS",
         lambda s, pki: s.serve(587, mail.smtp(Tls(pki.good), injected=b"250 injected\r\n")), HOST + ":587",
         "starttls-injected", ("somebody",)),
    Case("pop3-injected", "STARTTLS",
         lambda s, pki: s.serve(110, mail.pop3(Tls(pki.good), injected=b"+OK more\r\n")), HOST + ":110",
         "starttls-injected"),
    Case("imap-preauth", "STARTTLS",
         lambda s, pki: imap(s, pki, greeting="* PREAUTH ready", capabilities="IMAP4rev1"), HOST + ":143",
         "starttls-preauth"),
    Case("ldap-no-tls", "STARTTLS", at(389, talk.ldap(None, result=52)), HOST + ":389", "starttls-refused"),
    Case("too-many-connections", "server tired",
         at(587, mail.smtp(None, greeting="421 4.7.0 too many connections, try later")), HOST + ":587", "server-tired",
         ("421", "Wait")),
    Case("imap-busy-inside-tls", "server tired",
         lambda s, pki: s.serve(465, Tls(pki.good, says(b"421 4.3.2 too many connections\r\n"))), HOST + ":465",
         "server-tired", ("421",)),
    Case("host-refused", "server tired", at(25, mail.smtp(None, greeting="554 5.7.1 your address is on a list")),
         HOST + ":25", "host-refused", ("554",)),
    Case("smtp-greets-late", "greets late", lambda s, pki: smtp(s, pki, delay=4), HOST + ":587", "greets-late",
         ("DNS",)),
    Case("ftp-greets-late", "greets late", ftp_late, HOST + ":21", "greets-late", ("DNS",)),
    Case("smtp-in-clear-on-465", "plaintext on TLS port", lambda s, pki: smtp(s, pki, port=465), HOST + ":465",
         "plaintext-on-tls-port", ("smtpd_tls_wrappermode",)),
    Case("http-in-clear-on-443", "plaintext on TLS port", at(443, talk.http()), HOST + ":443",
         "plaintext-on-tls-port", ("listen 443 ssl",)),
    Case("imap-in-clear-on-993", "plaintext on TLS port", lambda s, pki: imap(s, pki, port=993),
         "imaps://" + HOST, "plaintext-on-tls-port"),
    Case("ssh-on-443", "plaintext on TLS port", at(443, talk.ssh()), HOST + ":443", "plaintext-on-tls-port", ("ssh",)),
    Case("ssh-on-22", "plaintext", at(22, talk.ssh()), HOST + ":22", "another-protocol", ("SSH",)),
    Case("tls-on-587", "TLS on plaintext port", lambda s, pki: smtps(s, pki, port=587), HOST + ":587",
         "tls-on-plaintext-port", ("STARTTLS", "587"), limit=60, options=("--timeout", "3s")),
    Case("tls-on-143", "TLS on plaintext port", lambda s, pki: imaps(s, pki, port=143), HOST + ":143",
         "tls-on-plaintext-port", limit=60, options=("--timeout", "3s")),
    Case("tls-on-80", "TLS on plaintext port", lambda s, pki: https(s, pki, port=80), HOST + ":80",
         "tls-on-plaintext-port"),
]


# ---- somebody else answers

LOGIN = "Location: http://login.hotel.example/?url=x\r\n"


def portal_plain(s, pki):
    """A hotel's network: whatever goes to the web ends at its own server."""
    s.serve(8080, plain_page(status="302 Found", headers=LOGIN))
    s.firewall(nat=(f"tcp dport {{ 80, 443 }} dnat ip to {THERE4}:8080",))


def portal_certificate(s, pki):
    s.serve(8443, Tls(pki.stranger.leaf(("login.hotel.example",), cn="login.hotel.example"), page()))
    s.serve(8080, plain_page(status="302 Found", headers=LOGIN))
    s.firewall(nat=(f"tcp dport 443 dnat ip to {THERE4}:8443", f"tcp dport 80 dnat ip to {THERE4}:8080"))


def portal_511(s, pki):
    https(s, pki, pki.stranger.leaf(("portal.example",)))
    s.serve(80, plain_page(status="511 Network Authentication Required"))


def squid(s, pki):
    s.serve(443, talk.http(status="407 Proxy Authentication Required"))


def squid_error(s, pki):
    def handler(conn):
        conn.recv_some()
        conn.send(b"HTTP/1.1 400 Bad Request\r\nServer: squid\r\nX-Squid-Error: ERR_INVALID_REQ 0\r\n\r\n")
    s.serve(443, handler)


def inspection(s, pki):
    https(s, pki, Authority("FortiGate CA").leaf(NAMES, cn=HOST))


def inspection_zscaler(s, pki):
    imaps(s, pki, identity=Authority("Zscaler Intermediate Root CA").leaf(NAMES, cn=HOST))


def proxy_says_no(s, pki):
    s.serve(3128, talk.connect_proxy(status="403 Forbidden"))


OTHER_CASES = [
    Case("portal-plain", "portal", portal_plain, f"https://{HOST}/", "portal", ("log in",)),
    Case("portal-certificate", "portal", portal_certificate, f"https://{HOST}/", "portal", ("login.hotel.example",)),
    Case("portal-511", "portal", portal_511, f"https://{HOST}/", "portal", ("511",)),
    Case("proxy-wants-login", "proxy", squid, HOST + ":443", "proxy-answers", ("--proxy",)),
    Case("proxy-answers", "proxy", squid_error, HOST + ":443", "proxy-answers", ("--proxy",)),
    Case("proxy-refuses-port", "proxy", proxy_says_no, HOST + ":587", "proxy-refused", ("403",),
         options=("--proxy", f"{THERE4}:3128"), peers=False),
    Case("inspected-fortigate", "inspection", inspection, HOST + ":443", "tls-inspected", ("Fortinet",)),
    Case("inspected-zscaler", "inspection", inspection_zscaler, HOST + ":993", "tls-inspected", ("Zscaler",)),
]


# ---- TLS

def mtu_hello(s, pki):
    https(s, pki)
    s.firewall(f"ip daddr {THERE4} meta length > 1000 drop")


def mtu_hello_smtp(s, pki):
    smtp(s, pki)
    s.firewall(f"ip daddr {THERE4} meta length > 1000 drop")


def hello_reset(s, pki):
    https(s, pki)
    s.firewall(f"ip daddr {THERE4} meta length > 1000 reject with tcp reset")


def one_segment(s, pki):
    """A box that takes a hello of two segments for broken, and cuts."""
    good = Tls(pki.good, page())

    def handler(conn):
        data = conn.recv_some()
        if int.from_bytes(data[3:5], "big") > 1400:
            conn.reset()
            return
        conn.sock.setblocking(True)
        replay(good, conn, data)
    s.serve(443, handler)


def replay(good, conn, data):
    """The handshake of good on conn, of which data was read already."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    plain = good.context.wrap_bio(incoming, outgoing, server_side=True)
    incoming.write(data)
    for step in (plain.do_handshake, lambda: plain.read(4096)):
        while True:
            try:
                said = step()
                break
            except ssl.SSLWantReadError:
                if outgoing.pending:
                    conn.send(outgoing.read())
                incoming.write(conn.recv_some())
            except ssl.SSLError:
                return
        conn.send(outgoing.read())
    if said:
        plain.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        conn.send(outgoing.read())


def mtu_answer(s, pki):
    https(s, pki, with_chain(pki.leaf(), pki.ca, pki.ca))
    s.firewall(f"ip saddr {THERE4} meta length > 900 drop")


def mtu_answer_imap(s, pki):
    imap(s, pki)
    s.firewall(f"ip saddr {THERE4} meta length > 600 drop")


def old_version(version):
    return lambda s, pki: https(s, pki, pki.leaf(), prepare=only(version))


def old_suites(s, pki):
    s.serve(443, tls.serve(tls.ScriptedTls(identities={"RSA": pki.ca.leaf(NAMES, key=rsa())},
                                           suites=("RSA_WITH_3DES_EDE_CBC_SHA", "RSA_WITH_RC4_128_SHA"))))


def rsa():
    from servers.pki import rsa_key
    return rsa_key(2048)


def client_certificate(most=None):
    return lambda s, pki: https(s, pki, prepare=wants_client_certificate(pki.ca.pem, most))


TLS_CASES = [
    Case("large-hello-lost", "MTU", mtu_hello, HOST + ":443", "large-hello-lost", ("MTU",), limit=60,
         options=("--timeout", "3s")),
    Case("large-hello-lost-starttls", "MTU", mtu_hello_smtp, HOST + ":587", "large-hello-lost", ("MTU",), limit=60,
         options=("--timeout", "3s")),
    Case("large-hello-reset", "MTU", hello_reset, HOST + ":443", "large-hello-refused", ("two segments",), limit=40),
    Case("first-segment-only", "MTU", one_segment, HOST + ":443", "large-hello-refused", ("two segments",), limit=40),
    Case("large-answer-lost", "MTU", mtu_answer, HOST + ":443", "large-answer-lost", ("MTU",), limit=90,
         options=("--timeout", "3s")),
    Case("large-answer-lost-imap", "MTU", mtu_answer_imap, HOST + ":143", "large-answer-lost", ("MTU",), limit=90,
         options=("--timeout", "3s")),
    Case("tls10-only", "old", old_version(ssl.TLSVersion.TLSv1), HOST + ":443", "old-version", ("TLS 1.0",)),
    Case("tls11-only", "old", old_version(ssl.TLSVersion.TLSv1_1), HOST + ":443", "old-version", ("TLS 1.1",)),
    Case("3des-only", "old", old_suites, HOST + ":443", "old-suites", ("suite",)),
    Case("name-wanted", "SNI", lambda s, pki: https(s, pki, prepare=refuses_name(HOST)), f"https://{THERE4}/",
         "name-wanted", ("SNI",)),
    Case("name-not-served", "SNI", lambda s, pki: https(s, pki, prepare=refuses_name("other.example.com")),
         HOST + ":443", "name-not-served", ("unrecognized_name",)),
    Case("client-certificate", "client certificate", client_certificate(), HOST + ":443",
         "client-certificate-required", ("certificate of the client",)),
    Case("client-certificate-tls12", "client certificate", client_certificate(ssl.TLSVersion.TLSv1_2), HOST + ":443",
         "client-certificate-required"),
    Case("only-alerts", "refused", at(443, broken.only_alert("handshake_failure")), HOST + ":443",
         "handshake-refused", ("alert",)),
]


# ---- certificates

def https_with(make):
    return lambda s, pki: https(s, pki, make(pki))


def other_clock(s, pki):
    """The server lives three years from now: as if our clock were three years behind."""
    then = time.time() + 3 * 365 * DAY
    https(s, pki, pki.leaf(days=(3 * 365 - 10, 3 * 365 + 40)), date=then)


def other_clock_mail(s, pki):
    """The same for mail: the clock shows on port 80 of that host."""
    then = time.time() - 2 * 365 * DAY
    imaps(s, pki, identity=pki.leaf(days=(-2 * 365 - 10, -2 * 365 + 40)))
    s.serve(80, plain_page(date=then))


def chain_expired(pki):
    middle = between(pki.ca, days=(-400, -10))
    return with_chain(middle.leaf(NAMES, cn=HOST), middle)


CERTIFICATE_CASES = [
    Case("expired", "dates", https_with(lambda p: p.leaf(days=(-90, -30))), HOST + ":443", "certificate-expired",
         ("30 days ago", "renew")),
    Case("expired-starttls", "dates",
         lambda s, pki: s.serve(587, mail.smtp(Tls(pki.leaf(days=(-90, -3))))), HOST + ":587", "certificate-expired"),
    Case("not-yet-valid", "dates", https_with(lambda p: p.leaf(days=(10, 90))), HOST + ":443",
         "certificate-not-yet-valid"),
    Case("clock-behind", "clock", other_clock, HOST + ":443", "clock-wrong", ("timedatectl", "behind")),
    Case("clock-ahead", "clock", other_clock_mail, HOST + ":993", "clock-wrong", ("ahead",)),
    Case("wrong-name", "name", https_with(lambda p: p.leaf("shop.example.com", "www.example.org")), HOST + ":443",
         "name-mismatch", ("shop.example.com", "www.example.org")),
    Case("wildcard-too-deep", "name", https_with(lambda p: p.leaf("*.com")), HOST + ":443", "name-mismatch",
         ("wildcard",)),
    Case("by-address", "name", https, f"https://{THERE4}/admin", "address-not-in-certificate", (HOST, "https://")),
    Case("by-address-mail", "name", imaps, f"{THERE4}:993", "address-not-in-certificate", (HOST,)),
    Case("self-signed", "trust", https_with(lambda p: p.leaf(self_signed=True)), HOST + ":443",
         "certificate-self-signed"),
    Case("chain-incomplete", "trust", https_with(lambda p: between(p.ca).leaf(NAMES, cn=HOST)), HOST + ":443",
         "chain-incomplete", ("fullchain",)),
    Case("unknown-ca", "trust", https_with(lambda p: with_chain(p.stranger.leaf(NAMES, cn=HOST), p.stranger)),
         HOST + ":443", "certificate-untrusted", ("--ca",)),
    Case("chain-expired", "trust", https_with(chain_expired), HOST + ":443", "chain-expired"),
    Case("backend-down", "above", lambda s, pki: https(s, pki, status="502 Bad Gateway"), HOST + ":443",
         "backend-down", ("502",)),
]

# ---- a real server: nginx of Debian 13

def nginx(*lines, port=443, way=(), front="ssl", more=""):
    def stage(s, pki):
        conf = f"""user root; pid /stage/pid; error_log /stage/log; events {{ }}
http {{ access_log off; client_body_temp_path /stage/b; proxy_temp_path /stage/p; fastcgi_temp_path /stage/f;
uwsgi_temp_path /stage/u; scgi_temp_path /stage/s; {more}
server {{ listen {port} {front}; listen [::]:{port} {front}; server_name {HOST};
ssl_certificate /stage/tls.pem; ssl_certificate_key /stage/tls.pem; {" ".join(lines)} }} }}"""
        s.room(port, {"nginx.conf": conf, "tls.pem": pem_of(pki.good), "ca.pem": pki.ca.pem}, "nginx", "-c",
               "/stage/nginx.conf", "-g", "daemon off;")
        if way:
            s.firewall(*way)
    return stage


REAL_CASES = [
    Case("nginx-without-ssl", "plaintext on TLS port", nginx(front=""), HOST + ":443", "plaintext-on-tls-port",
         ("ssl",)),
    Case("nginx-client-certificate", "client certificate",
         nginx("ssl_verify_client on;", "ssl_client_certificate /stage/ca.pem;"), HOST + ":443",
         "client-certificate-required"),
    Case("nginx-tls11", "old", nginx("ssl_protocols TLSv1.1;", "ssl_ciphers ALL:@SECLEVEL=0;"), HOST + ":443",
         "old-version", ("TLS 1.1",)),
    Case("nginx-reject-handshake", "SNI",
         nginx(more="server { listen 443 ssl default_server; ssl_reject_handshake on; }"), f"https://{THERE4}/",
         "name-wanted"),
    Case("nginx-dead-backend", "above", nginx("location / { proxy_pass http://127.0.0.1:1; }"), f"https://{HOST}/",
         "backend-down", ("502",)),
    Case("nginx-behind-small-mtu", "MTU", nginx(way=(f"ip daddr {THERE4} meta length > 1000 drop",)), HOST + ":443",
         "large-hello-lost", ("MTU",), limit=60, options=("--timeout", "3s")),
    Case("nginx-answer-too-large", "MTU", nginx(way=(f"ip saddr {THERE4} meta length > 600 drop",)), HOST + ":443",
         "large-answer-lost", ("MTU",), limit=90, options=("--timeout", "3s")),
]

CASES = (NAME_CASES + PORT_CASES + HALF_CASES + TALK_CASES + OTHER_CASES + TLS_CASES + CERTIFICATE_CASES + REAL_CASES)


# ---- and nothing is wrong

def mail_host(s, pki):
    for port in (587, 25):
        smtp(s, pki, port=port)
    smtps(s, pki)
    imap(s, pki)
    imaps(s, pki)


def web_host(s, pki):
    https(s, pki)
    s.serve(80, plain_page(status="301 Moved Permanently", headers=f"Location: https://{HOST}/\r\n"))
    both(s)


HEALTHY = [
    Case("https", "healthy", web_host, f"https://{HOST}/", None),
    Case("https-tls12", "healthy", lambda s, pki: https(s, pki, prepare=only(ssl.TLSVersion.TLSv1_2)), HOST + ":443",
         None),
    Case("submission", "healthy", smtp, HOST + ":587", None),
    Case("submissions", "healthy", smtps, HOST + ":465", None),
    Case("imap", "healthy", imap, HOST + ":143", None),
    Case("imaps-both-families", "healthy", lambda s, pki: (imaps(s, pki), both(s)), "imaps://" + HOST, None),
    Case("pop3", "healthy", lambda s, pki: s.serve(110, mail.pop3(Tls(pki.good))), HOST + ":110", None),
    Case("ldap", "healthy", lambda s, pki: s.serve(389, talk.ldap(Tls(pki.good))), "ldap://" + HOST, None),
    Case("ftp", "healthy", lambda s, pki: s.serve(21, talk.ftp(Tls(pki.good))), HOST + ":21", None),
    Case("xmpp", "healthy", lambda s, pki: s.serve(5222, talk.xmpp(Tls(pki.good))), HOST + ":5222", None),
    Case("mail-host", "healthy", mail_host, HOST, None),
    Case("mx-own-certificate", "healthy",
         lambda s, pki: s.serve(25, mail.smtp(Tls(pki.leaf("mx.example.net", self_signed=True)))), HOST + ":25", None),
    Case("by-address-named", "healthy", https_with(lambda p: p.leaf(HOST, THERE4)), f"https://{THERE4}/", None),
    Case("nginx", "healthy", nginx(), f"https://{HOST}/", None),
    Case("other-port", "healthy", lambda s, pki: https(s, pki, port=10443), HOST + ":10443", None),
    Case("sibling-filtered", "healthy", lambda s, pki: (smtp(s, pki), s.firewall(dropped("{ 25, 465 }"))),
         HOST + ":587", None),
]
