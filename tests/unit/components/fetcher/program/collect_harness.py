"""A collector with an inbox in memory, on a day of one's choice."""

from __future__ import annotations

import datetime
import unittest
from typing import Any

from collect import Collected, Collector
from failures import Failures
from fake_imap import FakeImap
from folders import Layout, Retention
from imap_connection import CommandRefused
from kept_folders import KeptFolders

OUTBOX, KEPT = "Fetcher-Outbox", "Fetcher-Kept/2026-11-28"
DAY = datetime.date(2026, 11, 28)
NOON = datetime.time(12, tzinfo=datetime.timezone.utc)


class Collecting(unittest.TestCase):
    def setUp(self) -> None:
        self.day, self.said, self.now = DAY, list[str](), 0.0
        self.monotonic = 0.0
        self.layout = Layout()

    def collector(self, retention: Retention = 7) -> Collector:
        self.failures = Failures(lambda: self.now)
        self.kept = KeptFolders(retention, self.said.append, self.clock, lambda: self.monotonic)
        return Collector(retention, self.kept, self.failures, lambda: None)

    def clock(self) -> datetime.datetime:
        return datetime.datetime.combine(self.day, NOON)

    def collect(self, session: FakeImap, collector: Collector) -> Collected:
        imap: Any = session
        self.layout = collector.prepare(imap, self.layout)
        session.select("INBOX")
        return collector.collect(imap, self.layout)

    def refuse(self, command: str, *uids: int, words: str = "[CANNOT] no") -> Any:
        def trouble(asked: str, _: str, listed: list[int]) -> None:
            if asked == command and (not uids or set(uids) & set(listed)):
                raise CommandRefused(words)

        return trouble
