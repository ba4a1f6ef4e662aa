"""Loopback relays between fetchmail and the two servers it talks to.

They are here for what fetchmail 6.4 does not do by itself:
  * notice a network that went silent (it waits 28 minutes in IDLE): TCP keepalive and a limit on silence;
  * say which side failed, in one line, whatever fetchmail makes of it;
  * hand over at full speed: fetchmail writes a message line by line, and Nagle's algorithm then waits 40 ms a
    message for a delayed acknowledgement; the relay acknowledges at once and writes large blocks;
  * never deliver a message altered: see inspector.py.
TLS to the provider runs through a relay unopened.
"""

from __future__ import annotations

import select
import socket
import threading
import time

import reasons
from inspector import Inspector
from options import Endpoint

CHUNK = 1 << 18


def tune(sock: socket.socket) -> None:
    """Small writes leave at once, and a peer that is gone is noticed within two minutes."""
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 45)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 15)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 4)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 100_000)


class Gone(Exception):
    """fetchmail has ended its connection. That is no news of the server's: its exit status tells why."""


def from_client(client: socket.socket) -> bytes:
    """What fetchmail sends next; Gone when it has hung up, in whatever way."""
    try:
        data = client.recv(CHUNK)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
    except OSError as problem:
        raise Gone from problem
    if not data:
        raise Gone
    return data


def to_client(client: socket.socket, data: bytes) -> None:
    try:
        client.sendall(data)
    except OSError as problem:
        raise Gone from problem


class Relay:
    """Accepts on a loopback port and pumps bytes to and from one server."""

    def __init__(self, port: int, target: Endpoint, silence: float, examine: bool = False) -> None:
        self.target, self.silence, self.examine = target, silence, examine
        self.error: str | None = None  # why the server could not be reached, in one line
        self.heard = 0.0  # when the server last sent a byte
        self.active = time.monotonic()  # when either side last sent a byte
        self.open = 0
        self.listener = socket.create_server(("127.0.0.1", port), backlog=16)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            client, _ = self.listener.accept()
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def connect(self) -> socket.socket:
        """A tuned connection to the server; on failure OSError, with the reason kept for the status."""
        try:
            server = socket.create_connection(self.target, timeout=20)
        except OSError as problem:
            reason = "timed out" if isinstance(problem, socket.timeout) else problem.strerror or str(problem)
            self.error = reasons.cannot_connect(self.target, reason)
            raise
        server.settimeout(60)
        tune(server)
        return server

    def _serve(self, client: socket.socket) -> None:
        self.open += 1
        server: socket.socket | None = None
        try:
            server = self.connect()
            tune(client)
            client.settimeout(60)
            self._pump(client, server)
        except Gone:
            pass
        except OSError as problem:
            if server is not None:
                self.error = reasons.connection_lost(self.target, problem.strerror or problem)
        finally:
            self.open -= 1
            for sock in (client, server):
                if sock is not None:
                    sock.close()

    def _pump(self, client: socket.socket, server: socket.socket) -> None:
        poll = select.poll()
        poll.register(client, select.POLLIN)
        poll.register(server, select.POLLIN)
        inspector: Inspector | None = None
        data_pending, held = False, False
        last = time.monotonic()
        while True:
            ready = poll.poll(1000)
            now = time.monotonic()
            if not ready:
                if now - last > self.silence:
                    return  # nothing is wrong for certain; a new connection will tell
                continue
            for fd, _ in ready:
                last = self.active = now
                if fd == server.fileno():
                    data = server.recv(CHUNK)
                    if not data:
                        return
                    self.heard, self.error = now, None
                    if data_pending:
                        inspector, data_pending = (Inspector() if data.startswith(b"354") else None), False
                    to_client(client, data)
                    continue
                data = from_client(client)
                if inspector is None:
                    data_pending = self.examine and data.upper().startswith(b"DATA\r\n")
                else:
                    end, spoiled = inspector.feed(data)
                    if (spoiled or (end is not None and end != len(data))) and not held:
                        held = True  # the server never sees the end of this message, so it drops what it got
                        poll.unregister(server)
                        server.close()
                    if end is not None:
                        inspector = None
                    if held and end is None:
                        continue
                    if held:
                        to_client(client, b"451 4.6.0 left for the courier: fetchmail would alter this message\r\n")
                        return
                server.sendall(data)
