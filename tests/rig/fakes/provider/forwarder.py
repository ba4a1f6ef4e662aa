"""Stands before Dovecot in the provider's pod, and passes connections on: to the faulty proxy as long as that is connected.

The proxy runs where the tests run, which no pod reaches; it comes through the cluster's API (faultyProxyTunnel.ts). It
connects in advance, once per client, and is told by one byte that it is known here. What is in between when it comes or
goes is cut.
"""

import asyncio
import os
import signal

PORT, DOVECOT, TUNNEL = (int(os.environ[name]) for name in ("PORT", "DOVECOT", "TUNNEL"))


async def copy(reader, writer):
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass  # one of the two has gone
    finally:
        writer.close()


async def join(one, other):
    await asyncio.gather(copy(one[0], other[1]), copy(other[0], one[1]))


class Forwarder:
    def __init__(self):
        self.tunnels, self.waiting, self.direct = 0, [], set()

    async def client(self, reader, writer):
        while self.tunnels and not self.waiting:
            await asyncio.sleep(0.02)
        if self.waiting:
            self.waiting.pop(0).set_result((reader, writer))
            return
        try:
            dovecot = await asyncio.open_connection("127.0.0.1", DOVECOT)
        except OSError:
            writer.close()
            return
        self.direct.add(writer)
        await join((reader, writer), dovecot)
        self.direct.discard(writer)

    async def tunnel(self, reader, writer):
        if self.tunnels == 0:
            for one in self.direct:
                one.transport.abort()
        self.tunnels += 1
        client = asyncio.get_running_loop().create_future()
        self.waiting.append(client)
        writer.write(b".")
        gone = asyncio.ensure_future(reader.read(1))  # nothing is said here before a client speaks
        await asyncio.wait([client, gone], return_when=asyncio.FIRST_COMPLETED)
        if client.done():
            gone.cancel()
            await asyncio.gather(gone, return_exceptions=True)
            await join((reader, writer), client.result())
        else:
            self.waiting.remove(client)
            writer.close()
        self.tunnels -= 1


async def main():
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    forwarder = Forwarder()
    servers = [
        await asyncio.start_server(forwarder.client, "", PORT),
        await asyncio.start_server(forwarder.tunnel, "127.0.0.1", TUNNEL),
    ]
    await asyncio.gather(*(server.serve_forever() for server in servers))


asyncio.run(main())
