#!/usr/bin/env python3
"""smtp.py PORT CERT KEY: an SMTP server that greets, knows EHLO and STARTTLS, and shakes
hands; a thread a connection. For bench.py, which measures clients, not it."""
import socketserver
import ssl
import sys


class Session(socketserver.StreamRequestHandler):
    timeout = 30
    # No reading ahead: what follows the go-ahead belongs to TLS.
    rbufsize = 0

    def line(self):
        got = b""
        while not got.endswith(b"\n") and len(got) < 1000:
            more = self.request.recv(1)
            if not more:
                return b""
            got += more
        return got.strip().upper()

    def handle(self):
        try:
            self.request.sendall(b"220 bench.example ESMTP\r\n")
            while True:
                word = self.line()
                if word.startswith(b"EHLO"):
                    self.request.sendall(b"250-bench.example\r\n250 STARTTLS\r\n")
                elif word == b"STARTTLS":
                    self.request.sendall(b"220 go ahead\r\n")
                    with self.server.tls.wrap_socket(self.request, server_side=True) as secure:
                        while secure.recv(1000):
                            pass
                    return
                elif not word or word == b"QUIT":
                    return
                else:
                    self.request.sendall(b"502 no\r\n")
        except (OSError, ValueError):
            pass


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 256


server = Server(("127.0.0.1", int(sys.argv[1])), Session)
server.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
server.tls.load_cert_chain(sys.argv[2], sys.argv[3])
server.serve_forever()
