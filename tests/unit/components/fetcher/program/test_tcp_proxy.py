"""Who hung up on whom: the proxy blames a server for what that one did, and for nothing else."""

from __future__ import annotations

import contextlib
import itertools
import socket
import struct
import time
import unittest

from tcp_proxy import LAST_ANSWER, Passing, Proxy

LIMIT = 20.0  # seconds; a busy machine is slow, not wrong


def reset(sock: socket.socket) -> None:
    """Ends a connection as the kernel does for a program that ends with unread data: by a reset."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


class Blame(unittest.TestCase):
    def setUp(self) -> None:
        self.server = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(self.server.close)
        self.proxy = Proxy(0, self.server.getsockname(), silence=LIMIT)
        self.addCleanup(self.proxy.listener.close)
        self.client = socket.create_connection(self.proxy.listener.getsockname(), LIMIT)
        self.addCleanup(self.client.close)
        self.accepted, _ = self.server.accept()
        self.accepted.settimeout(LIMIT)
        self.addCleanup(self.accepted.close)
        self.accepted.sendall(b"* OK\r\n")
        self.assertEqual(self.client.recv(100), b"* OK\r\n")

    def ended(self) -> str | None:
        with contextlib.suppress(OSError):
            self.client.settimeout(LIMIT)
            while self.client.recv(100):
                pass
        time.sleep(0.2)
        return self.proxy.error

    def test_a_fetchmail_that_ends_early_is_no_fault_of_the_server(self) -> None:
        reset(self.client)
        self.assertIsNone(self.ended())

    def test_a_server_that_breaks_the_connection_is_named(self) -> None:
        reset(self.accepted)
        self.assertIn("lost: Connection reset by peer", self.ended() or "")

    def test_a_server_that_says_goodbye_is_not_blamed(self) -> None:
        self.accepted.close()
        self.assertIsNone(self.ended())


class Examined(unittest.TestCase):
    """fetchmail at one end of the proxy, and the mail server at the other."""

    def setUp(self) -> None:
        server = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(server.close)
        self.proxy = Proxy(0, server.getsockname(), silence=LIMIT, examine=True)
        self.addCleanup(self.proxy.listener.close)
        self.client = socket.create_connection(self.proxy.listener.getsockname(), LIMIT)
        self.addCleanup(self.client.close)
        self.accepted, _ = server.accept()
        self.addCleanup(self.accepted.close)
        self.accepted.settimeout(LIMIT)

    def say(self, line: bytes, answer: bytes = b"") -> None:
        self.client.sendall(line)
        heard = b""
        while not heard.endswith(line[-5:]):
            heard += self.accepted.recv(1 << 16)
        if answer:
            self.accepted.sendall(answer)
            self.assertEqual(self.client.recv(100), answer)

    def begin(self, size: int) -> None:
        self.say(b"MAIL FROM:<a@example.org> SIZE=%d\r\n" % size, b"250 ok\r\n")
        self.say(b"DATA\r\n", b"354 go\r\n")

    def test_the_answer_to_the_last_dot_may_take_longer_than_the_limit_for_silence(self) -> None:
        self.begin(SIZE)
        self.say(MESSAGE + b".\r\n")
        self.proxy.silence = 0
        time.sleep(2.5)  # the proxy looks once a second
        self.accepted.sendall(b"250 ok\r\n")
        self.assertEqual(self.client.recv(100), b"250 ok\r\n")

    def test_of_a_message_that_is_held_back_the_server_never_sees_the_end_and_fetchmail_keeps_it(self) -> None:
        for cut in (0, 200, len(MESSAGE), len(MESSAGE) + 1):
            with self.subTest(cut=cut):
                self.setUp()
                self.begin(SIZE + 1)
                data, heard = MESSAGE + b".\r\n", b""
                for part in filter(None, (data[:cut], data[cut:])):
                    self.client.sendall(part)
                    time.sleep(0.05)
                with contextlib.suppress(ConnectionError):
                    while got := self.accepted.recv(1 << 16):
                        heard += got
                self.assertNotIn(b"\r\n.\r\n", heard)
                self.assertTrue(self.client.recv(100).startswith(b"451 4.6.0 left for direct delivery"))
                self.assertEqual(self.client.recv(100), b"", "the session is over")

    def test_a_message_that_is_held_back_is_dropped_by_the_server_at_once_also_where_fetchmail_hangs_up(self) -> None:
        self.begin(SIZE)
        self.client.sendall(b"no header of fetchmail's\r\n" * 100)
        with contextlib.suppress(ConnectionError):
            while heard := self.accepted.recv(1 << 16):
                self.assertNotIn(b"no header of fetchmail's", heard)
        self.client.close()
        time.sleep(0.2)
        self.assertIsNone(self.proxy.error)

    def test_a_server_that_is_not_running_is_named_and_one_that_is_again_is_not(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as closed:
            self.proxy.target = closed.getsockname()
        with socket.create_connection(self.proxy.listener.getsockname(), LIMIT) as client:
            self.assertEqual(client.recv(100), b"")
        self.assertRegex(self.proxy.error or "", "cannot connect to 127.0.0.1:[0-9]+: Connection refused")
        self.accepted.sendall(b"220 hello\r\n")
        self.assertEqual(self.client.recv(100), b"220 hello\r\n")
        self.assertIsNone(self.proxy.error)


MESSAGE = (
    b"Received: from imap.example.org\r\n\tby fetchmail-kinga with IMAP (fetchmail-6.4.37)\r\n"
    b"\tfor <kinga@example.org> (single-drop); Sat, 28 Nov 2026 07:39:45 +0000 (UTC)\r\n"
    b"From: a@example.org\r\n\r\nbody\r\n"
)
SIZE = len(b"Return-Path: <a@example.org>\r\nFrom: a@example.org\r\n\r\nbody\r\n")


class Conversation(unittest.TestCase):
    def passing(self, *answers: bytes, size: int = SIZE) -> Passing:
        made = Passing()
        made.sent(b"MAIL FROM:<a@example.org> BODY=8BITMIME SIZE=%d\r\n" % size)
        made.answered(b"250 ok\r\n")
        made.sent(b"RCPT TO:<kinga@example.org>\r\n")
        made.answered(b"250 ok\r\n")
        made.sent(b"DATA\r\n")
        for answer in answers:
            self.assertIsNone(made.message)
            made.answered(answer)
        return made

    def test_a_message_is_checked_in_whatever_pieces_the_servers_go_ahead_arrives(self) -> None:
        answer = b"354 go ahead\r\n"
        for cut in range(1, len(answer)):
            passing = self.passing(answer[:cut], answer[cut:])
            self.assertIsNotNone(passing.message, cut)
            self.assertTrue(passing.sent(MESSAGE + b".\r\n"))
            self.assertFalse(passing.held)
        self.assertIsNotNone(self.passing(b"354-go\r\n", b"354 ahead\r\n").message)

    def test_a_message_that_the_server_refuses_is_not_checked(self) -> None:
        for answer in (b"554 no\r\n", b"421 bye\r\n"):
            self.assertIsNone(self.passing(answer).message)

    def test_a_message_shorter_than_announced_is_held_back(self) -> None:
        passing = self.passing(b"354 go\r\n", size=SIZE + 1)
        self.assertTrue(passing.sent(MESSAGE + b".\r\n"))
        self.assertTrue(passing.held)

    def test_a_message_shorter_than_announced_is_held_back_in_whatever_pieces_its_size_arrives(self) -> None:
        mail = b"MAIL FROM:<a@example.org> BODY=8BITMIME SIZE=%d\r\n"
        for cut, missing in itertools.product(range(1, len(mail)), (0, 1)):
            passing, said = Passing(), mail % (SIZE + missing)
            for piece in (said[:cut], said[cut:], b"RCPT TO:<kinga@example.org>\r\n", b"DA", b"TA\r\n"):
                self.assertFalse(passing.sent(piece))
            passing.answered(b"354 go\r\n")
            self.assertTrue(passing.sent(MESSAGE + b".\r\n"))
            self.assertEqual(passing.held, bool(missing), cut)

    def test_a_message_with_more_behind_its_end_is_held_back(self) -> None:
        for more in (b"\r\n", b"QUIT\r\n", b"MAIL FROM:<b@example.org>\r\n"):
            passing = self.passing(b"354 go\r\n")
            self.assertTrue(passing.sent(MESSAGE + b".\r\n" + more))
            self.assertTrue(passing.held)

    def test_the_size_of_the_previous_message_does_not_count(self) -> None:
        passing = self.passing(b"354 go\r\n")
        passing.sent(MESSAGE + b".\r\n")
        passing.answered(b"250 ok\r\n")
        passing.sent(b"MAIL FROM:<a@example.org>\r\n")
        self.assertIsNone(passing.size)

    def test_the_answer_to_the_last_dot_may_take_ten_minutes(self) -> None:
        self.assertGreaterEqual(LAST_ANSWER, 600)
