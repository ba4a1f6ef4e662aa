"""An outbox in memory, with a fetchmail and a mail server of which a test says what they do."""

from __future__ import annotations

import contextlib
import io
import os
import tempfile
import threading
import unittest
from collections.abc import Iterable
from typing import Any
from unittest import mock

import fetchmail
from credentials import Login
from fake_imap import FakeImap, body
from folders import Layout
from logins import Logins
from options import arguments
from outbox import Outbox
from shared import Shared
from smtp_session import Rejected, Unreachable

LOGIN = Login("kinga@example.org", "s3cret", "kinga@example.org")
OUTBOX = "Fetcher-Outbox"


class Proxy:
    def __init__(self) -> None:
        self.target, self.active, self.awaiting = ("server", 1), 0.0, 0.0
        self.error: str | None = None


class Smtp:
    endpoint = ("mail", 25)

    def __init__(self) -> None:
        self.got: list[bytes] = []
        self.down = False

    def deliver(self, _: str, __: int | None, pieces: Iterable[bytes]) -> None:
        if self.down:
            raise Unreachable("cannot connect to mail:25: Connection refused")
        message = b"".join(pieces)
        if b"refused" in message:
            raise Rejected(554, b"no", True)
        self.got.append(message)

    def close(self) -> None:
        pass


class Emptying(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        for name, value in (("address", LOGIN[0]), ("password", LOGIN[1])):
            with open(os.path.join(folder.name, name), "w", encoding="utf-8") as file:
                file.write(value)
        paths = [f"--{name}={folder.name}" for name in ("credentials", "state")]
        options = arguments(["--mailbox=kinga", "--imap=imap:993", "--sink=mail:25", "--retention=7", *paths])
        self.logins = Logins()
        self.shared = Shared(options, "INBOX", self.logins, threading.Event())
        imap: Any = Proxy()
        self.proxy = Proxy()
        proxy: Any = self.proxy
        self.outbox = Outbox(self.shared, "password @PASSWORD@", imap, proxy)
        self.smtp, self.session, self.said = Smtp(), FakeImap(), io.StringIO()
        self.session.mail[OUTBOX] = {}
        self.runs = 0
        self.takes = 99
        self.lines: list[str] = []
        self.status = 0
        self.lost: str | None = None

    def at_once(self) -> None:
        """A new process, with `retention: 0` and the state volume of the one before."""
        imap: Any = Proxy()
        proxy: Any = self.proxy
        self.shared = Shared(self.shared.options._replace(retention=0), "INBOX", self.logins, threading.Event())
        self.outbox = Outbox(self.shared, "password @PASSWORD@", imap, proxy)

    def put(self, *names: str) -> None:
        for name in names:
            self.session.put(OUTBOX, body(name))

    def fetch(self, rc: str, _home: str, on_line: Any, *_: Any) -> int:
        """fetchmail takes so many messages, says what it says, and ends."""
        self.assertEqual(rc, 'password "s3cret"')
        self.runs += 1
        box = self.session.mail[OUTBOX]
        for uid in [uid for uid, one in box.items() if r"\Deleted" in one.flags]:
            del box[uid]  # what bears the flag is expunged first
        for uid in list(box)[: self.takes]:
            self.smtp.got.append(box.pop(uid).body)
            on_line(" flushed")
        for line in self.lines:
            on_line(line)
        self.proxy.error = self.lost
        return self.status

    def empty(self, filled: bool = True) -> str:
        imap: Any = self.session
        smtp: Any = self.smtp
        with mock.patch.object(fetchmail, "run", self.fetch), contextlib.redirect_stdout(self.said):
            return self.outbox.empty(imap, smtp, Layout(), LOGIN, filled).unreachable
