"""coturn: the generated file, on loopback. This version leaves a hello of SSL 2.0 unanswered (it takes it for the
beginning of something else), so that audit rightly says "unknown"; s_client and coturn's own client judge here."""
import subprocess
import time

PACKAGE = "coturn"
POLICIES = ("intermediate",)


def start(s):
    conf = s.write("turnserver.conf", s.generated + "listening-ip=127.0.0.1\nrelay-ip=127.0.0.1\nno-cli\n"
                   "log-file=stdout\nsimple-log\nuserdb=%s/turndb\npidfile=%s/pid\nuser=user:password\n" % (s.dir, s.dir))
    return ["turnserver", "-c", conf]


def shake(s, *more):
    done = subprocess.run(["openssl", "s_client", "-connect", "127.0.0.1:5349", "-CAfile", s.ca, "-verify_return_error",
                           "-verify_hostname", s.host, *more], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=20)
    return done.returncode, done.stdout


def ask(s):
    status, said = shake(s)
    for _ in range(100):
        if "refused" not in said:
            break
        time.sleep(0.1)
        status, said = shake(s)
    if status != 0 or "Cipher is ECDHE-RSA-AES128-GCM-SHA256" not in said:
        raise RuntimeError("no handshake as it should be:\n" + said[-2000:])
    for weak in (["-tls1_2", "-cipher", "AES128-SHA"], ["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"],
                 ["-tls1", "-cipher", "ALL:@SECLEVEL=0"]):
        if shake(s, *weak)[0] == 0:
            raise RuntimeError("a handshake with %s" % weak)
    said = s.run("sh", "-c", "timeout 20 turnutils_uclient -t -S -p 5349 -u user -w password -n 1 -y -v 127.0.0.1 2>&1; true")
    if "Received relay addr" not in said:
        raise RuntimeError("no relay for coturn's own client:\n" + said[-2000:])
