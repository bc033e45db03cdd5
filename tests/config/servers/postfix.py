"""Postfix: main.cf's and master.cf's parts beside Debian's other services; Dovecot checks the passwords."""
import os
import re

PACKAGE = "postfix"
POLICIES = ["modern"]
ENDPOINTS = ["smtp:25", "submission:587", "submissions:465"]
LEGACY = "smtp"
BAD = """
# ---- main.cf
smtpd_tls_cert_file = {{cert}}
smtpd_tls_key_file = {{key}}
smtpd_tls_security_level = may
smtpd_tls_protocols = >=TLSv1
smtpd_tls_mandatory_protocols = >=TLSv1
smtpd_tls_ciphers = low
smtpd_tls_mandatory_ciphers = low
tls_low_cipherlist = AES128-SHA:ECDHE-RSA-AES256-SHA:DHE-RSA-AES128-SHA:@SECLEVEL=0
smtpd_sasl_type = dovecot
smtpd_sasl_path = private/auth
smtpd_sasl_auth_enable = yes
# ---- master.cf
smtp inet n - n - - smtpd
submission inet n - n - - smtpd
465 inet n - n - - smtpd
  -o smtpd_tls_wrappermode=yes
"""
AUTH = """
dovecot_config_version = 2.4.1
dovecot_storage_version = 2.4.1
base_dir = %(dir)s/dovecot
log_path = /dev/stderr
protocols =
ssl = no
passdb static {
  password = secret
}
userdb static {
  fields {
    home = /nowhere
  }
}
service auth {
  unix_listener %(queue)s/private/auth {
    mode = 0660
    user = postfix
  }
}
"""


def start(s):
    queue, data = s.folder("queue"), s.folder("data", "postfix")
    with open("/usr/share/postfix/master.cf.dist", encoding="utf-8") as f:
        services = re.sub(r"^smtp +inet .*\n", "", f.read(), flags=re.M)
    services = re.sub(r"^(\w\S+ +\S+ +\S+ +\S+ +)y ", r"\1n ", services, flags=re.M)
    s.write("master.cf", services + s.part("master.cf"))
    s.write("main.cf", "\n".join([
        "compatibility_level = 3.9", "queue_directory = " + queue, "data_directory = " + data,
        "command_directory = /usr/sbin", "daemon_directory = /usr/lib/postfix/sbin", "mail_owner = postfix",
        "setgid_group = postdrop", "maillog_file = /dev/stdout", "myhostname = " + s.host, "mydestination =",
        "alias_maps =", "alias_database =", "smtpd_relay_restrictions = reject", s.part("main.cf")]))
    s.run("postfix", "-c", s.dir, "check")
    # postconf warns of what it does not know, and says so on the terminal alone.
    said = s.run("postconf", "-c", s.dir, "-n")
    if "warning" in said:
        raise RuntimeError(said)
    s.background("dovecot", "-F", "-c", s.write("auth.conf", AUTH % {"dir": s.dir, "queue": queue}))
    s.wait(os.path.join(queue, "private", "auth"))
    return ["postfix", "-c", s.dir, "start-fg"]
