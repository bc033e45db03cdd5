"""vsftpd: the generated lines behind what makes it listen; it has no check but to start."""
PACKAGE = "vsftpd"
LAYER = "ftp-vsftpd"
ENDPOINTS = ["ftp:21"]


def start(s):
    s.private("root")
    s.folder("/run/vsftpd/empty")
    conf = s.write("/etc/vsftpd.conf", "listen=YES\nlocal_enable=YES\nbackground=NO\nmax_clients=0\nmax_per_ip=0\n"
                   + s.generated)
    return ["vsftpd", conf]
