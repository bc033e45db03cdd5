"""Courier: the generated lines behind Debian's in its five files (the last counts); its own scripts start it."""
PACKAGE = "courier-mta"
LAYER = "courier"
# pop3: Courier lists USER there before TLS, and refuses it when it is tried.
ENDPOINTS = ["imap:143", "imaps:993", "pop3:110", "pop3s:995", "smtp:25", "submission:587", "submissions:465"]


def start(s):
    s.own("courier", s.key, s.fullchain)
    s.private("courier")
    for name in ("imapd-ssl", "pop3d-ssl", "esmtpd", "esmtpd-msa", "esmtpd-ssl"):
        with open("/etc/courier/" + name, "a", encoding="utf-8") as f:    # the shell reads them
            f.write("\n" + s.part("/" + name))
    s.folder("/run/courier/authdaemon", "courier")
    s.own("courier", "/run/courier")
    scripts = ["/usr/sbin/authdaemond", "/usr/lib/courier/imapd", "/usr/lib/courier/imapd-ssl", "/usr/sbin/pop3d",
               "/usr/sbin/pop3d-ssl", "/usr/sbin/courierfilter", "/usr/sbin/esmtpd", "/usr/sbin/esmtpd-msa",
               "/usr/sbin/esmtpd-ssl"]
    return ["sh", "-xc", "for script; do $script start & done; wait; sleep infinity", "sh", *scripts]
