"""config --from: the findings of an audit, each with the lines that mend it, above a configuration that stays one."""

import json

import pytest

import run as runner
from scenario import GOOD
from servers import tls, wire
from servers.tcp import Server


@pytest.fixture(scope="module")
def weak(pki):
    """The object of a server with TLS 1.0, CBC and a certificate of somebody else."""
    old = tls.ScriptedTls(identities={"RSA": pki.rsa}, versions=(wire.TLS10, wire.TLS12),
                          suites=("RSA_WITH_AES_128_CBC_SHA", "ECDHE_RSA_WITH_AES_128_CBC_SHA"))
    with Server(tls.serve(old)) as server:
        return runner.run("audit", "--json", "--connect", "127.0.0.1", f"https://mail.test:{server.port}").json


def config(tmp_path, objects, *argv):
    path = tmp_path / "before"
    path.write_text("".join(json.dumps(o) + "\n" for o in objects))
    return runner.run("config", *argv, "--from", path, "--openssl", "3.5.4", keep="\n\t")


def named(o, name, version=None, **more):
    return dict(o, software={"name": name, "version": version, "banner": None}, **more)


def said_of(result, finding):
    """The lines below a finding's own, without their comment sign."""
    lines = [x.lstrip("# ") for x in result.stdout.splitlines() if x.startswith("#")]
    at = next(i for i, x in enumerate(lines) if x.startswith(finding + " ("))
    return lines[at + 1]


def test_finding_by_finding(weak, tmp_path):
    result = config(tmp_path, [named(weak, "nginx", "1.26.3")])
    assert result.code == 0, result
    for finding in weak["findings"]:
        line = said_of(result, finding["id"])
        assert line.startswith(("mended by: ", "left", "no line of this server")), (finding["id"], line)
    assert "ssl_protocols TLSv1.2 TLSv1.3;" in said_of(result, "tls10-offered")
    assert "ssl_ciphers ECDHE-" in said_of(result, "static-rsa-suite")
    assert "ssl_certificate" in said_of(result, "certificate-untrusted")
    assert "http2 on;" in result.stdout and "server_name mail.test;" in result.stdout
    assert f"listen {weak['port']} ssl;" in result.stdout


def test_what_is_not_said_by_the_audit_is_said_by_the_user(weak, tmp_path):
    bare = named(weak, None)
    unknown = config(tmp_path, [bare])
    assert unknown.code == 2 and "config SERVER --from" in unknown.stderr, unknown
    told = config(tmp_path, [bare], "haproxy")
    assert told.code == 0 and "mended by: " in told.stdout, told


def test_one_server_of_several_ports_is_written_once(weak, tmp_path):
    client = named(weak, "Prosody", service="xmpp-client")
    result = config(tmp_path, [client, dict(client, service="xmpp-server", port=5270)])
    assert result.code == 0 and result.stdout.count("policy tlswright-") == 1, result
    assert result.stdout.count("mail.test:") >= 2, result


@pytest.mark.parametrize("name", ["nginx", "\x1b[31mnginx", "nginx\nssl_protocols SSLv3;", "ngïnx\u202e"])
def test_a_peers_words_stay_in_their_comment(weak, tmp_path, name):
    hostile = named(weak, name, "1.0\n; evil", host="a\nb", sni="x;\ny")
    hostile["findings"][0]["evidence"] = "x\nssl_protocols SSLv3;"
    result = config(tmp_path, [hostile], "nginx")
    body = [x for x in result.stdout.splitlines() if not x.startswith("#")]
    assert not any("SSLv3" in x or "evil" in x or "\x1b" in x for x in body), result
    assert result.code == 0 and "server_name example.com;" in result.stdout, result


@pytest.mark.parametrize("text", ["", "{", "[]\n", "null\n"])
def test_no_facts(tmp_path, text):
    path = tmp_path / "before"
    path.write_text(text)
    result = runner.run("config", "--from", path)
    assert result.code == 2 and result.stderr.startswith("tlswright config: "), result
