"""Pure-FTPd: the generated lines as its configuration file; it has no check but to start."""
PACKAGE = "pure-ftpd"
LAYER = "ftp-pure"
ENDPOINTS = ["ftp:21"]


def start(s):
    s.ftp_account()
    s.private("root")
    conf = s.write("pure-ftpd.conf", s.generated + "Daemonize no\nMaxClientsPerIP 100\nDontResolve yes\n")
    return ["pure-ftpd", conf]


def ask(s):
    s.ftp_there_and_back()
