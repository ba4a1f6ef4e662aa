"""A message goes over SMTP byte for byte, and its end is sent only when all of it was."""

from __future__ import annotations

import unittest
from collections.abc import Iterator
from typing import Any

from sink import Refused, Sink, stuffed


def received(wire: bytes) -> bytes:
    """What a mail server makes of the data that it gets."""
    end = (b"\r\n" + wire).index(b"\r\n.\r\n")
    assert end + len(b".\r\n") == len(wire), "there is something behind the end of the message"
    lines = wire[:end].split(b"\r\n") if end else []
    return b"\r\n".join(line[1:] if line.startswith(b".") else line for line in lines)


class Stuffing(unittest.TestCase):
    MESSAGES = (
        b"From: a@example.org\r\n\r\nbody\r\n",
        b".\r\n..\r\n...\r\nx.\r\n.x\r\n",
        b"a header\r\n\r\n.\r\n.\r\nno commands: RSET\r\n",
        b"no line end",
        b"ends with a dot\r\n.",
        b"\0 and \xff and " + b"x" * 9000 + b"\r\n",
    )

    def test_every_message_arrives_as_it_was_however_it_is_cut(self) -> None:
        for message in self.MESSAGES:
            whole = message if message.endswith(b"\r\n") else message + b"\r\n"
            for cut in range(0, min(len(message), 60) + 1):
                wire = b"".join(stuffed([message[:cut], message[cut:]] if cut else [message]))
                self.assertEqual(received(wire), whole, (message[:60], cut))

    def test_the_end_is_not_sent_when_the_provider_breaks_off(self) -> None:
        def broken() -> Iterator[bytes]:
            yield b"half of a message\r\n"
            raise OSError("the provider hung up")

        sent: list[bytes] = []
        with self.assertRaises(OSError):
            sent.extend(stuffed(broken()))
        self.assertNotIn(b"\r\n.\r\n", b"\r\n" + b"".join(sent))


class Server:
    """Answers as it is told, in place of smtplib's session."""

    def __init__(self, answers: dict[str, tuple[int, bytes]], end: tuple[int, bytes] = (250, b"ok")) -> None:
        self.answers, self.end = answers, end
        self.heard: list[str] = []
        self.data, self.closed = b"", False
        self.sock = self

    def has_extn(self, _: str) -> bool:
        return True

    def docmd(self, text: str) -> tuple[int, bytes]:
        self.heard.append(text)
        word = text.split(":")[0]
        return self.answers.get(text, self.answers.get(word, (354 if text == "DATA" else 250, b"ok")))

    def sendall(self, data: bytes) -> None:
        self.data += data

    def getreply(self) -> tuple[int, bytes]:
        return self.end

    def close(self) -> None:
        self.closed = True


def session(server: Any) -> Sink:
    sink = Sink(("mail.example.org", 25), "kinga@example.org")
    sink.smtp = server
    return sink


class Delivering(unittest.TestCase):
    def refused(self, server: Server, sender: str = "a@example.org") -> Refused:
        with self.assertRaises(Refused) as caught:
            session(server).deliver(sender, 10, [b"message\r\n"])
        return caught.exception

    def test_only_a_250_at_the_end_is_a_delivery(self) -> None:
        session(Server({})).deliver("a@example.org", 10, [b"message\r\n"])
        for code in (200, 251, 354, 421, 450, 451, 452, 500, 550, 552, 554, -1):
            self.refused(Server({}, end=(code, b"words")))

    def test_a_refusal_is_final_only_when_it_is_a_5xx_about_the_message(self) -> None:
        self.assertTrue(self.refused(Server({}, end=(554, b"no"))).final)
        self.assertFalse(self.refused(Server({}, end=(452, b"full"))).final)
        self.assertTrue(self.refused(Server({"DATA": (554, b"no")})).final)
        self.assertFalse(self.refused(Server({"RCPT TO": (550, b"no such user")})).final)
        self.assertFalse(self.refused(Server({"MAIL FROM": (451, b"later")})).final)

    def test_a_sender_that_is_not_liked_is_left_out(self) -> None:
        server = Server({"MAIL FROM:<a@example.org> BODY=8BITMIME SIZE=10": (553, b"no such domain")})
        session(server).deliver("a@example.org", 10, [b"message\r\n"])
        self.assertEqual(server.heard[1:3], ["RSET", "MAIL FROM:<> BODY=8BITMIME SIZE=10"])
        self.assertTrue(self.refused(Server({"MAIL FROM": (553, b"nobody at all")})).final)

    def test_a_server_that_says_goodbye_is_left(self) -> None:
        server = Server({"RCPT TO": (421, b"closing")})
        self.refused(server)
        self.assertTrue(server.closed)

    def test_when_the_message_breaks_off_the_session_ends_before_its_end(self) -> None:
        def broken() -> Iterator[bytes]:
            yield b"half"
            raise OSError("the provider hung up")

        server = Server({})
        with self.assertRaises(OSError):
            session(server).deliver("", None, broken())
        self.assertEqual((server.data, server.closed), (b"half", True))
