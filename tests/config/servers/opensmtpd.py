"""OpenSMTPD: the generated listeners, and an action for what comes in."""
PACKAGE = "opensmtpd"
LAYER = "opensmtpd"
POLICIES = ["modern"]
ENDPOINTS = ["smtp:25", "submission:587", "submissions:465"]


def start(s):
    s.private("root")
    conf = s.write("/etc/smtpd.conf", s.generated + 'action "local" maildir\nmatch for local action "local"\n')
    s.run("smtpd", "-n", "-f", conf)
    return ["smtpd", "-d", "-f", conf]
