"""InspIRCd: the generated text behind the tags that any server needs."""
from server import as_user

PACKAGE = "inspircd"
KEY = "ecdsa"    # modern signs with nothing else
POLICIES = ("modern",)
ENDPOINTS = ["ircs:6697"]
REST = """
<server name="%(host)s" description="irc" network="lab" id="1LB">
<admin name="lab" nick="lab" email="lab@%(host)s">
<path configdir="%(dir)s" datadir="%(dir)s" logdir="%(dir)s" runtimedir="%(dir)s" moduledir="/usr/lib/inspircd/modules">
<connect name="all" allow="*" timeout="30" localmax="1000" globalmax="1000" maxconnwarn="no" resolvehostnames="no" useident="no" threshold="1000">
<log method="stderr" level="normal" type="* -USERINPUT -USEROUTPUT" target="log">
<performance somaxconn="128" softlimit="10000" timeskipwarn="0">
%(generated)s
"""


def start(s):
    s.own("irc")
    s.private("irc")
    conf = s.write("inspircd.conf", REST % {"dir": s.dir, "host": s.host, "generated": s.generated})
    return as_user("irc", ["inspircd", "--nofork", "--nopid", "--config", conf])
