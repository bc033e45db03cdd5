"""A process with many listeners: server.py JSON, a list of {"address", "port", "say", "then",
"tls", "v6only", "udp"}: what is said at first, and then to anything.
Prints the list with its ports filled in, then serves until it is ended."""

import json
import os
import socket
import ssl
import sys
import threading


def listen(row):
    family = socket.AF_INET6 if ":" in row["address"] else socket.AF_INET
    s = socket.socket(family, socket.SOCK_DGRAM if row.get("udp") else socket.SOCK_STREAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(row.get("v6only", False)))
    s.bind((row["address"], row.get("port", 0)))
    row["port"] = s.getsockname()[1]
    if not row.get("udp"):
        s.listen(4096)
    return s


def answer(c, row):
    try:
        c.settimeout(5)
        if row.get("tls"):
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(row["tls"], row["tls"].replace(".pem", ".key"))
            c = context.wrap_socket(c, server_side=True)
        if row.get("say"):
            c.sendall(row["say"].encode())
        while c.recv(4096):
            if row.get("then"):
                c.sendall(row["then"].encode())
    except (OSError, ssl.SSLError):
        pass
    finally:
        c.close()


def serve(s, row):
    while True:
        threading.Thread(target=answer, args=(s.accept()[0], row), daemon=True).start()


def main():
    rows = json.loads(sys.argv[1])
    sockets = [listen(row) for row in rows]
    print(json.dumps({"pid": os.getpid(), "rows": rows}), flush=True)
    for s, row in zip(sockets, rows):
        if not row.get("udp"):
            threading.Thread(target=serve, args=(s, row), daemon=True).start()
    threading.Event().wait()


main()
