"""A stage: three network namespaces in a row, the client `here`, a router `way`, the
server `there`, with both families. Firewalls and packet thieves stand on the way, name
servers and files of names are here's own. Nothing of it reaches the machine's network."""

import contextlib
import os
import pathlib
import shutil
import socket
import struct
import subprocess
import tempfile
import threading
import time

from servers.tcp import Gone, Server, _enter_netns

THERE4, THERE6 = "192.0.2.2", "2001:db8:2::2"
SECOND4 = "192.0.2.3"
RESOLVER = "198.51.100.53"      # at the router: a name server, where one is staged
HOST = "mail.example.com"
ROOM = str(pathlib.Path(__file__).resolve().parents[1] / "room" / "room")


def sh(*words, **kw):
    return subprocess.run(words, check=True, capture_output=True, **kw)


class Stage:
    def __init__(self):
        tag = f"{os.getpid():x}{os.urandom(2).hex()}"
        self.here, self.way, self.there = (f"tw{tag}{end}" for end in "hwt")
        self.own = pathlib.Path("/etc/netns") / self.here
        self.opened = contextlib.ExitStack()
        self.servers = []

    # -- up and down

    def __enter__(self):
        try:
            self.build()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.opened.close()
        shutil.rmtree(self.own, ignore_errors=True)
        with contextlib.suppress(OSError):
            self.own.parent.rmdir()     # if it was ours alone
        for name in (self.here, self.way, self.there):
            subprocess.run(["ip", "netns", "del", name], capture_output=True)

    def build(self):
        for name in (self.here, self.way, self.there):
            sh("ip", "netns", "add", name)
            sh("ip", "-n", name, "link", "set", "lo", "up")
        self.join(self.here, "198.51.100", "2001:db8:1")
        self.join(self.there, "192.0.2", "2001:db8:2")
        self.address(self.there, SECOND4)
        sh("ip", "-n", self.way, "addr", "add", RESOLVER + "/32", "dev", "lo")
        for knob in ("ipv4/ip_forward", "ipv6/conf/all/forwarding"):
            sh("ip", "netns", "exec", self.way, "sh", "-c", f"echo 1 > /proc/sys/net/{knob}")
        self.own.mkdir(parents=True)
        self.hosts(f"{THERE4} {HOST}")
        (self.own / "resolv.conf").write_text(f"nameserver {RESOLVER}\noptions timeout:1\n")

    def join(self, end, net4, net6):
        """end and the router, by a cable of their own: .2 and .1."""
        sh("ip", "link", "add", "eth0", "netns", end, "type", "veth", "peer", "name", end, "netns", self.way)
        for name, link, host in ((end, "eth0", 2), (self.way, end, 1)):
            sh("ip", "-n", name, "addr", "add", f"{net4}.{host}/24", "dev", link)
            sh("ip", "-n", name, "-6", "addr", "add", f"{net6}::{host}/64", "dev", link, "nodad")
            sh("ip", "-n", name, "link", "set", link, "up")
        sh("ip", "-n", end, "route", "add", "default", "via", f"{net4}.1")
        sh("ip", "-n", end, "-6", "route", "add", "default", "via", f"{net6}::1")

    def address(self, name, address):
        sh("ip", "-n", name, "addr", "add", address + "/24", "dev", "eth0")

    # -- names

    def hosts(self, text):
        (self.own / "hosts").write_text("127.0.0.1 localhost\n::1 localhost\n" + text + "\n")

    def names(self, answer):
        """A name server on the way: answer(name, type) gives addresses, "nxdomain", "servfail" or None (silence)."""
        self.hosts("")
        self.opened.enter_context(NameServer(answer, self.way))

    # -- who answers

    def serve(self, port, handler, address="::"):
        """handler on a port of the server, in both families."""
        server = self.opened.enter_context(Server(handler, address, port, netns=self.there))
        self.servers.append(server)
        return server

    def room(self, port, files, *words):
        """A real server of the room, in the server's namespace; its files lie in /stage. It is waited for,
        and ended with the stage."""
        folder = self.opened.enter_context(tempfile.TemporaryDirectory(prefix="tlswright-stage-", dir="/tmp"))
        os.chmod(folder, 0o755)
        here = bool(os.environ.get("TLSWRIGHT_IN_ROOM"))        # nothing to enter, nor to bind
        into = [] if here else [ROOM, "run", "--bind", folder + ":/stage"]
        if here:
            words = [word.replace("/stage", folder) for word in words]
        for name, text in files.items():
            if here and isinstance(text, str):
                text = text.replace("/stage", folder)
            pathlib.Path(folder, name).write_bytes(text if isinstance(text, bytes) else text.encode())
        process = subprocess.Popen(["ip", "netns", "exec", self.there, *into, *words], stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

        def end():
            process.terminate()
            process.wait(20)
        self.opened.callback(end)
        for _ in range(200):
            done = subprocess.run(["ip", "netns", "exec", self.there, "ss", "-Hltn", "sport", "=", f":{port}"],
                                  capture_output=True)
            if done.stdout.strip():
                return
            assert process.poll() is None, "the server ended"
            time.sleep(0.1)
        raise AssertionError("the server does not listen")

    # -- what happens on the way

    def firewall(self, *rules, nat=()):
        """nftables rules for what passes the router."""
        text = "table inet way {\n chain forward {\n  type filter hook forward priority 0;\n"
        text += "".join(f"  {rule}\n" for rule in rules) + " }\n"
        if nat:
            text += " chain nat {\n  type nat hook prerouting priority -100;\n"
            text += "".join(f"  {rule}\n" for rule in nat) + " }\n"
        done = subprocess.run(["ip", "netns", "exec", self.way, "nft", "-f", "-"],
                              input=(text + "}\n").encode(), capture_output=True)
        assert done.returncode == 0, done.stderr.decode()

    def far(self, ports, ms):
        """Each port of the server as if a round trip took so many milliseconds. Not every kernel has
        netem, so relays do it: servers must listen on SECOND4. Connecting costs a round trip too,
        which is paid with the first bytes of either side."""
        for port in ports:
            self.serve(port, relay(port, ms / 1000, self.there), THERE4)

    def ip(self, where, *words):
        sh("ip", "-n", where, *words)

    @property
    def prefix(self):
        return ("ip", "netns", "exec", self.here)

    @property
    def faults(self):
        return [fault for server in self.servers for fault in server.faults]


def relay(port, trip, netns):
    def handler(conn):
        _enter_netns(netns)             # this thread's
        with socket.create_connection((SECOND4, port), 5) as far:
            opened = time.monotonic() + trip

            def carry(read, write, done):
                with contextlib.suppress(OSError, Gone):
                    while data := read():
                        time.sleep(max(trip / 2, opened - time.monotonic()))
                        write(data)
                with contextlib.suppress(OSError):
                    done(socket.SHUT_WR)
            back = threading.Thread(target=carry, args=(lambda: far.recv(65536), conn.send, conn.sock.shutdown),
                                    daemon=True)
            back.start()
            carry(conn.recv_some, far.sendall, far.shutdown)
            back.join(10)
    return handler


class NameServer:
    """Enough of DNS for one question at a time, over UDP."""

    def __init__(self, answer, netns):
        self.answer = answer
        self.stopping = threading.Event()
        ready = threading.Event()
        self.thread = threading.Thread(target=self.run, args=(netns, ready), daemon=True)
        self.thread.start()
        ready.wait()

    def run(self, netns, ready):
        _enter_netns(netns)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.bind((RESOLVER, 53))
            sock.settimeout(0.1)
            ready.set()
            while not self.stopping.is_set():
                try:
                    question, peer = sock.recvfrom(4096)
                except TimeoutError:
                    continue
                reply = self.reply(question)
                if reply:
                    sock.sendto(reply, peer)

    def reply(self, question):
        labels, at = [], 12
        while question[at]:
            labels.append(question[at + 1:at + 1 + question[at]].decode("ascii", "replace"))
            at += 1 + question[at]
        kind = struct.unpack(">H", question[at + 1:at + 3])[0]
        answer = self.answer(".".join(labels).lower(), {1: "A", 28: "AAAA"}.get(kind, str(kind)))
        if answer is None:
            return None
        code = {"nxdomain": 3, "servfail": 2}.get(answer, 0) if isinstance(answer, str) else 0
        records = b""
        rows = [] if isinstance(answer, str) else answer
        for address in rows:
            packed = socket.inet_pton(socket.AF_INET6 if ":" in address else socket.AF_INET, address)
            records += b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, 60, len(packed)) + packed
        return (question[:2] + struct.pack(">HHHHH", 0x8180 | code, 1, len(rows), 0, 0)
                + question[12:at + 5] + records)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.thread.join(5)
