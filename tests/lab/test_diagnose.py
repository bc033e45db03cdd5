"""diagnose on the lab's real servers: nothing is wrong with those that are set up well, and what is done
to them, or asked of them wrongly, is named."""
import pytest

from run import run
from test_servers import NGINX, OTHERS

# What is done to a virtual host, and the cause it must have.
CAUSES = {"nginx-expired": "certificate-expired", "nginx-mismatch": "name-mismatch",
          "nginx-self-signed": "certificate-self-signed", "nginx-client-cert": "client-certificate-required",
          "nginx-incomplete": "chain-incomplete"}


def diagnose(lab, name, *options, ca=True, address=False, sibling=None):
    """sibling: in the place of the endpoint's own scheme."""
    e = lab.endpoints[name]
    host = "127.0.0.1" if address else e["host"]
    done = run("diagnose", "--json", *(["--ca", lab.ca] if ca else []), "--connect", "127.0.0.1", *options,
               "%s://%s:%d" % (sibling or e["scheme"], host, e["port"]))
    return done, done.json


@pytest.mark.parametrize("name", NGINX + OTHERS)
def test_real_servers(lab, name):
    done, o = diagnose(lab, name)
    assert o["cause"] == CAUSES.get(name), done
    assert (done.code, o["verdict"]) == ((1, "cause-found") if name in CAUSES else (0, "works")), done


@pytest.mark.parametrize("name, cause, how", [
    ("nginx-modern", "certificate-untrusted", {"ca": False}),
    ("nginx-modern", "address-not-in-certificate", {"address": True}),
    ("nginx-sni", "name-wanted", {"address": True}),
    ("postfix-submission", "name-mismatch", {"address": False, "options": ["--sni", "other.example.com"]}),
    ("dovecot-imaps", "certificate-expired", {"options": ["--at", "2090-01-01"]}),
    ("dovecot-imap", "certificate-not-yet-valid", {"options": ["--at", "2001-01-01"]}),
    ("nginx-sni", "name-not-served", {"options": ["--sni", "nobody.lab.test"]}),
    ("dovecot-imap", "plaintext-on-tls-port", {"sibling": "imaps"}),
], ids=lambda v: v if isinstance(v, str) else "")
def test_real_servers_asked_wrongly(lab, name, cause, how):
    done, o = diagnose(lab, name, *how.pop("options", ()), **how)
    found = [c["id"] for c in o["causes"] if c["fault"]]
    assert done.code == 1 and cause in found, done
