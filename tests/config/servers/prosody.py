"""Prosody: the generated text as the global section, with one virtual host."""
from server import as_user

PACKAGE = "prosody"
POLICIES = ("modern",)
ENDPOINTS = ["xmpp-client:5222", "xmpp-server:5269", "xmpps-client:5223", "xmpps-server:5270"]
REST = """
http_ports = {}
https_ports = {}
modules_enabled = { "roster", "saslauth", "tls", "dialback", "disco" }
modules_disabled = { "http" }
pidfile = "%(dir)s/pid"
data_path = "%(dir)s"
log = { info = "*console" }
authentication = "internal_hashed"
%(generated)s
VirtualHost "%(host)s"
"""


def start(s):
    s.own("prosody")
    s.private("prosody")
    conf = s.write("prosody.cfg.lua", REST % {"dir": s.dir, "host": s.host, "generated": s.generated})
    s.run(*as_user("prosody", ["prosodyctl", "--config", conf, "check", "config"]))
    return as_user("prosody", ["prosody", "-F", "--config", conf])
