"""A port's number is only a presumption: what is inside TLS has the last word, where nobody
named the service."""

import pytest

import run as runner
from servers import inside, mail, talk
from servers.netns import namespace
from servers.tcp import Server

CASES = [
    ("greets", 22000, "", mail.imap, "imap"),
    ("xmpp", 22000, "", talk.xmpp, "xmpp-client"),
    ("xmpp-server", 8443, "", lambda then: talk.xmpp(then, "jabber:server"), "xmpp-server"),
    ("ldap", 6697, "", talk.ldap, "ldap"),
    ("redis", 9093, "", lambda then: inside.redis, "redis"),
    ("stun", 22000, "", lambda then: inside.stun, "turns"),
    ("http", 636, "", lambda then: talk.http(), "https"),
    ("what-is-usual", 6379, "", lambda then: inside.redis, "redis"),
    ("mute-keeps-its-number's", 22000, "", lambda then: inside.mute, "syncthing"),
    ("named", 22000, "ircs://", talk.xmpp, "irc"),
]


@pytest.mark.parametrize("port,scheme,dialogue,service", [c[1:] for c in CASES],
                         ids=[c[0] for c in CASES])
def test_what_is_inside_wins(pki, tmp_path, port, scheme, dialogue, service):
    tls = inside.context(pki.ecdsa, tmp_path)
    with namespace() as space, Server(inside.inside(tls, dialogue(lambda conn: None)), port=port,
                                      netns=space.name) as server:
        result = runner.audit("--ca", pki.ca_file, "--timeout", "5s", scheme + server.target,
                              prefix=space.prefix)
        assert not server.faults, server.faults
    o = result.json
    assert (o["reach"]["tls"], o["service"]) == ("tls", service), result


@pytest.mark.parametrize("port,words,scheme,service,ssl2", [
    (5349, inside.stun, "", "turns", "not-applicable"),
    (22000, inside.stun, "", "turns", "not-applicable"),
    (5349, inside.mute, "turns://", "turns", "not-applicable"),
    (22000, inside.mute, "", "syncthing", "could-not-test"),
], ids=["its-port", "another-port", "named", "mute"])
def test_silence_after_an_ssl2_hello(pki, tmp_path, port, words, scheme, service, ssl2):
    """A relay takes for TLS what begins as TLS: that an SSL 2.0 hello stays unanswered is no doubt about it. Of any
    other service silence says nothing."""
    handler = inside.by_first_byte(inside.inside(inside.context(pki.ecdsa, tmp_path), words))
    with namespace() as space, Server(handler, port=port, netns=space.name) as server:
        result = runner.audit("--ca", pki.ca_file, "--timeout", "2s", scheme + server.target, prefix=space.prefix)
        assert not server.faults, server.faults
    o = result.json
    assert (o["service"], o["protocols"]["SSLv2"]) == (service, ssl2), result
    assert [u["state"] for u in o["untested"] if u["path"] == "protocols.SSLv2"] == [ssl2], result
    assert (o["verdict"] == "unknown") == (ssl2 == "could-not-test"), result
    assert o["vulnerabilities"]["drown"] == ("no" if ssl2 == "not-applicable" else ssl2), result
