#!/usr/bin/env python3
"""Measures what an administrator waits for: `diagnose` of a healthy host with its siblings, 40 ms away, and with one
sibling that a firewall swallows; and `config` with versions given.

    diagnose.py BUILD        called by bench.py; alone: make && python3 bench/diagnose.py build

The ports are the registry's own, so it enters a network namespace of its own (root). A figure is the median of
BENCH_ROUNDS rounds; a diagnosis that did not say "works", or a config that failed, ends it.
"""
import json
import os
import subprocess
import sys
import tempfile

import bench
import servers

NEAR = 10000        # a far port P leads to P + NEAR, beside us
STEP_S = 5.0        # diagnose's own limit for one step
HEALTHY_S = 1.5
CONFIG_S = 0.02
CONFIGS = 20        # so short that one run says little
INSIDE = "TLSWRIGHT_BENCH_INSIDE"

DROP = "table inet bench {\nchain input {\ntype filter hook input priority 0;\ntcp dport %d drop\n}\n}\n"


def web(folder, pair):
    plain = "server { listen 127.0.0.1:%d; return 301 https://127.0.0.1/; }" % (80 + NEAR)
    return servers.nginx(folder, plain + "".join(
        "server { listen 127.0.0.1:%d ssl; ssl_certificate %s; ssl_certificate_key %s; return 200 ok; }"
        % (port + NEAR, *pair) for port in (443, 8443)), "web", "https", 443 + NEAR)


def mail(port, pair):
    here = os.path.dirname(os.path.abspath(__file__))
    return servers.Server(["python3", os.path.join(here, "smtp.py"), str(port + NEAR), *pair], "mail", "smtp", port + NEAR)


def swallow(port):
    """From now on a SYN to that port is lost; None: as before."""
    subprocess.run(["nft", "flush", "ruleset"], check=True)
    if port is not None:
        subprocess.run(["nft", "-f", "-"], input=DROP % port, text=True, check=True)


# What is asked, the port that is swallowed, the target.
WEB = [("443 with 80 and 8443", None, "https://127.0.0.1"),
       ("443 with 80, and 8443 filtered", 8443, "https://127.0.0.1")]
MAIL = [("587 with 25, and 465 closed", None, "submission://127.0.0.1"),
        ("587 with 25, and 465 filtered", 465, "submission://127.0.0.1")]


def diagnoses(b, ours, ca):
    """Each as an administrator asks it: (what, port swallowed, wall s, CPU s)."""
    for what, lost, target in (WEB if servers.have_nginx() else []) + MAIL:
        swallow(lost)
        figures = []
        for _ in range(bench.ROUNDS):
            figure = b.run([ours, "diagnose", "--json", "--ca", ca, target])
            said = json.loads(figure.pop("said"))
            if said["verdict"] != "works":
                raise SystemExit("bench: diagnose says of a healthy host: %s" % json.dumps(said)[:2000])
            figures.append(figure)
        yield what, lost, bench.middle(figures, "wall"), bench.middle(figures, "cpu")
    swallow(None)


def measure(build, b):
    ours = os.path.join(build, "tlswright")
    pair = servers.certificate(b.folder, "far", "IP:127.0.0.1")
    running = [mail(25, pair), mail(587, pair)]
    ports = [25, 587]
    if servers.have_nginx():
        running.append(web(b.folder, pair))
        ports += [80, 443, 8443]
    relays = [bench.Relay(port + NEAR, bench.ROUND_TRIP_MS, port) for port in ports]
    print("\ndiagnose, everything %d ms away" % bench.ROUND_TRIP_MS)
    try:
        for what, lost, wall, cpu in diagnoses(b, ours, pair[0]):
            bench.goal("%s, wall s (CPU %.3f)" % (what, cpu), wall, HEALTHY_S + (STEP_S if lost else 0))
    finally:
        for each in relays + running:
            each.close()
    print("\nconfig nginx --version 1.26 --openssl 3.5")
    figures = [b.run([ours, "config", "nginx", "--version", "1.26", "--openssl", "3.5"]) for _ in range(CONFIGS)]
    if any(f["status"] != 0 for f in figures):
        raise SystemExit("bench: config failed: %s" % figures[0])
    bench.goal("wall s, median of %d" % CONFIGS, bench.middle(figures, "wall"), CONFIG_S)


def main(build):
    if INSIDE not in os.environ:
        sys.stdout.flush()
        if subprocess.run(["unshare", "--net", "true"], stderr=subprocess.DEVNULL).returncode != 0:
            print("\ndiagnose and config: not measured (a network of its own needs root)")
            return 0
        return subprocess.run(["unshare", "--net", sys.executable, os.path.abspath(__file__), build],
                              env=dict(os.environ, **{INSIDE: "1"})).returncode
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    with tempfile.TemporaryDirectory(prefix="tlswright-bench-") as folder:
        measure(build, bench.Bench(build, folder))
    return 0


if __name__ == "__main__":
    sys.exit(main(os.path.abspath(sys.argv[1])))
