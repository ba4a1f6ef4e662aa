"""A message goes over SMTP byte for byte, and its end is sent only when all of it was."""

from __future__ import annotations

import socket
import threading
import time
import unittest
from collections.abc import Iterator
from typing import Any
from unittest import mock

import tcp_proxy
from smtp_session import Rejected, SmtpSession, Unreachable, dot_stuffed


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

    def test_every_message_arrives_unchanged_in_whatever_pieces_it_is_sent(self) -> None:
        for message in self.MESSAGES:
            whole = message if message.endswith(b"\r\n") else message + b"\r\n"
            for cut in range(0, min(len(message), 60) + 1):
                wire = b"".join(dot_stuffed([message[:cut], message[cut:]] if cut else [message])) + b".\r\n"
                self.assertEqual(received(wire), whole, (message[:60], cut))

    def test_the_end_of_a_message_is_not_sent_when_the_provider_breaks_off(self) -> None:
        def broken() -> Iterator[bytes]:
            yield b"half of a message\r\n"
            raise OSError("the provider hung up")

        sent: list[bytes] = []
        with self.assertRaises(OSError):
            sent.extend(dot_stuffed(broken()))
        self.assertNotIn(b"\r\n.\r\n", b"\r\n" + b"".join(sent))


class Server:
    """Answers as it is told, in place of smtplib's session."""

    def __init__(self, answers: dict[str, tuple[int, bytes]], end: tuple[int, bytes] = (250, b"ok")) -> None:
        self.answers, self.end = answers, end
        self.extensions = ["8bitmime", "size"]
        self.heard: list[str] = []
        self.data, self.closed = b"", False
        self.sock = self

    def has_extn(self, name: str) -> bool:
        return name in self.extensions

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


def session(server: Any) -> SmtpSession:
    made = SmtpSession(("mail.example.org", 25), "kinga@example.org", lambda: None)
    mock.patch.object(made, "await_answer").start()
    made.smtp = server
    return made


class Delivering(unittest.TestCase):
    def refused(self, server: Server, sender: str = "a@example.org") -> Rejected:
        with self.assertRaises(Rejected) as caught:
            session(server).deliver(sender, 10, [b"message\r\n"])
        return caught.exception

    def test_only_a_250_at_the_end_is_a_delivery(self) -> None:
        server = Server({})
        session(server).deliver("a@example.org", 10, [b"message\r\n"])
        self.assertEqual(server.data, b"message\r\n.\r\n")
        for code in (200, 251, 354, 421, 450, 451, 452, 500, 550, 552, 554, -1):
            self.refused(Server({}, end=(code, b"words")))

    def test_a_refusal_is_final_only_when_it_is_a_5xx_about_the_message(self) -> None:
        self.assertTrue(self.refused(Server({}, end=(554, b"no"))).final)
        self.assertFalse(self.refused(Server({}, end=(452, b"full"))).final)
        self.assertTrue(self.refused(Server({"DATA": (554, b"no")})).final)
        self.assertFalse(self.refused(Server({"RCPT TO": (550, b"no such user")})).final)
        self.assertFalse(self.refused(Server({"MAIL FROM": (451, b"later")})).final)

    def test_what_the_server_does_not_offer_is_not_asked_of_it_nor_a_size_that_is_not_known(self) -> None:
        for offered, size, more in (("", 10, ""), ("size", None, ""), ("size", 0, ""), ("size", 10, " SIZE=10")):
            server = Server({})
            server.extensions = [offered]
            session(server).deliver("a@example.org", size, [b"message\r\n"])
            self.assertEqual(server.heard[0], "MAIL FROM:<a@example.org>" + more)

    def test_the_refusal_of_an_empty_sender_is_about_the_message(self) -> None:
        server = Server({"MAIL FROM": (550, b"no bounces")})
        self.assertTrue(self.refused(server, "").final)
        self.assertEqual(len([text for text in server.heard if "MAIL" in text]), 1)

    def test_a_session_that_the_server_closes_at_the_sender_is_not_used_for_another_sender(self) -> None:
        server = Server({"MAIL FROM": (421, b"closing")})
        self.refused(server)
        self.assertEqual((len(server.heard), server.closed), (1, True))

    def test_a_server_that_is_not_running_is_unreachable(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            host, port = listener.getsockname()[:2]
        with self.assertRaisesRegex(Unreachable, f"cannot connect to {host}:{port}: Connection refused"):
            SmtpSession((host, port), "kinga@example.org", lambda: None).deliver("", None, [b"message\r\n"])

    def test_a_sender_that_is_permanently_refused_is_replaced_by_the_empty_sender(self) -> None:
        server = Server({"MAIL FROM:<a@example.org> BODY=8BITMIME SIZE=10": (553, b"no such domain")})
        session(server).deliver("a@example.org", 10, [b"message\r\n"])
        self.assertEqual(server.heard[1:3], ["RSET", "MAIL FROM:<> BODY=8BITMIME SIZE=10"])
        self.assertTrue(self.refused(Server({"MAIL FROM": (553, b"nobody at all")})).final)

    def test_a_sender_that_is_refused_for_now_is_not_replaced(self) -> None:
        server = Server({"MAIL FROM": (451, b"not now")})
        self.assertFalse(self.refused(server).final)
        self.assertEqual([text for text in server.heard if "<>" in text], [])

    def test_the_session_ends_when_the_server_closes_it(self) -> None:
        server = Server({"RCPT TO": (421, b"closing")})
        self.refused(server)
        self.assertTrue(server.closed)

    def test_the_session_ends_when_the_server_closes_it_after_the_message(self) -> None:
        server = Server({}, end=(421, b"closing"))
        self.refused(server)
        self.assertTrue(server.closed)

    def test_when_a_message_breaks_off_the_session_ends_before_its_last_dot(self) -> None:
        def broken() -> Iterator[bytes]:
            yield b"half"
            raise OSError("the provider hung up")

        server = Server({})
        with self.assertRaises(OSError):
            session(server).deliver("", None, broken())
        self.assertEqual((server.data, server.closed), (b"half", True))


class Waiting(unittest.TestCase):
    """Against a server on a socket: the answer to the final dot."""

    def serve(self, late: float) -> tuple[str, int]:
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)

        def answer() -> None:
            with listener.accept()[0] as client, client.makefile("rwb") as stream:
                stream.write(b"220 hello\r\n")
                stream.flush()
                for line in stream:
                    verb = line[:4].upper()
                    if verb == b".\r\n":
                        time.sleep(late)
                    replies = {b"DATA": b"354 go\r\n", b"EHLO": b"250 me\r\n"}
                    if verb in (b"EHLO", b"MAIL", b"RCPT", b"DATA", b".\r\n"):
                        stream.write(replies.get(verb, b"250 ok\r\n"))
                        stream.flush()

        threading.Thread(target=answer, daemon=True).start()
        host, port = listener.getsockname()[:2]
        return str(host), int(port)

    def test_the_worker_reports_progress_while_the_answer_to_a_message_is_late(self) -> None:
        signs: list[float] = []
        session = SmtpSession(self.serve(2.5), "kinga@example.org", lambda: signs.append(time.monotonic()))
        session.deliver("", None, [b"message\r\n"])
        self.assertGreaterEqual(len(signs), 3)
        session.close()

    def test_the_worker_waits_ten_minutes_for_an_answer_as_the_standard_requires(self) -> None:
        self.assertGreaterEqual(tcp_proxy.LAST_ANSWER, 600)

    def test_the_session_is_closed_ten_minutes_after_an_unanswered_message(self) -> None:
        session = SmtpSession(self.serve(30), "kinga@example.org", lambda: None)
        with mock.patch("smtp_session.LAST_ANSWER", 0.5), self.assertRaises(TimeoutError):
            session.deliver("", None, [b"message\r\n"])
        self.assertIsNone(session.smtp)

    def test_a_server_that_rejects_the_connection_is_unreachable_with_its_own_message(self) -> None:
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)

        def turn_away() -> None:
            with listener.accept()[0] as client:
                client.sendall(b"421 4.3.2 busy\r\n")

        threading.Thread(target=turn_away, daemon=True).start()
        session = SmtpSession(listener.getsockname()[:2], "kinga@example.org", lambda: None)
        with self.assertRaisesRegex(Unreachable, "the mail server answered 421 4.3.2 busy"):
            session.deliver("", None, [b"message\r\n"])
