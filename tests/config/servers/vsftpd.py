"""vsftpd: the generated lines behind what makes it listen; it has no check but to start."""
PACKAGE = "vsftpd"
LAYER = "ftp-vsftpd"
ENDPOINTS = ["ftp:21"]


def start(s):
    s.ftp_account()
    s.private("root")
    s.folder("/run/vsftpd/empty")
    conf = s.write("/etc/vsftpd.conf", "listen=YES\nlocal_enable=YES\nwrite_enable=YES\nbackground=NO\n"
                   "max_clients=0\nmax_per_ip=0\n" + s.generated)
    return ["vsftpd", conf]


def ask(s):
    s.ftp_there_and_back()
