"""Chat, news and pages behind the gateway: Prosody with slixmpp, InspIRCd with python3-irc and openssl, INN with Perl's
Net::NNTP, nginx with curl."""
import base64
import hashlib
import json
import os

import pytest

GATE, CHAT, MACHINE = "gate.lab.test", "chat.lab.test", "machine.lab.test"
TEXTS = ["hello", "a <starttls/> in a text & more", "STARTTLS", "grüße 🔒", "x" * 300] + ["line %d" % i for i in range(50)]


# --- XMPP

def xmpp(world, port, mode, anna="secret-anna", ben="secret-ben", texts=TEXTS):
    done = world.run("/usr/bin/python3", "-B", "tests/lab/gateway/xmpp.py", world.ca, GATE, str(port), mode, "anna@" + CHAT, anna,
                     "ben@" + CHAT, ben, text=json.dumps(texts), timeout=60)
    assert done.status == 0, done
    return json.loads(done.out)


@pytest.mark.parametrize("port, mode", [(5222, "explicit"), (5223, "implicit")])
def test_two_people_chat_by_slixmpp(world, port, mode):
    got = xmpp(world, port, mode)
    assert got.get("came") == TEXTS, got
    inside = got["offered"][1:] if mode == "explicit" else got["offered"]
    assert inside and not any("starttls" in features for features in inside) and "mechanisms" in inside[0], got
    if mode == "explicit":
        assert got["offered"][0] == ["starttls"], got
    assert world.gateways["xmpp"].lines(lambda x: x["version"] == "TLSv1.3" and x["sni"] == CHAT)


@pytest.mark.parametrize("port, mode", [(5222, "explicit"), (5223, "implicit")])
def test_a_wrong_password_of_xmpp_is_refused(world, port, mode):
    got = xmpp(world, port, mode, anna="wrong")
    assert got["refused"][0] == "authentication", got


def test_no_password_before_tls_by_xmpp(world):
    secret = base64.b64encode(b"\0anna\0secret-anna").decode()
    said = world.call("talk", GATE, 5222, "<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx."
                      "jabber.org/streams' version='1.0' to='%s'><auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>"
                      "%s</auth></stream:stream>" % (CHAT, secret))
    assert "<encryption-required/>" in said and "<required/>" in said and "success" not in said and "PLAIN" not in said, said


# --- IRC

def chat(world, port, mode, *password, host=GATE, texts=TEXTS):
    done = world.run("/usr/bin/python3", "-B", "tests/lab/gateway/chat.py", world.ca, host, str(port), mode, *password,
                     text=json.dumps(texts), timeout=60)
    assert done.status == 0, done
    return json.loads(done.out)


@pytest.mark.parametrize("port, mode", [(6667, "explicit"), (6697, "implicit")])
def test_two_people_in_a_channel(world, port, mode):
    got = chat(world, port, mode, "secret-chat")
    assert got["came"] == TEXTS and not got["refused"], got
    assert got["host"] == "192.0.2.2" and "tls" not in got["offered"] and got["offered"], got


def test_an_outsider_is_not_of_this_machines_class(world):
    """InspIRCd lets 127.0.0.0/8 in without a password, from where the gateway calls."""
    for port, mode, password in ((6667, "explicit", ()), (6697, "implicit", ("wrong",))):
        got = chat(world, port, mode, *password)
        assert got["refused"] and not got["came"], got
    got = chat(world, 6697, "implicit", host=MACHINE, texts=["hello"])
    assert got["came"] == ["hello"] and got["host"] == "127.0.0.1", got


def test_irc_by_openssl(world):
    done = world.run("openssl", "s_client", "-connect", GATE + ":6667", "-starttls", "irc", "-CAfile", world.ca, "-quiet",
                     "-verify_return_error", text="PASS secret-chat\r\nNICK carl\r\nUSER carl 0 * :Carl\r\nQUIT\r\n")
    assert "ERROR :Closing link" in done.out, done


def test_no_password_before_tls_by_irc(world):
    said = world.before_tls(6667, "CAP LS 302", "PASS secret-chat", "NICK anna", "USER anna 0 * :Anna", "JOIN #lab", "QUIT")
    assert " CAP * LS :tls" in said and said.count(" 451 * :STARTTLS first") == 4 and " 001 " not in said, said


# --- news

def news(world, port, *who, host=GATE, article=None):
    return world.run("perl", "tests/lab/gateway/news.pl", host, str(port), world.ca, *(who or ("", "")),
                     *(["post"] if article else []), text=article or "")


@pytest.mark.parametrize("port", [119, 563])
def test_an_article_goes_in_and_comes_back(world, port):
    body = "".join("." * (i % 3) + "line %d: grüße\n" % i for i in range(500)) + "STARTTLS\n101 list\n481 no\n281 yes\n"
    article = ("From: anna@lab.test\nNewsgroups: lab.test\nSubject: by %d\nMIME-Version: 1.0\nContent-Type: text/plain; "
               "charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n%s" % (port, body))
    done = news(world, port, "anna", "secret-anna", article=article)
    assert done.status == 0 and "STARTTLS" not in done.out.split("\n")[0] and "READER" in done.out.split("\n")[0], done
    for _ in range(100):
        done = news(world, 682 - port, "anna", "secret-anna")
        if "article:\n" + body in done.out:
            break
    assert "article:\n" + body in done.out, done


@pytest.mark.parametrize("port", [119, 563])
def test_an_outsider_reads_no_news(world, port):
    """INN gives 127.0.0.1 every group without a login, where the gateway is."""
    here = world.call("in_turn", "127.0.0.1", 10119, "MODE READER", "GROUP lab.test", "QUIT")
    assert "\r\n211 " in here, here
    done = news(world, port)
    assert done.status != 0 and "group: 480" in done.err, done
    done = news(world, port, "anna", "wrong")
    assert done.status != 0 and "login: 481" in done.err, done


def test_no_password_before_tls_by_nntp(world):
    said = world.before_tls(119, "CAPABILITIES", "AUTHINFO USER anna", "AUTHINFO PASS secret-anna", "GROUP lab.test",
                            "QUIT").splitlines()
    assert said[1:5] == ["101 List:", "VERSION 2", "STARTTLS", "."] and said[5:8] == ["483 STARTTLS first"] * 3, said


# --- pages

def curl(world, path, *more, host=GATE, text=""):
    return world.run("curl", "-sS", "--max-time", "20", "--cacert", world.ca, "https://%s%s" % (host, path), *more, text=text)


@pytest.mark.parametrize("more", [(), ("--http1.0",), ("--tls-max", "1.2"), ("--no-alpn",)])
def test_pages_go_up_and_come_down(world, more):
    large = world.lab.directory + "/nginx/pages/large"
    got = world.lab.directory + "/large.got"
    done = curl(world, "/large", "-o", got, *more)
    assert done.status == 0, done
    with open(large, "rb") as a, open(got, "rb") as b:
        assert hashlib.sha256(a.read()).digest() == hashlib.sha256(b.read()).digest()
    os.unlink(got)
    done = curl(world, "/up", "-T", large, "-w", "%{http_code} %{http_version}", *more)
    assert done.out[-7:-4] in ("201", "204"), done
    with open(large, "rb") as a, open(world.lab.directory + "/nginx/pages/up", "rb") as b:
        assert hashlib.sha256(a.read()).digest() == hashlib.sha256(b.read()).digest()


def test_pages_of_another_name_are_another_server(world):
    assert curl(world, "/who").out == "web 192.0.2.2 %s\n" % GATE
    assert curl(world, "/who", "--resolve", "git.lab.test:443:192.0.2.1", host="git.lab.test").out == "git 192.0.2.2 git.lab.test\n"


def test_an_outsider_does_not_see_pages_of_this_machine(world):
    assert curl(world, "/machine/", "-w", "%{http_code}").out[-3:] == "403"
    assert curl(world, "/machine/", host=MACHINE).out == "of this machine\n"
