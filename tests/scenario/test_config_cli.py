"""The command line of `config` as people use and misuse it."""
import json
import subprocess
import time

import pytest

from run import ROOT, run, sanitized, TLSWRIGHT

KNOWN = ("--version", "1.28.0", "--openssl", "3.5.4")
EXCEPTION = {"--allow": "tls1.0", "--network": "10.1.2.0/24", "--until": "2099-06-30", "--reason": "scales in hall 3"}


def config(*arguments, **more):
    return run("config", *arguments, keep="\n\t", **more)


def flat(options):
    return [word for pair in options.items() for word in pair]


def test_list():
    result = config("--list")
    names = [line.split()[0] for line in result.stdout.splitlines()]
    assert names.pop() == "nftables", "the firewall is no server, and stands last"
    assert result.code == 0 and names == sorted(names) and {"nginx", "apache", "haproxy"} <= set(names), result
    objects = config("--list", "--json").objects
    assert [o["name"] for o in objects] == names
    for o in objects:
        assert o["documentation"].startswith("https://") and o["legacy"] in ("no", "listener", "network"), o


@pytest.mark.parametrize("word,named", [("ngnix", "nginx"), ("apach", "apache"), ("tomca", "tomcat")])
def test_slip(word, named):
    result = config(word)
    assert result.code == 2 and result.stdout == "" and "did you mean %s" % named in result.stderr, result


def test_alias_and_case():
    assert config("HTTPD", *KNOWN[2:], "--version", "2.4.65").stdout.startswith("# Apache 2.4.65, OpenSSL 3.5.4;")


@pytest.mark.parametrize("arguments", [
    (), ("nginx", "apache"), ("nginx", "--port", "0"), ("nginx", "--port", "65536"), ("nginx", "--port", "x"),
    ("nginx", "--version", "new"), ("nginx", "--policy", "old"), ("nginx", "--cert", "a b"),
    ("nginx", "--name", "a;b"), ("nginx", "--key", "-x"), ("nginx", "--cert", "x\ny"), ("nginx", "--name", ""),
    ("nginx", "--openssl", ""), ("nginx", "--chain", "$(id)"), ("nginx", "--nothing"),
])
def test_refused(arguments):
    result = config(*arguments)
    assert result.code == 2 and result.stdout == "" and result.stderr.startswith("tlswright config: "), result


@pytest.mark.parametrize("left_out", EXCEPTION)
def test_exception_is_whole_or_none(left_out):
    some = {k: v for k, v in EXCEPTION.items() if k != left_out}
    result = config("nginx", *KNOWN, *flat(some))
    assert result.code == 2 and result.stdout == "" and "all four" in result.stderr, result


@pytest.mark.parametrize("option,value", [
    ("--allow", "ssl3"), ("--allow", "tls1.2"), ("--allow", "x"), ("--network", "hall 3"), ("--network", "10.1.2.0/24/8"),
    ("--until", "soon"), ("--until", "2099-02-30T"), ("--reason", ""), ("--reason", "a\nssl_protocols TLSv1;"),
    ("--reason", "a‮b"), ("--reason", "-->"),
])
def test_exception_is_refused(option, value):
    result = config("nginx", *KNOWN, *flat({**EXCEPTION, option: value}))
    assert result.code == 2 and result.stdout == "", result


def test_exception_stands_in_the_output():
    result = config("nginx", *KNOWN, *flat(EXCEPTION))
    for word in ("2099-06-30", "scales in hall 3", "10.1.2.0/24", "listen 10443 ssl;"):
        assert word in result.stdout, result
    waivers = [json.loads(line[2:]) for line in result.stdout.splitlines() if line.startswith('# {')]
    assert {w["finding"] for w in waivers} >= {"tls10-offered", "tls11-offered"}, result
    assert all(w["until"] == "2099-06-30" and w["target"] == "example.com:10443" for w in waivers), result
    impossible = config("caddy", "--version", "2.10.0", *flat(EXCEPTION))
    assert "stays off here" in impossible.stdout and "stays off here" in impossible.stderr, impossible


def test_options_fill_in():
    result = config("nginx", *KNOWN, "--cert", "/a/c.pem", "--key", "/a/k.pem", "--name", "www.example.net", "--port",
                    "8443", "--no-hsts", "--redirect", "--acme", "/a/acme")
    for word in ("/a/c.pem", "/a/k.pem", "www.example.net", "listen 8443 ssl", "/a/acme", "return 301"):
        assert word in result.stdout, result
    assert "Strict-Transport" not in result.stdout, result
    assert "return 301" not in config("nginx", *KNOWN, "--no-redirect").stdout


def test_version_decides():
    new, old = config("nginx", *KNOWN), config("nginx", "--version", "1.18.0", "--openssl", "1.1.1w")
    assert "http2 on;" in new.stdout and "X25519MLKEM768" in new.stdout, new
    assert "ssl http2;" in old.stdout and "X25519MLKEM768" not in old.stdout, old
    for warning in ("nginx before 1.28 is past its end of life", "OpenSSL 1.1.1 is past its end of life"):
        assert warning in old.stderr and warning in old.stdout, old


def test_policy_decides():
    result = config("nginx", *KNOWN, "--policy", "modern")
    assert "ssl_protocols TLSv1.3;" in result.stdout and "ssl_ciphers" not in result.stdout, result
    impossible = config("nginx", "--version", "1.14", "--openssl", "1.0.2u", "--policy", "modern")
    assert impossible.code == 2 and impossible.stdout == "" and "no TLS 1.3" in impossible.stderr, impossible


def test_it_is_quick():
    """Of the build that users run, which `make test` makes beside the one it tests."""
    built = ROOT / "build" / "tlswright" if sanitized(TLSWRIGHT) else TLSWRIGHT
    taken = []
    for _ in range(10):
        began = time.monotonic()
        subprocess.run([built, "config", "nginx", *KNOWN], stdout=subprocess.DEVNULL, check=True)
        taken.append(time.monotonic() - began)
    assert min(taken) < 0.1, taken
