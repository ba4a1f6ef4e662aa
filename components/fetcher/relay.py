"""Loopback relays between fetchmail and the two servers it talks to.

They are here for what fetchmail 6.4 does not do by itself:
  * notice a network that went silent (it waits 28 minutes in IDLE): TCP keepalive and a limit on silence;
  * say which side failed, in one line, whatever fetchmail makes of it;
  * hand over at full speed: fetchmail writes a message line by line, and Nagle's algorithm then waits 40 ms a
    message for a delayed acknowledgement; the relay acknowledges at once and writes large blocks;
  * never deliver a message altered: see Inspector.
TLS to the provider runs through a relay unopened.
"""

import select
import socket
import threading
import time

CHUNK = 1 << 18


def tune(sock):
    """Small writes leave at once, and a peer that is gone is noticed within two minutes."""
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 45)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 15)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 4)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 100_000)


class Inspector:
    """Watches a message on its way out for what fetchmail 6.4.37 is known to spoil.

    Body lines of 8191 bytes and more come out cut, with a NUL and a stray byte between the pieces; header lines that
    begin with a dot lose it. Such a message is held back: the courier carries it instead, byte for byte.
    """

    LONG = 8190

    def __init__(self):
        self.tail = b"\r\n"
        self.in_header = True

    def feed(self, data):
        """Returns (offset just after the end of the message or None, whether the message must be held back)."""
        window = self.tail + data
        end = window.find(b"\r\n.\r\n")
        seen = window if end < 0 else window[: end + 2]
        spoiled = b"\0" in seen or max(map(len, seen.split(b"\n"))) >= self.LONG
        if self.in_header:
            blank = seen.find(b"\r\n\r\n")
            header = seen if blank < 0 else seen[: blank + 2]
            spoiled = spoiled or b"\n." in header
            self.in_header = blank < 0
        keep = max(len(window) - self.LONG, window.rfind(b"\n") - 3, 0)
        offset = None if end < 0 else end + 5 - len(self.tail)
        self.tail = window[keep:]
        return offset, spoiled


class Relay:
    """Accepts on a loopback port and pumps bytes to and from one server."""

    def __init__(self, port, target, silence, examine=False):
        self.target, self.silence, self.examine = target, silence, examine
        self.error = None  # why the server could not be reached, in one line
        self.heard = 0.0  # when the server last sent a byte
        self.active = time.monotonic()  # when either side last sent a byte
        self.open = 0
        self.listener = socket.create_server(("127.0.0.1", port), backlog=16)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            client, _ = self.listener.accept()
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def connect(self):
        """A tuned connection to the server; on failure OSError, with the reason kept for the status."""
        try:
            server = socket.create_connection(self.target, timeout=20)
        except OSError as problem:
            reason = "timed out" if isinstance(problem, socket.timeout) else problem.strerror or str(problem)
            self.error = f"cannot connect to {self.target[0]}:{self.target[1]}: {reason}"
            raise
        server.settimeout(60)
        tune(server)
        return server

    def _serve(self, client):
        self.open += 1
        server = None
        try:
            server = self.connect()
            tune(client)
            client.settimeout(60)
            self._pump(client, server)
        except OSError as problem:
            if server is not None:
                self.error = f"connection to {self.target[0]}:{self.target[1]} lost: {problem.strerror or problem}"
        finally:
            self.open -= 1
            for sock in (client, server):
                if sock is not None:
                    sock.close()

    def _pump(self, client, server):
        poll = select.poll()
        poll.register(client, select.POLLIN)
        poll.register(server, select.POLLIN)
        inspector, data_pending, held = None, False, False
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
                    client.sendall(data)
                    continue
                data = client.recv(CHUNK)
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
                if not data:
                    return
                if self.examine and inspector is None:
                    data_pending = data.upper().startswith(b"DATA\r\n")
                elif self.examine:
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
                        client.sendall(b"451 4.6.0 left for the courier: fetchmail would alter this message\r\n")
                        return
                server.sendall(data)
