"""ProFTPD: the generated text as Debian's tls.conf, included by a small proftpd.conf."""
PACKAGE = "proftpd-core"
ENDPOINTS = ["ftp:21"]
BAD = """
LoadModule mod_tls.c
TLSEngine on
TLSRequired off
TLSProtocol TLSv1 TLSv1.1 TLSv1.2
TLSCipherSuite AES128-SHA:ECDHE-RSA-AES256-SHA:DHE-RSA-AES128-SHA:@SECLEVEL=0
TLSServerCipherPreference on
TLSRSACertificateFile {{cert}}
TLSRSACertificateKeyFile {{key}}
"""
REST = """
ModulePath /usr/lib/proftpd
LoadModule mod_ls.c
LoadModule mod_xfer.c
ServerType standalone
ServerName %(host)s
Port 21
User proftpd
Group nogroup
UseReverseDNS off
WtmpLog off
TransferLog none
SystemLog %(dir)s/system.log
PidFile %(dir)s/pid
ScoreboardFile %(dir)s/scoreboard
MaxInstances 100
Include %(dir)s/tls.conf
"""


def start(s):
    s.ftp_account()
    s.write("tls.conf", s.generated)
    s.private("root")
    conf = s.write("proftpd.conf", REST % {"dir": s.dir, "host": s.host})
    s.run("proftpd", "-t", "-c", conf)
    return ["proftpd", "-n", "-c", conf]


def ask(s):
    if "TLSCertificateChainFile" in s.generated:    # in the bad text it is not: no client would go on
        s.ftp_there_and_back()
