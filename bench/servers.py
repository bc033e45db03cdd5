"""The servers that bench.py measures on: nginx where it is installed, configured as its
users are told to; openssl s_server where it is not, which answers one client at a time."""
import os
import shutil
import socket
import subprocess
import sys
import time

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tests"))
import ports  # noqa: E402

# Mozilla's intermediate, what most well-kept servers run.
SUITES = ("ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
          "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
          "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305")

NGINX = """
daemon off;
pid {folder}/pid;
error_log {folder}/error.log crit;
worker_processes 2;
events {{ worker_connections 4096; }}
http {{
	access_log off;
	client_body_temp_path {folder}/body;
	proxy_temp_path {folder}/proxy;
	fastcgi_temp_path {folder}/fastcgi;
	uwsgi_temp_path {folder}/uwsgi;
	scgi_temp_path {folder}/scgi;
	ssl_protocols TLSv1.2 TLSv1.3;
	ssl_ciphers {suites};
	ssl_session_cache shared:all:10m;
	{servers}
}}
"""


def openssl(*words):
    subprocess.run(("openssl",) + words, check=True, capture_output=True)


def certificate(folder, name, san, key="ec"):
    """A self-signed one and its key: (chain, key) paths."""
    made, secret = os.path.join(folder, name + ".pem"), os.path.join(folder, name + ".key")
    kind = ("ec", "-pkeyopt", "ec_paramgen_curve:P-256") if key == "ec" else ("rsa:2048",)
    openssl("req", "-x509", "-newkey", *kind, "-nodes", "-keyout", secret, "-out", made,
            "-days", "30", "-subj", "/CN=" + name, "-addext", "subjectAltName=" + san)
    return made, secret


def issued(folder, names):
    """An ECDSA certificate for each (name, san), all of one authority, as a company's own has them: [(chain, key)]."""
    authority, secret = certificate(folder, "authority", "DNS:authority.test")
    pairs = []
    for name, san in names:
        made, key, asked = (os.path.join(folder, name + end) for end in (".pem", ".key", ".csr"))
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out", asked,
                "-subj", "/CN=" + name, "-addext", "subjectAltName=" + san, "-addext", "extendedKeyUsage=serverAuth")
        openssl("x509", "-req", "-in", asked, "-CA", authority, "-CAkey", secret, "-days", "30",
                "-copy_extensions", "copyall", "-out", made)
        pairs.append((made, key))
    return pairs


class Server:
    def __init__(self, argv, title, scheme, port, addresses=("127.0.0.1",)):
        self.title, self.scheme, self.port, self.addresses = title, scheme, port, addresses
        self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(200):
            try:
                socket.create_connection((addresses[0], port), 1).close()
                return
            except OSError:
                if self.process.poll() is not None:
                    break
                time.sleep(0.05)
        self.close()
        raise SystemExit("bench: %s does not start" % argv[0])

    def cpu_s(self):
        """CPU seconds so far, of it and of its workers."""
        ticks = 0
        children = "/proc/%d/task/%d/children" % (self.process.pid, self.process.pid)
        with open(children, encoding="ascii") as f:
            pids = [self.process.pid] + [int(p) for p in f.read().split()]
        for pid in pids:
            with open("/proc/%d/stat" % pid, encoding="ascii") as f:
                rest = f.read().rsplit(")", 1)[1].split()
            ticks += int(rest[11]) + int(rest[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def close(self):
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait()


def nginx(folder, servers, *rest):
    program = shutil.which("nginx") or "/usr/sbin/nginx"
    own = os.path.join(folder, "nginx")
    os.makedirs(own, exist_ok=True)
    conf = os.path.join(own, "nginx.conf")
    with open(conf, "w", encoding="utf-8") as f:
        f.write(NGINX.format(folder=own, suites=SUITES, servers=servers))
    return Server([program, "-e", os.path.join(own, "error.log"), "-c", conf], *rest)


def have_nginx():
    return shutil.which("nginx") or os.path.exists("/usr/sbin/nginx")


def modern(folder):
    port = ports.free()
    ec = certificate(folder, "modern-ec", "IP:127.0.0.1,DNS:localhost")
    rsa = certificate(folder, "modern-rsa", "IP:127.0.0.1,DNS:localhost", "rsa")
    if not have_nginx():
        return Server(["openssl", "s_server", "-quiet", "-port", str(port), "-cert", ec[0],
                       "-key", ec[1], "-dcert", rsa[0], "-dkey", rsa[1], "-cipher", SUITES,
                       "-min_protocol", "TLSv1.2", "-www"],
                      "openssl s_server (one client at a time)", "https", port)
    block = "server { listen 127.0.0.1:%d ssl; %s return 200 ok; }" % (port, "".join(
        "ssl_certificate %s; ssl_certificate_key %s; " % pair for pair in (ec, rsa)))
    return nginx(folder, block, "a modern nginx (ECDSA and RSA)", "https", port)


def starttls(folder):
    """Our smtp.py, whose TLS is the library's: 40 ms away, how fast it is does not show."""
    port = ports.free()
    ec = certificate(folder, "smtp", "IP:127.0.0.1,DNS:localhost")
    here = os.path.dirname(os.path.abspath(__file__))
    return Server(["python3", os.path.join(here, "smtp.py"), str(port), *ec],
                  "an SMTP server with STARTTLS (Python on OpenSSL)", "smtp", port)


def fleet(folder, count):
    if not have_nginx():
        print("\nno nginx here: no fleet")
        return None
    addresses = ["127.0.9.%d" % n for n in range(1, count + 1)]
    port = ports.free("0.0.0.0")
    blocks = []
    pairs = issued(folder, [("fleet-%d" % n, "IP:" + a) for n, a in enumerate(addresses)])
    for address, (made, key) in zip(addresses, pairs):
        blocks.append("server { listen %s:%d ssl; ssl_certificate %s; ssl_certificate_key %s; "
                      "return 200 ok; }" % (address, port, made, key))
    return nginx(folder, "\n".join(blocks), "fleet", "https", port, addresses)
