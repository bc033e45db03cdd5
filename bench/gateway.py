#!/usr/bin/env python3
"""Measures the gateway beside nginx stream, HAProxy, hitch and stunnel, those that are there.

    gateway.py BUILD      called by `make bench-here`; runs alone once bench-load has been built

Each proxy has one worker on the first core; the client and the backend (load.c) have the last.
Rounds alternate. A figure is the median of BENCH_ROUNDS (5) rounds: CPU µs of an operation, user
and system, of every process of the proxy by /proc/PID/stat; then the ratio to the best peer.
"-" is a proxy that did not do what the column asks. BENCH_IDLE (9,000, what 20,000 descriptors allow): connections held.
"""
import os
import pwd
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import servers
import ports

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
IDLE = int(os.environ.get("BENCH_IDLE", "9000"))
TICK_US = 1e6 / os.sysconf("SC_CLK_TCK")
MIB = 1 << 20
GROUPS = "X25519:P-256"
HYBRID = "X25519MLKEM768"

# title, the key, words of load (VERSION and GROUP among them), operations, unit; {port} is put in.
COLUMNS = [
    ("1.3 ECDSA", "ec", "connect {port} 500 3 X25519:P-256", 500),
    ("1.3 RSA", "rsa", "connect {port} 300 3 X25519:P-256", 300),
    ("1.2 ECDSA", "ec", "connect {port} 500 2 X25519:P-256", 500),
    ("1.2 RSA", "rsa", "connect {port} 300 2 X25519:P-256", 300),
    ("1.3 ECDSA, " + HYBRID, "ec", "connect {port} 500 3 " + HYBRID, 500),
    ("1.3 resumed", "ec", "resume {port} 500 3 X25519:P-256", 500),
    ("1.2 resumed", "ec", "resume {port} 500 2 X25519:P-256", 500),
    ("kept, 64 B", "ec", "ask {port} 8000 3 X25519:P-256 64 64", 8000),
    ("kept, 16 KiB", "ec", "ask {port} 6000 3 X25519:P-256 64 16384", 6000),
    ("bulk down, a MiB", "ec", "ask {port} 1 3 X25519:P-256 0 %d" % (500 * MIB), 500),
    ("bulk up, a MiB", "ec", "ask {port} 1 3 X25519:P-256 %d 0" % (500 * MIB), 500),
]

TLSWRIGHT = """
workers = 1
keys = {keys}
records = {records}
connections = 9000
certificate ec {{ chain = "{ec[0]}"  key = "{ec[1]}" }}
certificate rsa {{ chain = "{rsa[0]}"  key = "{rsa[1]}" }}
backend behind {{ address = {{"127.0.0.1:{behind}"}} }}
limit default {{ handshakes_per_address = none  connections_per_address = 0 }}
listen e {{ service = tls  mode = implicit  address = {{"127.0.0.1:{e}"}}  certificate = ec  backend = behind }}
listen r {{ service = tls  mode = implicit  address = {{"127.0.0.1:{r}"}}  certificate = rsa  backend = behind }}
"""
NGINX = """
{modules}
daemon off;
user {user};
pid {folder}/nginx.pid;
error_log {folder}/nginx.log crit;
worker_processes 1;
worker_rlimit_nofile 20000;
events {{ worker_connections 19900; }}
stream {{
	ssl_protocols TLSv1.2 TLSv1.3;
	ssl_session_cache shared:all:10m;
	tcp_nodelay on;
	server {{ listen 127.0.0.1:{e} ssl backlog=4096; ssl_certificate {ec[0]}; ssl_certificate_key {ec[1]}; proxy_pass 127.0.0.1:{behind}; }}
	server {{ listen 127.0.0.1:{r} ssl backlog=4096; ssl_certificate {rsa[0]}; ssl_certificate_key {rsa[1]}; proxy_pass 127.0.0.1:{behind}; }}
}}
"""
HAPROXY = """
global
	nbthread 1
	maxconn 9940
	ssl-default-bind-options ssl-min-ver TLSv1.2
defaults
	mode tcp
	timeout connect 5s
	timeout client 300s
	timeout server 300s
listen e
	bind 127.0.0.1:{e} ssl crt {folder}/ec.both{curves}
	server behind 127.0.0.1:{behind}
listen r
	bind 127.0.0.1:{r} ssl crt {folder}/rsa.both{curves}
	server behind 127.0.0.1:{behind}
"""
HITCH = """
backend = "[127.0.0.1]:{behind}"
workers = 1
user = "{user}"
tls-protos = TLSv1.2 TLSv1.3
frontend = {{ host = "127.0.0.1" port = "{e}" pem-file = "{folder}/ec.both" }}
frontend = {{ host = "127.0.0.1" port = "{r}" pem-file = "{folder}/rsa.both" }}
{hitch_curves}
"""
STUNNEL = """
foreground = yes
pid =
syslog = no
debug = 3
output = {folder}/stunnel.log
sslVersionMin = TLSv1.2
{stunnel_curves}
[e]
accept = 127.0.0.1:{e}
connect = 127.0.0.1:{behind}
cert = {ec[0]}
key = {ec[1]}
[r]
accept = 127.0.0.1:{r}
connect = 127.0.0.1:{behind}
cert = {rsa[0]}
key = {rsa[1]}
"""


def family(pid):
    """The process and all below it."""
    every, more = [], [pid]
    while more:
        pid = more.pop()
        every.append(pid)
        try:
            for task in os.listdir("/proc/%d/task" % pid):
                with open("/proc/%d/task/%s/children" % (pid, task)) as f:
                    more += map(int, f.read().split())
        except OSError:
            pass
    return every


def cpu_us(pid):
    total = 0
    for one in family(pid):
        try:
            with open("/proc/%d/stat" % one) as f:
                words = f.read().rsplit(")", 1)[1].split()
            total += sum(map(int, words[11:15]))
        except OSError:
            pass
    return total * TICK_US


def resident_kib(pid):
    """What they hold, a page that several share once (PSS)."""
    total = 0
    for one in family(pid):
        with open("/proc/%d/smaps_rollup" % one) as f:
            total += sum(int(line.split()[1]) for line in f if line.startswith("Pss:"))
    return total


class Proxy:
    def __init__(self, name, text, words, known, core):
        self.name, self.ports = name, {"ec": ports.free(), "rsa": ports.free()}
        path = os.path.join(known["folder"], name.replace(" ", "-") + ".conf")
        with open(path, "w") as f:
            f.write(text.format(e=self.ports["ec"], r=self.ports["rsa"], **known))
        said = open(path + ".said", "w")
        self.process = subprocess.Popen(["taskset", "-c", str(core)] + words + [path],
                                        stdin=subprocess.DEVNULL, stdout=said, stderr=said)
        time.sleep(1)
        if self.process.poll() is not None:
            with open(path + ".said") as f:
                raise SystemExit("bench: %s does not start: %s" % (name, f.read()[-500:]))

    def close(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def measured(proxy, column, load):
    """CPU µs of one operation, or None."""
    _, key, words, count = column
    before = cpu_us(proxy.process.pid)
    try:
        done = subprocess.run(load + words.format(port=proxy.ports[key]).split(),
                              capture_output=True, text=True, timeout=20)
    except subprocess.TimeoutExpired:
        return None
    time.sleep(0.05)
    used = cpu_us(proxy.process.pid) - before
    if done.returncode != 0:
        return None
    if words.startswith("resume") and int(done.stdout.split()[1]) < count * 9 // 10:
        return None
    return used / count


def idle(proxy, load, count):
    """KiB of each idle connection."""
    before = resident_kib(proxy.process.pid)
    client = subprocess.Popen(load + ["idle", str(proxy.ports["ec"]), str(count), "3", "X25519"],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    line = client.stdout.readline()
    time.sleep(0.5)
    held = (resident_kib(proxy.process.pid) - before) / count if line else None
    client.stdin.close()
    client.wait()
    time.sleep(0.5)
    return held


def started(build, known, core):
    """Every proxy that is installed."""
    ours = os.path.join(build, "tlswright")
    proxies = [Proxy("tlswright " + keys + " " + records, TLSWRIGHT.replace("{keys}", keys).replace("{records}", records),
                     [ours, "serve", "-c"], known, core)
               for keys, records in (("inline", "own"), ("process", "own"), ("inline", "library"))]
    for name, text, words in (("nginx", NGINX, ["-p", known["folder"], "-c"]), ("haproxy", HAPROXY, ["-db", "-f"]),
                              ("hitch", HITCH, ["--config"]), ("stunnel", STUNNEL, [])):
        program = shutil.which(name) or shutil.which(name + "4")
        if program:
            try:
                proxies.append(Proxy(name, text, [program] + words, known, core))
            except SystemExit as e:
                print(e, file=sys.stderr)
        else:
            print("bench: no %s here" % name, file=sys.stderr)
    return proxies


def table(proxies, found):
    print("| CPU µs | " + " | ".join(p.name for p in proxies) + " | ours to the best peer |")
    print("| --- " * (len(proxies) + 2) + "|")
    for title, row in found.items():
        middle = {n: statistics.median(v) for n, v in row.items() if v and None not in v}
        peers = [v for n, v in middle.items() if not n.startswith("tlswright")]
        ours = middle.get("tlswright inline own")
        ratio = "%.2f" % (ours / min(peers)) if ours and peers and min(peers) > 0 else "-"
        print("| %s | " % title + " | ".join("%.4g" % middle[p.name] if p.name in middle else "-" for p in proxies)
              + " | %s |" % ratio, flush=True)


def main(build):
    load = [os.path.join(build, "bench", "bench-load")]
    cores = sorted(os.sched_getaffinity(0))
    away = ["taskset", "-c", str(cores[-1])] + load
    hybrid = subprocess.run(["openssl", "version"], capture_output=True, text=True).stdout >= "OpenSSL 3.5"
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        known = {"folder": folder, "behind": ports.free(), "user": pwd.getpwuid(os.getuid()).pw_name}
        groups = HYBRID + ":" + GROUPS if hybrid else GROUPS
        known["curves"] = " curves " + groups
        known["hitch_curves"] = 'ecdh-curve = "%s"' % groups
        known["stunnel_curves"] = "curves = " + groups
        module = "/usr/lib/nginx/modules/ngx_stream_module.so"
        known["modules"] = "load_module %s;" % module if os.path.exists(module) else ""
        for key in ("ec", "rsa"):
            known[key] = servers.certificate(folder, key, "DNS:bench.test", key)
            with open(os.path.join(folder, key + ".both"), "w") as both:
                both.write("".join(open(path).read() for path in reversed(known[key])))
        behind = subprocess.Popen(away + ["backend", str(known["behind"])])
        proxies = started(build, known, cores[0])
        found = {}
        try:
            columns = [c for c in COLUMNS if hybrid or HYBRID not in c[0]]
            for turn in range(ROUNDS):
                for column in columns:
                    for proxy in proxies[turn % len(proxies):] + proxies[:turn % len(proxies)]:
                        found.setdefault(column[0], {}).setdefault(proxy.name, []).append(measured(proxy, column, away))
                print("bench: gateway, round %d done" % (turn + 1), file=sys.stderr, flush=True)
                if os.environ.get("BENCH_EACH"):
                    table(proxies, found)
            for proxy in proxies:
                found.setdefault("KiB of an idle connection, %d" % IDLE, {})[proxy.name] = [idle(proxy, away, IDLE)]
            table(proxies, found)
        finally:
            for proxy in proxies:
                proxy.close()
            behind.terminate()
            behind.wait()


if __name__ == "__main__":
    main(sys.argv[1])
