"""The floor of every scripted server: a listening socket on a free loopback
port, one thread a connection, everything ended by stop()."""

import ctypes
import os
import socket
import struct
import threading
import time
import traceback

import ports

CLONE_NEWNET = 0x40000000


class Gone(Exception):
    """The peer went away, or the server is being stopped."""


class Conn:
    """One connection: bytes counted and remembered, so tests can see who spoke first."""

    def __init__(self, sock, server, number):
        self.sock = sock
        self.server = server
        self.number = number            # 0 for the first connection of the server
        self.heard = bytearray()        # the first 64 KiB of what the peer sent
        self.buffer = b""

    def recv_some(self, limit=65536):
        if self.buffer:
            data, self.buffer = self.buffer[:limit], self.buffer[limit:]
            return data
        try:
            data = self.sock.recv(limit)
        except OSError as error:
            raise Gone() from error
        if not data:
            raise Gone()
        if len(self.heard) < 65536:
            self.heard += data
        return data

    def recv_exact(self, n):
        data = b""
        while len(data) < n:
            data += self.recv_some(n - len(data))
        return data

    def recv_line(self):
        data = b""
        while not data.endswith(b"\n"):
            if len(data) > 65536:
                raise Gone()
            data += self.recv_exact(1)
        return data

    def unread(self, data):
        self.buffer = data + self.buffer

    def send(self, data):
        try:
            self.sock.sendall(data)
        except OSError as error:
            raise Gone() from error

    def sleep(self, seconds):
        if self.server.stopping.wait(seconds):
            raise Gone()

    def wait_for_end(self):
        """Reads until the peer closes; what it says is dropped."""
        while True:
            self.recv_some()

    def reset(self):
        """Ends the connection with RST instead of FIN."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()


def _enter_netns(name):
    fd = os.open(f"/run/netns/{name}", os.O_RDONLY)
    try:
        if ctypes.CDLL(None, use_errno=True).setns(fd, CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")
    finally:
        os.close(fd)


class Server:
    """handler(conn) talks; it may raise Gone. The socket closes behind it."""

    def __init__(self, handler, address="127.0.0.1", port=0, netns=None):
        self.handler = handler
        self.address = address
        self.stopping = threading.Event()
        self.conns = []
        self.times = []                 # monotonic time of each accept
        self.faults = []                # what went wrong in our own script
        self._lock = threading.Lock()
        self._open = set()
        self._fault = None
        ready = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(port, netns, ready), daemon=True)
        self._thread.start()
        ready.wait()
        if self._fault:
            raise self._fault

    def _listen(self, port):
        family = socket.AF_INET6 if ":" in self.address else socket.AF_INET
        if port:
            sock = socket.socket(family, socket.SOCK_STREAM)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind((self.address, port))
        else:
            sock = ports.bound(family, self.address)
        sock.listen(256)
        sock.settimeout(0.1)
        return sock

    def _run(self, port, netns, ready):
        try:
            if netns:
                _enter_netns(netns)
            self._sock = self._listen(port)
            self.port = self._sock.getsockname()[1]
        except OSError as error:
            self._fault = error
        finally:
            ready.set()
        if self._fault:
            return
        while not self.stopping.is_set():
            try:
                sock, _ = self._sock.accept()
            except TimeoutError:
                continue
            except OSError:
                break
            sock.settimeout(25)
            conn = Conn(sock, self, len(self.conns))
            with self._lock:
                self.conns.append(conn)
                self.times.append(time.monotonic())
                self._open.add(conn)
            threading.Thread(target=self._serve, args=(conn,), daemon=True).start()

    def _serve(self, conn):
        try:
            self.handler(conn)
        except (Gone, OSError):
            pass
        except Exception:
            self.faults.append(traceback.format_exc())
        finally:
            with self._lock:
                self._open.discard(conn)
            try:
                conn.sock.close()
            except OSError:
                pass

    def shut_the_door(self):
        """Stops listening: from now on a connection is refused; the open ones go on."""
        self._sock.close()

    def stop(self):
        self.stopping.set()
        self._thread.join(5)
        self._sock.close()
        with self._lock:
            left = list(self._open)
        for conn in left:
            try:
                conn.sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    @property
    def target(self):
        host = f"[{self.address}]" if ":" in self.address else self.address
        return f"{host}:{self.port}"


def dark_port(address="127.0.0.1"):
    """A port nobody listens on (free a moment ago)."""
    return ports.free(address)
