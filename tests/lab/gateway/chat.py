#!/usr/bin/python3
"""Two people in a channel by python3-irc, run in the room: chat.py CA HOST PORT explicit|implicit [PASSWORD].

Texts on standard input, one JSON list; the first says each in #lab, the second says it again. Prints JSON: what came back,
what the server calls the first, what it offered inside TLS; or {"refused": why}.
"""
import json
import socket
import ssl
import sys
import time

import irc.client
import irc.connection


def connector(ca, mode, name):
    context = ssl.create_default_context(cafile=ca)

    def connect(address):
        sock = socket.create_connection(address, 20)
        if mode == "explicit":
            sock.sendall(b"STARTTLS\r\n")
            answer = b""
            while not answer.endswith(b"\n"):
                answer += sock.recv(1)
            assert b" 670 " in answer, answer
        return context.wrap_socket(sock, server_hostname=name)
    return connect


def main():
    ca, host, port, mode, *password = sys.argv[1:]
    texts = json.load(sys.stdin)
    reactor = irc.client.Reactor() if hasattr(irc.client, "Reactor") else irc.client.IRC()
    said = {"came": [], "refused": [], "host": None, "offered": []}
    joined = []
    people = []

    def on_any(c, event):
        if event.type in ("passwdmismatch", "464", "error", "disconnect"):
            said["refused"].append(" ".join(event.arguments) or event.target or event.type)
        elif event.type == "cap":
            said["offered"] += event.arguments[-1].split()
        elif event.type == "endofnames":
            joined.append(c)
        elif event.type == "whoisuser" and c is people[0]:
            said["host"] = event.arguments[2]

    reactor.add_global_handler("all_events", on_any)
    reactor.add_global_handler("welcome", lambda c, e: c.join("#lab"))

    def on_pubmsg(c, e):
        if c is people[1]:
            c.privmsg("#lab", e.arguments[0])
        elif c is people[0]:
            said["came"].append(e.arguments[0])

    def until(condition):
        end = time.monotonic() + 30
        while not condition() and not said["refused"] and time.monotonic() < end:
            reactor.process_once(0.05)

    reactor.add_global_handler("pubmsg", on_pubmsg)
    for nick in ("anna", "ben"):
        c = reactor.server()
        people.append(c)
        c.connect(host, int(port), nick + mode[0], password=password[0] if password else None,
                  connect_factory=connector(ca, mode, host))
        if nick == "anna":
            c.send_raw("CAP LS")
            c.send_raw("CAP END")
        until(lambda: c in joined)
        if said["refused"]:
            break
    if not said["refused"]:
        people[0].whois([people[0].get_nickname()])
        for text in texts:
            people[0].privmsg("#lab", text)
        until(lambda: len(said["came"]) == len(texts) and said["host"])
    print(json.dumps(said))


main()
