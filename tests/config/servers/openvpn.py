"""OpenVPN: the generated part of server.conf; a client of its own with the mirror of it must connect (no audit: its
control channel is its own)."""
import re
import subprocess
import time

PACKAGE = "openvpn"
OPTIONS = ("--port", "1194")
REST = """
dev null
ifconfig-noexec
proto tcp-server
mode server
tls-server
verb 3
"""
CLIENT = """
client
dev null
ifconfig-noexec
route-noexec
proto tcp-client
remote 127.0.0.1 1194
remote-cert-tls server
verify-x509-name %s name
verb 4
"""


def start(s):
    s.run("openvpn", "--genkey", "secret", s.path("tls-crypt.key"))
    s.run("cp", s.ca, s.path("ca.pem"))
    return ["openvpn", "--cd", s.dir, "--config", s.write("server.conf", REST + s.generated)]


def ask(s):
    # The same lines of tls-, data- and ca; the certificate is good for both sides.
    mirror = re.findall(r"^(?:tls-|data-|ca |cert |key ).*\n", s.generated, re.M)
    conf = s.write("client.conf", CLIENT % s.host + "".join(mirror))
    client = subprocess.Popen(["openvpn", "--cd", s.dir, "--config", conf], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    said, deadline = [], time.monotonic() + 30
    for line in client.stdout:
        said.append(line)
        if "Initialization Sequence Completed" in line:
            break
        if time.monotonic() > deadline:
            break
    client.kill()
    text = "".join(said)
    if "Initialization Sequence Completed" not in text or not re.search(
            r"Control Channel: TLSv1\.[23], cipher TLSv1\.[23] TLS_AES_|Control Channel: TLSv1\.3", text):
        raise RuntimeError("the client does not come in:\n" + text[-4000:])
