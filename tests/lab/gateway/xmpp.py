#!/usr/bin/python3
"""Two people who chat by slixmpp, run in the room: xmpp.py CA HOST PORT explicit|implicit USER PASSWORD USER PASSWORD.

Texts on standard input, one JSON list. The first sends each to the second, who sends it back. Prints JSON: what came back,
and the mechanisms and features that were offered inside TLS; or {"refused": why}.
"""
import asyncio
import json
import ssl
import sys

import slixmpp


class Client(slixmpp.ClientXMPP):
    def __init__(self, ca, user, password):
        super().__init__(user, password)
        self.ca_certs = ca
        self.done = asyncio.get_event_loop().create_future()
        self.online = asyncio.get_event_loop().create_future()
        self.got, self.offered = [], []
        self.use_presence_ids = False
        self.add_event_handler("session_start", self.on_start)
        self.add_event_handler("failed_all_auth", lambda _: self.refuse("authentication"))
        self.add_event_handler("connection_failed", lambda why: self.refuse(str(why)))
        self.add_event_handler("stream_error", lambda why: self.refuse(str(why)))
        self.register_handler(slixmpp.xmlstream.handler.Callback(
            "features", slixmpp.xmlstream.matcher.MatchXPath("{http://etherx.jabber.org/streams}features"), self.on_features))

    def on_features(self, stanza):
        self.offered.append(sorted(child.tag.split("}")[1] for child in stanza.xml))

    def refuse(self, why):
        if not self.online.done():
            self.online.set_result(why)

    async def on_start(self, _):
        self.send_presence()
        await self.get_roster()
        if not self.online.done():
            self.online.set_result(None)


async def main():
    ca, host, port, mode, *people = sys.argv[1:]
    texts = json.load(sys.stdin)
    clients = [Client(ca, user, password) for user, password in zip(people[::2], people[1::2])]
    for c in clients:
        c.enable_starttls, c.enable_direct_tls, c.enable_plaintext = mode == "explicit", mode == "implicit", False
        c.connect(host, int(port))
    why = [await asyncio.wait_for(c.online, 30) for c in clients]
    if any(why):
        print(json.dumps({"refused": why, "offered": clients[0].offered}))
        return
    first, second = clients
    second.add_event_handler("message", lambda m: second.send_message(m["from"], m["body"]))
    back = asyncio.Queue()
    first.add_event_handler("message", lambda m: back.put_nowait(m["body"]))
    for text in texts:
        first.send_message(second.boundjid.full, text)
    came = [await asyncio.wait_for(back.get(), 30) for _ in texts]
    cipher = first.transport.get_extra_info("cipher")
    print(json.dumps({"came": came, "offered": first.offered, "version": cipher and cipher[1]}))
    for c in clients:
        await c.disconnect()


asyncio.get_event_loop_policy().set_event_loop(asyncio.new_event_loop())
asyncio.get_event_loop_policy().get_event_loop().run_until_complete(main())
