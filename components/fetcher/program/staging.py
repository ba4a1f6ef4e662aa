"""The folder between the inbox and the outbox, for what is moved while fetchmail runs (refill.py).

Nobody else has it open, so that a flag for deletion in it was set before the message came there, and never means that
the message is delivered. What is found in it was left by a session or a pod that ended: it is delivered directly.
"""

from __future__ import annotations

import time

from direct_delivery import Entry
from failures import Failures
from folders import Layout
from imap_connection import CommandRefused
from imap_session import ImapSession

LOOK = 60.0  # seconds between looks into it while nothing should be in it


class Staging:
    def __init__(self, failures: Failures) -> None:
        self.failures = failures
        self.used = True  # whether something should be in it; an earlier pod may have left something
        self.looked = 0.0  # when it was looked into, on the monotonic clock

    def left(self, session: ImapSession, layout: Layout) -> list[Entry]:
        """What waits in it; the folder is open then.

        A provider may still be at a command of a session that was lost, so what was empty is looked into again.
        """
        now = time.monotonic()
        if not self.used and now - self.looked < LOOK:
            return []
        self.looked = now
        if not session.exists(layout.staging) or not session.count(layout.staging):
            self.failures.keep_only(layout.staging, b"", [])
            self.used = False
            return []
        session.select(layout.staging)
        uids = session.search("ALL")
        self.failures.keep_only(layout.staging, session.validity, uids)
        return [Entry(uid) for uid in uids]

    @staticmethod
    def clean(session: ImapSession, uids: list[int]) -> list[int]:
        """Removes the flag for deletion; returns which of these are without it."""
        if not session.search("DELETED"):
            return uids
        try:
            session.store(session.search("DELETED"), "-FLAGS", r"\Deleted")
        except CommandRefused:
            pass
        flagged = set(session.search("DELETED"))
        return [uid for uid in uids if uid not in flagged]
