#!/usr/bin/env python3
"""A TCP relay that counts connections and, if asked, is far away.

    delay.py PORT HOST:PORT ROUND_TRIP_MS

Listens on 127.0.0.1:PORT (0: a free one). Says its port in its first line, then answers
each line on stdin with how many connections came since the last one; ends with stdin.

A round trip of 40 ms costs 20 ms each way and, as a real one does, 40 ms before the
client can say its first byte: a connect() to this machine returns at once, so what comes
before that moment is held until then. The server sees the connection 60 ms after the
client asked for it, when the last packet of the handshake would have arrived.
"""
import asyncio
import os
import socket
import sys


def set_no_delay(writer):
    writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


class Relay:
    def __init__(self, host, port, round_trip_s):
        self.host, self.port, self.trip = host, port, round_trip_s
        self.count = 0

    async def pump(self, reader, writer, not_before):
        """Each chunk leaves half a round trip after it came, in order; writer is a future."""
        loop = asyncio.get_running_loop()
        queue = asyncio.Queue()

        async def deliver():
            out = await writer
            while True:
                when, data = await queue.get()
                if when > loop.time():
                    await asyncio.sleep(when - loop.time())
                if not data:
                    if out.can_write_eof():
                        out.write_eof()
                    return
                out.write(data)
                await out.drain()

        sender = asyncio.create_task(deliver())
        try:
            while True:
                data = await reader.read(65536)
                queue.put_nowait((max(loop.time(), not_before) + self.trip / 2, data))
                if not data:
                    break
            await sender
        finally:
            sender.cancel()

    async def serve(self, reader, writer):
        loop = asyncio.get_running_loop()
        self.count += 1
        began = loop.time()
        here, there = loop.create_future(), loop.create_future()
        here.set_result(writer)
        set_no_delay(writer)
        tasks = [asyncio.create_task(self.pump(reader, there, began + self.trip))]
        try:
            await asyncio.sleep(self.trip * 1.5)
            from_server, upstream = await asyncio.open_connection(self.host, self.port)
            set_no_delay(upstream)
            there.set_result(upstream)
            tasks.append(asyncio.create_task(self.pump(from_server, here, 0)))
            await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
        except OSError:
            pass
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            writer.close()
            if there.done():
                there.result().close()


async def main():
    host, port = sys.argv[2].rsplit(":", 1)
    relay = Relay(host, int(port), float(sys.argv[3]) / 1000)
    server = await asyncio.start_server(relay.serve, "127.0.0.1", int(sys.argv[1]),
                                        backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    stdin = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(stdin), sys.stdin)
    while await stdin.readline():
        print(relay.count, flush=True)
        relay.count = 0
    os._exit(0)     # connections still open are nobody's now


asyncio.run(main())
