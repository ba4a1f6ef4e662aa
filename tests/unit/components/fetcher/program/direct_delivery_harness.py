"""Direct delivery to a mail server in memory that answers as a test says."""

from __future__ import annotations

import threading
import unittest
from collections.abc import Callable, Iterable
from typing import Any

from direct_delivery import DirectDelivery, Entry, Outcome
from failures import Failures
from fake_imap import FakeImap


class Smtp:
    endpoint = ("mail", 25)

    def __init__(self) -> None:
        self.got: list[bytes] = []
        self.answer: Callable[[bytes], Exception | None] = lambda _: None
        self.closed = 0

    def deliver(self, sender: str, _: int | None, pieces: Iterable[bytes]) -> None:
        self.sender = sender
        message = b"".join(pieces)
        trouble = self.answer(message)
        if trouble:
            raise trouble
        self.got.append(message)

    def close(self) -> None:
        self.closed += 1


class Delivering(unittest.TestCase):
    def setUp(self) -> None:
        self.stop, self.count, self.now = threading.Event(), 0, 0.0
        self.failures = Failures(lambda: self.now)
        self.direct = DirectDelivery(self.stop, lambda: None, self.arrived, lambda: self.count, self.failures)
        self.smtp, self.set_aside = Smtp(), list[int]()

    def arrived(self) -> None:
        self.count += 1

    def deliver(self, session: FakeImap, quarantine: bool = True) -> Outcome:
        if session.selected is None:
            session.select("INBOX")
        imap: Any = session
        smtp: Any = self.smtp

        def aside(uid: int, _: str) -> bool:
            self.set_aside.append(uid)
            session.delete([uid])
            return True

        entries = [Entry(uid) for uid in session.search("ALL")]
        return self.direct.deliver(
            imap, smtp, entries, lambda uid: session.delete([uid]), aside if quarantine else None
        )
