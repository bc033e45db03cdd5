"""Dovecot: the generated text as the TLS part of a small configuration."""
PACKAGE = "dovecot-core"
POLICIES = ["modern", "intermediate"]
ENDPOINTS = ["imap:143", "imaps:993", "pop3:110", "pop3s:995", "sieve:4190"]
LEGACY = "imaps"
BAD = """
ssl = yes
auth_allow_cleartext = yes
ssl_server_cert_file = {{cert}}
ssl_server_key_file = {{key}}
ssl_min_protocol = TLSv1
ssl_cipher_list = AES128-SHA:ECDHE-RSA-AES256-SHA:DHE-RSA-AES128-SHA:@SECLEVEL=0
ssl_server_prefer_ciphers = server
"""
REST = """
dovecot_config_version = 2.4.1
dovecot_storage_version = 2.4.1
base_dir = %(dir)s/run
state_dir = %(dir)s/state
log_path = /dev/stderr
protocols = imap pop3 sieve
mail_driver = maildir
mail_path = %(dir)s/mail/%%{user}
mail_uid = mail
mail_gid = mail
passdb static {
  password = secret
}
userdb static {
  fields {
    home = %(dir)s/mail/%%{user}
  }
}
"""


def start(s):
    s.folder("mail", "mail")
    conf = s.write("dovecot.conf", REST % {"dir": s.dir} + s.generated)
    s.run("doveconf", "-n", "-c", conf)
    return ["dovecot", "-F", "-c", conf]
