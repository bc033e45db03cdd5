"""OpenVPN: not audited, since its TLS is inside its own packets; its own client must get in, and a weak one must not."""
import os
import subprocess
import time

PACKAGE = "openvpn"
POLICIES = ("modern",)
MIRRORED = ("tls-version-min", "tls-cipher", "tls-ciphersuites", "tls-groups", "ca", "cert", "extra-certs", "key",
            "tls-cert-profile", "tls-crypt", "data-ciphers")
PEER = "dev null\nifconfig-noexec\nverb 4\nconnect-retry 1 1\npersist-tun\n"


def start(s):
    os.symlink(s.ca, s.path("ca.pem"))
    s.run("openvpn", "--genkey", "secret", "tls-crypt.key")
    conf = s.write("server.conf", s.generated + PEER + "tls-server\nproto tcp-server\nlocal 127.0.0.1\n")
    return ["openvpn", "--config", conf]


def meet(s, name, more, until):
    """What a client of its own says, until it says one of these things."""
    lines = [line for line in s.generated.splitlines() if line.split(" ")[0] in MIRRORED]
    conf = s.write(name + ".conf", "\n".join(lines) + "\n" + PEER + "tls-client\nproto tcp-client\nremote 127.0.0.1 1194\n"
                   "remote-cert-tls server\nverify-x509-name %s name\n" % s.host)
    log = s.path(name + ".log")
    with open(log, "wb") as out:
        client = subprocess.Popen(["openvpn", "--config", conf, *more], stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                  cwd=s.dir)
    deadline = time.monotonic() + 60
    try:
        while time.monotonic() < deadline:
            with open(log, encoding="utf-8", errors="replace") as f:
                said = f.read()
            if any(word in said for word in until):
                return said
            time.sleep(0.1)
    finally:
        client.kill()
        client.wait()
    with open(s.path("log"), encoding="utf-8", errors="replace") as f:
        raise RuntimeError("%s: the client says neither of %s:\n%s\nThe server:\n%s" % (
            name, until, said[-2000:], f.read()[-2000:]))


def expect(said, *words):
    for word in words:
        if word not in said:
            raise RuntimeError("the client does not say %s:\n%s" % (word, said[-4000:]))


def ask(s):
    ready = ("Initialization Sequence Completed",)
    expect(meet(s, "client", [], ready), "Control Channel: TLSv1.3")
    if "X25519MLKEM768" in s.generated:
        meet(s, "hybrid", ["--tls-groups", "X25519MLKEM768"], ready)
    if "tls-version-min 1.2" in s.generated:
        expect(meet(s, "client12", ["--tls-version-max", "1.2"], ready), "Control Channel: TLSv1.2", "ECDHE")
    refused = ("TLS_ERROR", "TLS Error", "Connection reset")
    weak = ["--tls-version-min", "1.2", "--tls-version-max", "1.2", "--tls-cipher", "TLS-ECDHE-RSA-WITH-AES-128-CBC-SHA"]
    if "Initialization Sequence Completed" in meet(s, "weak", weak, refused + ready):
        raise RuntimeError("a client with CBC alone got in")
