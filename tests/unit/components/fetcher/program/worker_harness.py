"""A worker with a provider and a mail server in memory."""

from __future__ import annotations

import contextlib
import io
import os
import tempfile
import threading
import unittest
from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any
from unittest import mock

import fetchmail
import worker
from credentials import Login
from fake_imap import FakeImap
from logins import Logins
from options import arguments
from worker import Worker

LOGIN = Login("kinga@example.org", "s3cret-word", "kinga@example.org")


def says_delivered(on_line: Any, flagged: bool = True) -> None:
    """What fetchmail says of a message that it has delivered, unless the connection breaks before it is flagged."""
    on_line(" flushed")
    on_line(r"fetchmail: IMAP> A0007 STORE 1 +FLAGS (\Seen \Deleted)")
    if flagged:
        on_line("fetchmail: IMAP< A0007 OK done")


class Session(FakeImap):
    """Ends by itself once there is nothing to do but wait."""

    ends: threading.Event
    waits = 0

    def __enter__(self) -> Session:
        self.selected = None
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def idle(self, *_: object) -> None:
        self.waits += 1
        self.ends.set()


class Smtp:
    endpoint = ("mail", 25)

    def __init__(self, got: list[bytes]) -> None:
        self.got = got

    def deliver(self, _: str, __: int | None, pieces: Iterable[bytes]) -> None:
        self.got.append(b"".join(pieces))

    def close(self) -> None:
        pass


class Harness(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        for name, text in (("address", LOGIN[0]), ("password", LOGIN[1]), ("inbox.fetchmailrc", "")):
            self.write(os.path.join(folder.name, name), text)
        self.home = folder.name
        self.session, self.stop, self.got = Session(), threading.Event(), list[bytes]()
        self.session.ends = self.stop
        self.logins, self.said = Logins(), io.StringIO()
        self.worker = self.made()
        self.opens: Any = lambda *_: self.session
        self.mail_server: Any = lambda *_: Smtp(self.got)

    @staticmethod
    def write(path: str, text: str) -> None:
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)

    def made(self, folder: str = "INBOX", *more: str, source: bool = False) -> Worker:
        paths = [f"--{name}={self.home}" for name in ("credentials", "state", "program")]
        options = arguments(["--mailbox=kinga", "--imap=imap:993", "--sink=mail:25", "--retention=7", *paths, *more])
        proxy: Any = SimpleNamespace(target=("server", 1), error=None, active=0.0, awaiting=0.0, port=1)
        options = options.of(options.sources[0]) if source else options
        template = os.path.join(self.home, "inbox.fetchmailrc")
        return Worker(options, folder, template, proxy, proxy, self.logins, self.stop)

    def fetch(self, _rc: str, _home: str, on_line: Any, *_: Any) -> int:
        box = self.session.mail["Fetcher-Outbox"]
        for uid in [uid for uid, one in box.items() if r"\Deleted" in one.flags]:
            del box[uid]  # it begins with an expunge
        for uid in list(box):
            self.got.append(box.pop(uid).body)
            says_delivered(on_line)
        return 0

    def run_session(self) -> float:
        with (
            mock.patch.object(worker, "ImapSession", self.opens),
            mock.patch.object(worker, "SmtpSession", self.mail_server),
            mock.patch.object(fetchmail, "run", self.fetch),
            contextlib.redirect_stdout(self.said),
        ):
            return self.worker.session(LOGIN)

    def refusing(self, command: str, folder: str, problem: Exception) -> None:
        def trouble(asked: str, place: str, _: list[int]) -> None:
            if asked == command and place.startswith(folder):
                raise problem

        self.session.trouble = trouble
