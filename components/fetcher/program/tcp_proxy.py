"""Loopback proxies between fetchmail and the two servers it talks to.

They are here for what fetchmail 6.4 does not do by itself:
  * notice a network that went silent: TCP keepalive and a limit on silence;
  * say which side failed, in one line, whatever fetchmail makes of it;
  * hand over at full speed: fetchmail writes a message line by line, and Nagle's algorithm then waits 40 ms a
    message for a delayed acknowledgement; the proxy acknowledges at once and writes large blocks;
  * never deliver a message altered or cut: see integrity_check.py.
TLS to the provider runs through a proxy unopened.
"""

from __future__ import annotations

import re
import select
import socket
import threading
import time

import reasons
from integrity_check import PassingMessage
from options import Endpoint

CHUNK = 1 << 16  # bytes; for each larger read, malloc gets pages from the kernel, and gives them back
LAST_ANSWER = 630.0  # seconds for the answer to the final dot: RFC 5321, 4.5.3.2.6, wants ten minutes, and some more
MAIL = re.compile(rb"MAIL FROM:\s*<([^>\r\n]*)>[^\r\n]*\r\n", re.IGNORECASE)


def tune(sock: socket.socket) -> None:
    """Small writes leave at once, and a peer that is gone is noticed within two minutes."""
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 45)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 15)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 4)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 100_000)


class ClientClosed(Exception):
    """fetchmail has ended its connection. That is no news of the server's: its exit status tells why."""


def from_client(client: socket.socket) -> bytes:
    """What fetchmail sends next; ClientClosed when it has hung up, in whatever way."""
    try:
        data = client.recv(CHUNK)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
    except OSError as problem:
        raise ClientClosed from problem
    if not data:
        raise ClientClosed
    return data


def to_client(client: socket.socket, data: bytes) -> None:
    try:
        client.sendall(data)
    except OSError as problem:
        raise ClientClosed from problem


class Proxy:
    """Accepts on a loopback port and pumps bytes to and from one server."""

    def __init__(self, port: int, target: Endpoint, silence: float, examine: bool = False) -> None:
        self.target, self.silence, self.examine = target, silence, examine
        self.error: str | None = None  # why the server could not be reached, in one line
        self.active = time.monotonic()  # when either side last sent a byte
        self.awaiting = 0.0  # since when the answer to a final dot is waited for; 0 when none is
        self.listener = socket.create_server(("127.0.0.1", port), backlog=16)
        self.port: int = self.listener.getsockname()[1]  # a free one, when none is given
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
        server: socket.socket | None = None
        try:
            server = self.connect()
            tune(client)
            client.settimeout(60)
            self._pump(client, server)
        except ClientClosed:
            pass
        except OSError as problem:
            if server is not None:
                self.error = reasons.connection_lost(self.target, problem.strerror or problem)
        finally:
            self.awaiting = 0.0
            for sock in (client, server):
                if sock is not None:
                    sock.close()

    def _pump(self, client: socket.socket, server: socket.socket) -> None:
        poll = select.poll()
        poll.register(client, select.POLLIN)
        poll.register(server, select.POLLIN)
        passing = Passing() if self.examine else None
        last = time.monotonic()
        while True:
            ready = poll.poll(1000)
            now = time.monotonic()
            if not ready:
                if now - last > (LAST_ANSWER if self.awaiting else self.silence):
                    return  # nothing is wrong for certain; a new connection will tell
                continue
            for fd, _ in ready:
                last = self.active = now
                if fd == server.fileno():
                    data = server.recv(CHUNK)
                    if not data:
                        return
                    self.error, self.awaiting = None, 0.0
                    if passing:
                        passing.answered(data)
                    to_client(client, data)
                    continue
                data = from_client(client)
                if passing is None:
                    server.sendall(data)
                    continue
                held, ended = passing.held, passing.sent(data)
                if passing.held and not held:  # the server never sees the end of this message, so it drops what it got
                    poll.unregister(server)
                    server.close()
                if passing.held and ended:
                    to_client(client, b"451 4.6.0 left for direct delivery: it would not arrive as it is\r\n")
                    return
                if not passing.held:
                    self.awaiting = now if ended else 0.0
                    server.sendall(data)


class Passing:
    """Where an SMTP conversation is, and the message in it, if there is one."""

    def __init__(self) -> None:
        self.size: int | None = None
        self.sender = ""
        self.asked = False  # DATA was sent, and its answer is not complete yet
        self.commands = self.answer = b""
        self.message: PassingMessage | None = None
        self.held = False

    def answered(self, data: bytes) -> None:
        """The server's answer to DATA may arrive in pieces."""
        if not self.asked:
            return
        self.answer += data
        if self.answer.endswith(b"\n"):
            lines = self.answer.splitlines()
            if lines[-1][3:4] == b"-":
                return
            self.message = PassingMessage(self.size, self.sender) if lines[-1].startswith(b"354") else None
            self.asked = False

    def sent(self, data: bytes) -> bool:
        """Returns whether a message ends here."""
        if self.message is None:
            self.commands = (self.commands + data)[-4096:]
            for found in MAIL.finditer(self.commands):
                self.sender, size = found.group(1).decode("latin-1"), re.search(rb" SIZE=(\d+)", found.group(), re.I)
                self.size = int(size.group(1)) if size else None
            if self.commands.upper().endswith(b"DATA\r\n"):
                self.asked, self.answer = True, b""
            if self.commands.endswith(b"\n"):
                self.commands = b""
            return False
        end, spoiled = self.message.feed(data)
        self.held = self.held or spoiled or (end is not None and end != len(data))
        if end is not None:
            self.message = None
        return end is not None
