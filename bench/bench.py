#!/usr/bin/env python3
"""Measures tlswright beside its peers on the same servers in the same run.

    bench.py BUILD        called by `make bench-here`; `make bench` calls that in the room

Prints wall and CPU seconds, peak memory and connections, each peer's ratio to ours, direct
and 40 ms away; then a fleet of 200 endpoints; then diagnose.py. A figure is the median of BENCH_ROUNDS rounds
in which every tool has its turn; testssl.sh, which takes over a minute, has BENCH_SLOW.
Environment: BENCH_ROUNDS (5), BENCH_SLOW (1; 0: leave it out), BENCH_FLEET (200).
"""
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import diagnose
import servers

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
SLOW = int(os.environ.get("BENCH_SLOW", "1"))
FLEET = int(os.environ.get("BENCH_FLEET", "200"))
HERE = os.path.dirname(os.path.abspath(__file__))
ROUND_TRIP_MS = 40
QUICK = 10          # times round the fleet


# What each of them prints of a server it has examined.
SUITE = re.compile(r"ECDHE-ECDSA-AES128-GCM|TLS_AES_128_GCM|TLS_AES_256_GCM|TLS_ECDHE_ECDSA")


class Tool:
    """A command on one endpoint; rounds says how often it has its turn."""

    def __init__(self, name, program, words, starttls=None, rounds=ROUNDS):
        self.name, self.program, self.words, self.starttls = name, program, words, starttls
        self.rounds = rounds

    def command(self, host, port, scheme):
        words = self.words
        if scheme != "https":
            words = self.starttls
        return [self.program] + [w.format(host=host, port=port, scheme=scheme) for w in words]


def tools(build):
    def there(*names):
        return next((p for p in map(shutil.which, names) if p), None)

    ours = os.path.join(build, "tlswright")
    every = [
        Tool("tlswright", ours, ["audit", "--json", "{scheme}://{host}:{port}"],
             ["audit", "--json", "{scheme}://{host}:{port}"]),
        Tool("tlswright --quick", ours, ["audit", "--quick", "--json", "{scheme}://{host}:{port}"],
             ["audit", "--quick", "--json", "{scheme}://{host}:{port}"]),
        Tool("sslscan", there("sslscan"), ["--no-colour", "{host}:{port}"],
             ["--no-colour", "--starttls-{scheme}", "{host}:{port}"]),
        Tool("nmap", there("nmap"), ["-Pn", "-n", "-p", "{port}", "--script",
                                     "+ssl-enum-ciphers", "{host}"]),
        Tool("sslyze", there("sslyze"), ["{host}:{port}"], ["--starttls", "{scheme}",
                                                            "{host}:{port}"]),
        Tool("testssl.sh", there("testssl.sh", "testssl"),
             ["--quiet", "--color", "0", "--warnings", "off", "{host}:{port}"], rounds=SLOW),
    ]
    return [t for t in every if t.program and t.rounds]


def version(tool):
    flag = {"sslyze": "--help"}.get(tool.name, "--version")
    if tool.name.startswith("testssl"):
        flag = "--version"
    out = subprocess.run([tool.program, flag], capture_output=True, text=True,
                         stdin=subprocess.DEVNULL).stdout
    words = [w for w in out.replace("\033[0m", " ").split() if w[:1].isdigit() and "." in w]
    return words[0].rstrip(",") if words else "?"


class Bench:
    def __init__(self, build, folder):
        self.measure = os.path.join(build, "bench", "bench-measure")
        self.folder = folder

    def run(self, argv):
        out, said = (os.path.join(self.folder, n) for n in ("measured", "said"))
        subprocess.run([self.measure, out, said] + argv, check=True, stdin=subprocess.DEVNULL)
        with open(out, encoding="utf-8") as f:
            figure = json.load(f)
        with open(said, encoding="utf-8", errors="replace") as f:
            figure["said"] = f.read()
        return figure

    def rounds(self, entries, port, scheme, relay=None):
        """{tool: [figures]} of every tool in turn; connections are counted by the relay."""
        got = {t.name: [] for t in entries}
        for n in range(max(t.rounds for t in entries)):
            for tool in entries:
                if n >= tool.rounds:
                    continue
                if relay:
                    relay.count()
                figure = self.run(tool.command("127.0.0.1", port, scheme))
                figure["connections"] = relay.count() if relay else None
                # A tool that found nothing was not fast: it did not work.
                figure["worked"] = SUITE.search(figure.pop("said")) is not None
                got[tool.name].append(figure)
        return got


class Relay:
    def __init__(self, port, round_trip_ms, listen=0):
        self.process = subprocess.Popen(
            [sys.executable, os.path.join(HERE, "delay.py"), str(listen), "127.0.0.1:%d" % port,
             str(round_trip_ms)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())

    def count(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def middle(figures, key):
    values = [f[key] for f in figures if f[key] is not None]
    return statistics.median(values) if values else None


def table(title, got, connections):
    ours = got["tlswright"]
    print("\n%s" % title)
    print("  %-18s %8s %8s %8s %6s   %s" % ("", "wall s", "CPU s", "MiB", "conns",
                                            "to tlswright: wall, CPU, connections"))
    for name, figures in got.items():
        if not figures:
            continue
        wall, cpu, rss = (middle(figures, k) for k in ("wall", "cpu", "rss"))
        conns = middle(connections.get(name, []), "connections")
        ratio = "%.1f x, %.1f x" % (wall / middle(ours, "wall"), cpu / middle(ours, "cpu"))
        base = middle(connections["tlswright"], "connections")
        if conns is not None and base:
            ratio += ", %.1f x" % (conns / base)
        print("  %-18s %8.3f %8.3f %8.1f %6s   %s%s"
              % (name, wall, cpu, rss / 1024, "-" if conns is None else "%d" % conns,
                 "" if name == "tlswright" else ratio,
                 "" if all(f["worked"] for f in figures) else "  (FOUND NOTHING, status %d)"
                 % figures[0]["status"]), flush=True)


def goal(text, value, limit, more=False):
    ok = value >= limit if more else value <= limit
    print("  %-44s %10.3f   goal %s %g: %s" % (text, value, ">=" if more else "<=", limit,
                                               "met" if ok else "NOT met"))


def lone(bench, server, entries):
    scheme = server.scheme
    entries = [t for t in entries if scheme == "https" or t.starttls]
    direct = bench.rounds(entries, server.port, scheme)
    far_relay = Relay(server.port, ROUND_TRIP_MS)
    far = bench.rounds(entries, far_relay.port, scheme, far_relay)
    far_relay.close()
    table("%s, direct" % server.title, direct, far)
    table("%s, %d ms away" % (server.title, ROUND_TRIP_MS), far, far)
    print()
    if not all(f["worked"] for f in direct["tlswright"] + far["tlswright"]):
        raise SystemExit("bench: tlswright saw no suite there: nothing was measured")
    if scheme == "https":
        goal("direct, wall s", middle(direct["tlswright"], "wall"), 0.3)
        goal("direct, CPU s", middle(direct["tlswright"], "cpu"), 0.1)
        goal("connections", middle(far["tlswright"], "connections"), 40)
    goal("%d ms away, wall s" % ROUND_TRIP_MS, middle(far["tlswright"], "wall"),
         1.0 if scheme == "https" else 2.0)


def machine_busy_s():
    """CPU seconds the whole machine has spent on anything, whoever asked for it."""
    with open("/proc/stat", encoding="ascii") as f:
        user, nice, system, idle, wait, irq, soft, stolen = map(int, f.readline().split()[1:9])
    return (user + nice + system + irq + soft + stolen) / os.sysconf("SC_CLK_TCK")


def bound(wall, tool, server, machine):
    other = max(0.0, machine - tool - server) / wall
    cores = os.cpu_count()
    if machine / wall > 0.85 * cores:
        return "the cores: %.2f the tool, %.2f nginx, %.2f others' work" % (
            tool / wall, server / wall, other)
    return "waiting: %.2f of %d cores idle, %.2f at others' work" % (
        max(0.0, cores - machine / wall), cores, other)


def fleet_commands(build, targets, first, count, port):
    ours = os.path.join(build, "tlswright")
    # As the peers, it is told that this is TLS on connect; "bare" is not told, and waits a
    # second for a greeting before it speaks to a port nobody named.
    yield "tlswright", [ours, "audit", "--json", "-i", targets + ".https"], ROUNDS
    # So short for 200 that starting would count, and memory could not show that it stays flat.
    yield "tlswright --quick", [ours, "audit", "--quick", "--json", "-i", targets + ".quick"], \
        ROUNDS
    yield "tlswright, bare", [ours, "audit", "--json", "-i", targets], 1
    last = first.rsplit(".", 1)
    span = "%s.%s-%d" % (last[0], last[1], int(last[1]) + count - 1)
    if shutil.which("nmap"):
        yield "nmap", ["nmap", "-Pn", "-n", "-p", str(port), "--script", "+ssl-enum-ciphers",
                       span], 1
    if shutil.which("sslscan") and SLOW:
        yield "sslscan, 8 at once", ["xargs", "-a", targets, "-P", "8", "-n", "1", "sslscan",
                                     "--no-colour"], 1


def fleet(bench, build, server, count):
    targets = os.path.join(bench.folder, "targets")
    with open(targets, "w", encoding="utf-8") as f:
        f.writelines("%s:%d\n" % (a, server.port) for a in server.addresses)
    with open(targets + ".https", "w", encoding="utf-8") as f:
        f.writelines("https://%s:%d\n" % (a, server.port) for a in server.addresses)
    with open(targets + ".quick", "w", encoding="utf-8") as f:
        f.writelines("https://%s:%d\n" % (a, server.port) for a in server.addresses * QUICK)
    print("\n%d endpoints of one nginx, an ECDSA certificate of one authority each (--quick: %d times round), on this "
          "machine's %d cores" % (count, QUICK, os.cpu_count()))
    print("  %-20s %10s %12s %8s   %s" % ("", "a second", "our CPU ms", "MiB",
                                          "cores busy: the tool, nginx"))
    goals = []
    for name, argv, rounds in fleet_commands(build, targets, server.addresses[0], len(server.addresses),
                                             server.port):
        count = len(server.addresses) * (QUICK if "quick" in name else 1)
        figures = []
        for _ in range(rounds):
            before, busy = server.cpu_s(), machine_busy_s()
            figure = bench.run(argv)
            figure["server"] = server.cpu_s() - before
            figure["machine"] = machine_busy_s() - busy
            found = len(SUITE.findall(figure.pop("said")))
            if found < count:
                print("  %s: only %d suites seen on %d endpoints" % (name, found, count))
            figures.append(figure)
        wall, cpu, rss, served = (middle(figures, k) for k in ("wall", "cpu", "rss", "server"))
        print("  %-20s %10.1f %12.2f %8.1f   %.2f, %.2f"
              % (name, count / wall, cpu / count * 1000, rss / 1024, cpu / wall, served / wall),
              flush=True)
        if name == "tlswright":
            goals += [("full, endpoints a second", count / wall, 100, True),
                      ("full, our CPU ms an endpoint", cpu / count * 1000, 10, False)]
        elif name == "tlswright --quick":
            goals += [("quick, endpoints a second", count / wall, 2000, True)]
        if name.startswith("tlswright"):
            print("    bound by %s" % bound(wall, cpu, served, middle(figures, "machine")))
    print()
    for row in goals:
        goal(*row)


def main():
    build = os.path.abspath(sys.argv[1])
    entries = tools(build)
    print("rounds: %d, of testssl.sh: %d; %d cores; %s" % (
        ROUNDS, SLOW, os.cpu_count(), ", ".join("%s %s" % (t.name, version(t)) for t in entries
                                                if "quick" not in t.name)), flush=True)
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="tlswright-bench-") as folder:
        bench = Bench(build, folder)
        for make in (servers.modern, servers.starttls):
            server = make(folder)
            if server is None:
                continue
            try:
                lone(bench, server, entries)
            finally:
                server.close()
        server = servers.fleet(folder, FLEET)
        if server is not None:
            try:
                fleet(bench, build, server, FLEET)
            finally:
                server.close()
    failed = diagnose.main(build)
    print("\nin %.0f s" % (time.monotonic() - started))
    return failed


if __name__ == "__main__":
    sys.exit(main())
