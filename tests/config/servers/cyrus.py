"""Cyrus: the generated parts of imapd.conf and cyrus.conf, with an empty mailbox list."""
from server import as_user

PACKAGE = "cyrus-imapd"
LAYER = "cyrus"
ENDPOINTS = ["imap:143", "imaps:993", "pop3:110", "pop3s:995"]
REST = """
configdirectory: %(dir)s/lib
partition-default: %(dir)s/mail
defaultpartition: default
servername: %(host)s
sasl_pwcheck_method: saslauthd
sasl_mech_list: PLAIN
"""
MASTER = """
START {
  recover cmd="/usr/sbin/cyrus ctl_cyrusdb -r"
}
SERVICES {
%s
}
EVENTS { }
"""


def start(s):
    s.folder("lib", "cyrus")
    s.folder("mail", "cyrus")
    s.own("cyrus")
    s.private("cyrus")
    conf = s.write("/etc/imapd.conf", REST % {"dir": s.dir, "host": s.host} + s.part("imapd.conf"))
    master = s.write("/etc/cyrus.conf", MASTER % s.part("cyrus.conf"))
    s.run(*as_user("cyrus", ["/usr/lib/cyrus/bin/cyr_info", "-C", conf, "-M", master, "conf-lint"]))
    return ["/usr/lib/cyrus/bin/master", "-C", conf, "-M", master, "-D"]
