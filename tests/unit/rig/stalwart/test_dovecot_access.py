"""How Dovecot is told who is shut out: it passes the client's connection over a socket, and reads one line."""

import contextlib
import os
import socket
import sys
import tempfile
import types
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../rig/fakes/stalwart"))

from dovecot_access import ACCESS, watch

CONFIGURATION = os.path.join(os.path.dirname(__file__), "../../../rig/fakes/stalwart/dovecot.conf")


class Shut(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = os.path.join(folder.name, "access")
        self.blocked = set()
        watch(types.SimpleNamespace(is_blocked=lambda ip: str(ip) in self.blocked), self.path)

    def told(self, address):
        """What Dovecot is told of somebody who comes from there."""
        with contextlib.ExitStack() as stack:
            listener = stack.enter_context(socket.create_server((address, 0)))
            stack.enter_context(socket.create_connection(listener.getsockname(), 5))
            client = stack.enter_context(listener.accept()[0])
            dovecot = stack.enter_context(socket.socket(socket.AF_UNIX))
            dovecot.settimeout(5)
            dovecot.connect(self.path)
            socket.send_fds(dovecot, [b"imap\n"], [client.fileno()])
            return dovecot.recv(16)

    def test_who_is_banned_is_shut_out_of_imap_and_nobody_else_is(self):
        self.assertEqual(self.told("127.0.0.1"), b"1\n")
        self.blocked = {"127.0.0.1"}
        self.assertEqual(self.told("127.0.0.1"), b"0\n")

    def test_dovecot_asks_where_it_is_answered(self):
        with open(CONFIGURATION, encoding="utf-8") as file:
            self.assertIn(f"login_access_sockets = {ACCESS}\n", file.read())

    def test_a_question_without_a_connection_does_not_end_the_answers(self):
        with socket.socket(socket.AF_UNIX) as dovecot:
            dovecot.connect(self.path)
        self.assertEqual(self.told("127.0.0.1"), b"1\n")


if __name__ == "__main__":
    unittest.main()
