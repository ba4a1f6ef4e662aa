"""The date by two clocks, the node's and the provider's: one that is wrong must not end a grace period too early."""

from __future__ import annotations

import contextlib
import datetime
import time
from typing import Callable

from folders import Layout
from imap_connection import CommandRefused
from imap_session import ImapSession

JUMP = datetime.timedelta(hours=1)  # by which the two clocks may differ, and the node's may move, without being wrong
AGAIN = 3600.0  # seconds until a provider that did not tell is asked again
NOTE = b"Subject: What time is it?\r\n\r\nThe fetcher asks for the time with this message, and deletes it at once.\r\n"


def now() -> datetime.datetime:
    return datetime.datetime.fromtimestamp(time.time(), datetime.timezone.utc)


class ProviderClock:
    """The provider stamps what is put into a folder (INTERNALDATE). It is asked at first, and when the node's jumps."""

    def __init__(
        self, clock: Callable[[], datetime.datetime] = now, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self.clock, self.monotonic = clock, monotonic
        self.ahead: datetime.timedelta | None = None  # the provider's, of the node's; None when it does not tell
        self.asked: tuple[datetime.datetime, float] | None = None  # when, on both of the node's clocks

    def latest(self, session: ImapSession, layout: Layout) -> datetime.date:
        """For the name of a folder: what is in it is not older than that."""
        return max(self.days(session, layout))

    def earliest(self, session: ImapSession, layout: Layout) -> datetime.date:
        """For the end of a folder: it is old by both clocks."""
        return min(self.days(session, layout))

    def days(self, session: ImapSession, layout: Layout) -> tuple[datetime.date, datetime.date]:
        """The node's date and the provider's, which is the node's where it is not told."""
        self.refresh(session, layout)
        now = self.clock()
        return now.date(), (now + (self.ahead or datetime.timedelta())).date()

    def refresh(self, session: ImapSession, layout: Layout) -> None:
        if self.asked:
            passed = self.monotonic() - self.asked[1]
            moved = self.clock() - self.asked[0] - datetime.timedelta(seconds=passed)
            if abs(moved) < JUMP and (self.ahead is not None or passed < AGAIN):
                return
        self.asked, self.ahead = (self.clock(), self.monotonic()), None
        told = self.ask(session, layout)
        if told is not None:
            ahead = told - self.clock()
            self.ahead = ahead if abs(ahead) >= JUMP else datetime.timedelta()

    @staticmethod
    def tidy(session: ImapSession, layout: Layout) -> None:
        """Removes the folder that a pod left which was killed while it asked."""
        with contextlib.suppress(CommandRefused):
            if session.exists(layout.clock):
                session.remove(layout.clock)

    @staticmethod
    def ask(session: ImapSession, layout: Layout) -> datetime.datetime | None:
        """Puts a message into a folder of its own for a moment, so that nothing of it is left among anybody's mail."""
        told = None
        before, folder = session.selected, layout.clock
        ProviderClock.tidy(session, layout)
        with contextlib.suppress(CommandRefused):
            session.create(folder)
            try:
                session.append(folder, NOTE)
                session.select(folder)
                told = session.received(max(session.search("ALL"), default=0))
            finally:
                session.close_folder()
                session.remove(folder)
        if before and session.selected != before:
            session.select(before)
        return told
