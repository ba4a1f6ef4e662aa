"""An IMAP server that says what a test tells it to, to the real session, without TLS."""

from __future__ import annotations

import imaplib
import re
import socket
import threading
import unittest
from collections.abc import Mapping
from typing import Callable, Union
from unittest import mock

from credentials import Login
from imap_session import ImapSession

LOGIN = Login("kinga@example.org", "s3cret-word", "kinga@example.org")
ALL = b"IMAP4rev1 UIDPLUS MOVE IDLE NAMESPACE"
Answer = Union[bytes, Callable[[str], bytes]]


class ScriptedImap:
    """Answers each command by its name, and OK to all others; `%T` is the tag. The last of several answers repeats."""

    def __init__(self, case: unittest.TestCase, answers: Mapping[str, Answer | list[Answer]], greeting: bytes) -> None:
        self.answers: dict[str, list[Answer]] = {
            "CAPABILITY": [b"* CAPABILITY %C\r\n%T OK\r\n".replace(b"%C", ALL)],
            "SELECT": [b"* 2 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n* OK [PERMANENTFLAGS (\\*)] x\r\n%T OK\r\n"],
        }
        for name, answer in answers.items():
            self.answers[name] = answer if isinstance(answer, list) else [answer]
        self.said: list[str] = []
        self.greeting = greeting
        self.server = socket.create_server(("127.0.0.1", 0))
        case.addCleanup(self.server.close)
        threading.Thread(target=self.accept, daemon=True).start()

    @property
    def endpoint(self) -> tuple[str, int]:
        host, port = self.server.getsockname()
        return host, port

    def accept(self) -> None:
        while True:
            try:
                connection = self.server.accept()[0]
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection: socket.socket) -> None:
        self.connection = connection
        with connection, connection.makefile("rb") as lines:
            try:
                connection.sendall(self.greeting)
                for line in lines:
                    self.answer(connection, line.decode("latin-1").rstrip("\r\n"))
            except OSError:
                return

    def answer(self, connection: socket.socket, line: str) -> None:
        tag, _, command = line.partition(" ")
        self.said.append(command or tag)
        name = next((name for name in self.answers if re.match(rf"{name}\b", command or tag)), "")
        answers = self.answers.get(name, [b"%T OK\r\n" if command else b""])
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        text = answer(line) if callable(answer) else answer
        connection.sendall(text.replace(b"%T", tag.encode("latin-1")))

    def say(self, text: bytes) -> None:
        """Unasked, on the last connection."""
        self.connection.sendall(text)

    def count(self, beginning: str) -> int:
        return sum(command.startswith(beginning) for command in self.said)


def plain(client: imaplib.IMAP4_SSL, timeout: float | None) -> socket.socket:
    return socket.create_connection((client.host, client.port), timeout)


def provider(
    case: unittest.TestCase,
    answers: Mapping[str, Answer | list[Answer]] | None = None,
    greeting: bytes = b"* OK hi\r\n",
) -> ScriptedImap:
    without_tls = mock.patch.object(imaplib.IMAP4_SSL, "_create_socket", plain)
    without_tls.start()
    case.addCleanup(without_tls.stop)
    return ScriptedImap(case, answers or {}, greeting)


def session(
    case: unittest.TestCase,
    answers: Mapping[str, Answer | list[Answer]] | None = None,
    greeting: bytes = b"* OK hi\r\n",
) -> tuple[ImapSession, ScriptedImap]:
    """A session that has opened INBOX."""
    server = provider(case, answers, greeting)
    opened = ImapSession(server.endpoint, LOGIN)
    case.addCleanup(opened.close, lost=True)
    opened.select("INBOX")
    return opened, server
