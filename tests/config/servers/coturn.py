"""coturn: the generated file, and an account: its own client gets a relay through TLS."""
PACKAGE = "coturn"
ENDPOINTS = ["turns:5349"]
# No policy of Mozilla's beside our own: they all ask for TLS 1.3.
LEFT = {"tls13-missing": "Debian's 4.6.1 speaks TLS 1.2 at most; 1.3 came with 4.6.2"}


def start(s):
    conf = s.write("turnserver.conf", s.generated + "listening-ip=0.0.0.0\nrelay-ip=127.0.0.1\nno-cli\n"
                   "log-file=stdout\nsimple-log\nuserdb=%s/turndb\npidfile=%s/pid\nuser=user:password\n" % (s.dir, s.dir))
    return ["turnserver", "-c", conf]


def ask(s):
    said = s.run("sh", "-c", "timeout 20 turnutils_uclient -t -S -p 5349 -u user -w password -n 1 -y -v 127.0.0.1 2>&1; true")
    if "Received relay addr" not in said:
        raise RuntimeError("no relay for coturn's own client:\n" + said[-2000:])
