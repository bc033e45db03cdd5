"""diagnose at its edges: a newcomer's slips, servers that are hostile, a machine in a cloud."""

import pytest

import run as runner
from cases import HOST, at, dropped, https, imap, smtp, smtps
from people import Tls
from servers import broken, mail, talk
from servers.tcp import _enter_netns
from stage import Stage, THERE4


def test_alone_it_shows_what_to_try_first():
    told = runner.run()
    first = told.stdout.split("Try first")[1].split("\n\n")[0]
    assert told.code == 0 and "tlswright diagnose " in first.splitlines()[1], told


@pytest.mark.parametrize("words, said", [
    ((), "what does not work"), (("192.0.2.0/28",), "network"), (("--timeout", "x", HOST), "duration"),
    (("-4", "-6", HOST), "exclude"), (("--jsn", HOST), "--json"), (("imsp://" + HOST + ":x",), "port"),
    (("http://a b/",), "character"), (("--at", "tomorrow", HOST), "2027-01-31"),
])
def test_wrong_words_are_answered_kindly(words, said):
    told = runner.run("diagnose", *words)
    assert told.code == 2 and said in told.stderr and not told.stdout, told


@pytest.mark.parametrize("target", ["HTTPS://Mail.Example.COM/index.html?a=b#c", "https://user@mail.example.com/",
                                    "  https://mail.example.com  ", "htps://mail.example.com"])
def test_pasted_urls(target, pki):
    with Stage() as s:
        https(s, pki)
        told = runner.run("diagnose", "--json", "--ca", pki.ca_file, target, prefix=s.prefix)
        assert (told.code, told.json["host"], told.json["port"]) == (0, HOST, 443), told


def test_many_targets_keep_their_order(pki):
    with Stage() as s:
        https(s, pki)
        s.firewall(dropped(993))
        told = runner.run("diagnose", "--json", "--ca", pki.ca_file, "--timeout", "2s", HOST + ":993", HOST + ":443",
                          HOST + ":81", prefix=s.prefix)
        assert [o["port"] for o in told.objects] == [993, 443, 81] and told.code == 1, told
        assert [o["verdict"] for o in told.objects] == ["cause-found", "works", "cause-found"], told
        quiet = runner.run("diagnose", "-q", "--ca", pki.ca_file, HOST + ":443", HOST + ":81", prefix=s.prefix)
        assert len(quiet.stdout.splitlines()) == 2 and "port-closed" in quiet.stdout, quiet


def test_connect_sni_and_families(pki):
    with Stage() as s:
        https(s, pki)
        for options, code in ((("--connect", THERE4, "https://www.example.com"), 0),
                              (("--sni", "www.example.com", HOST + ":443"), 0),
                              (("--sni", "www.example.net", HOST + ":443"), 1), (("-4", HOST + ":443"), 0),
                              (("-6", THERE4 + ":443"), 1), (("--connect", "192.0.2.3", HOST + ":444"), 1)):
            told = runner.run("diagnose", "--json", "--ca", pki.ca_file, *options, prefix=s.prefix)
            assert told.code == code, told


def test_every_step_is_told_with_v(pki):
    with Stage() as s:
        imap(s, pki)
        told = runner.run("diagnose", "-v", "--ca", pki.ca_file, HOST + ":143", prefix=s.prefix)
        for step in ("is in /etc/hosts", f"TCP {THERE4} port 143: open", "port 993: closed"):
            assert step in told.stderr, (step, told)


def test_through_a_proxy(pki):
    """The proxy resolves the name; here it is a number, for the test's proxy knows no names."""
    with Stage() as s:
        s.serve(3128, in_its_network(s, talk.connect_proxy()))
        https(s, pki, pki.leaf(THERE4))
        told = runner.run("diagnose", "--json", "--ca", pki.ca_file, "--proxy", f"{THERE4}:3128",
                          f"https://{THERE4}", prefix=s.prefix)
        assert told.json["verdict"] == "works" and told.code == 0, told


def in_its_network(stage, handler):
    def inside(conn):
        _enter_netns(stage.there)
        handler(conn)
    return inside


# A machine of Amazon's says so in its firmware.
IN_CLOUD = ("unshare", "-m", "sh", "-c", "mount -t tmpfs tmpfs /sys/class && mkdir -p /sys/class/dmi/id && "
            "echo 'Amazon EC2' >/sys/class/dmi/id/sys_vendor && exec \"$@\"", "sh")


def test_port_25_from_a_machine_in_a_cloud(pki):
    with Stage() as s:
        smtp(s, pki)
        smtps(s, pki)
        s.firewall(dropped(25))
        told = runner.run("diagnose", "--json", "--ca", pki.ca_file, "--timeout", "2s", HOST + ":25",
                          prefix=(*s.prefix, *IN_CLOUD))
        o = told.json
        assert (o["cause"], o["cloud"]) == ("port-25-blocked-here", "Amazon EC2"), told
        assert "Amazon EC2" in o["sentence"] and any("Amazon EC2" in step for step in o["causes"][0]["next"]), told


HOSTILE = {
    "endless-banner": at(25, broken.endless_banner()),
    "endless-line": at(25, broken.endless_line),
    "one-byte-a-second": at(587, broken.drip(b"220 mail.example.com ESMTP and so on")),
    "control-characters": at(587, mail.smtp(None, greeting="421 \x1b[2J\x07 too many \u202e")),
    "alert-flood": at(443, broken.alert_flood),
    "big-handshake": at(443, broken.big_handshake()),
    "lying-record": at(443, broken.lying_record),
    "lying-message": at(443, broken.lying_message),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_servers_cost_no_more_than_their_time(name, pki):
    with Stage() as s:
        HOSTILE[name](s, pki)
        port = s.servers[0].port
        told = runner.run("diagnose", "--json", "--timeout", "2s", "--max-time", "8s", f"{HOST}:{port}",
                          prefix=s.prefix, limit=60)
        assert told.code in (1, 3) and told.seconds < 25, told


def test_endless_page_inside_tls(pki):
    def endless(plain):
        plain.recv(4096)
        plain.sendall(b"HTTP/1.1 302 Found\r\n")
        while True:
            plain.sendall(b"X-Header: " + b"y" * 4000 + b"\r\n")
    with Stage() as s:
        s.serve(443, Tls(pki.good, endless))
        told = runner.run("diagnose", "--json", "--ca", pki.ca_file, HOST + ":443", prefix=s.prefix)
        assert told.code == 0, told

