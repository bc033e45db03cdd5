"""Exim: the generated main section and the least that makes a mail server of it."""
PACKAGE = "exim4-daemon-light"
LAYER = "exim"
KEY = "ecdsa"    # which the policy "modern" wants, and a GnuTLS string says so
POLICIES = ["modern"]
ENDPOINTS = ["smtp:25", "submission:587", "submissions:465"]
LEGACY = "smtp"
REST = """
exim_user = Debian-exim
exim_group = Debian-exim
spool_directory = %(dir)s/spool
log_file_path = %(dir)s/exim-%%slog
pid_file_path = %(dir)s/pid
primary_hostname = %(host)s
acl_smtp_rcpt = refuse
acl_smtp_mail = insist
%(generated)s
begin acl
refuse:
  deny message = nobody lives here
insist:
  deny condition = ${if eq{$received_port}{587}}
       !encrypted = *
       message = STARTTLS first
  accept
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_condition = false
"""


def start(s):
    s.folder("spool", "Debian-exim")
    s.own("Debian-exim")
    conf = s.write("/etc/exim4/exim4.conf", REST % {"dir": s.dir, "host": s.host, "generated": s.generated})
    s.run("exim4", "-C", conf, "-bV")
    return ["exim4", "-C", conf, "-bdf", "-q1h"]
