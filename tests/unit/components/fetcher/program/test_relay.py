"""Who hung up on whom: the relay blames a server for what that one did, and for nothing else."""

from __future__ import annotations

import socket
import struct
import time
import unittest

from relay import Relay

LIMIT = 20.0  # seconds; a busy machine is slow, not wrong


def reset(sock: socket.socket) -> None:
    """Ends a connection as the kernel does for a program that ends with unread data: by a reset."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


class Blame(unittest.TestCase):
    def setUp(self) -> None:
        self.server = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(self.server.close)
        self.relay = Relay(0, self.server.getsockname(), silence=LIMIT)
        self.addCleanup(self.relay.listener.close)
        self.client = socket.create_connection(self.relay.listener.getsockname(), LIMIT)
        self.addCleanup(self.client.close)
        self.accepted, _ = self.server.accept()
        self.accepted.settimeout(LIMIT)
        self.addCleanup(self.accepted.close)
        self.accepted.sendall(b"* OK\r\n")
        self.assertEqual(self.client.recv(100), b"* OK\r\n")

    def ended(self) -> str | None:
        until = time.monotonic() + LIMIT
        while self.relay.open and time.monotonic() < until:
            time.sleep(0.01)
        self.assertEqual(self.relay.open, 0)
        return self.relay.error

    def test_fetchmail_that_ends_in_the_middle_is_no_fault_of_the_servers(self) -> None:
        reset(self.client)
        self.assertIsNone(self.ended())

    def test_a_server_that_breaks_the_connection_is_named(self) -> None:
        reset(self.accepted)
        self.assertIn("lost: Connection reset by peer", self.ended() or "")

    def test_a_server_that_says_goodbye_did_nothing_wrong(self) -> None:
        self.accepted.close()
        self.assertIsNone(self.ended())


if __name__ == "__main__":
    unittest.main()
