"""With `forever` the originals stay in the inbox: each is copied to the outbox, and marked as fetched.

It is copied first and marked second, one message at a time: a crash between the two repeats one and loses none. Neither
is done only because the provider says OK: what was not copied would never come, and what bears no mark again and again.
"""

from __future__ import annotations

from typing import Callable

import reasons
from batches import Batches
from direct_delivery import DirectDelivery
from failures import Failures, Key, Kind
from folders import FETCHED, Layout
from imap_connection import CommandRefused
from imap_session import ImapSession
from overlooked import Overlooked

TURN = 100

key = DirectDelivery.key


class Forever:
    def __init__(
        self, failures: Failures, batches: Batches, say: Callable[[str], None], alive: Callable[[], None]
    ) -> None:
        self.failures, self.batches, self.alive = failures, batches, alive
        self.taken: set[Key] = set()  # to the outbox, and without a mark
        self.marked: set[Key] = set()  # the provider says that they are; if they are found again, it is not so
        self.overlooked = Overlooked(say, alive)

    @staticmethod
    def criteria(session: ImapSession) -> list[str]:
        return ["UNKEYWORD", FETCHED] if session.keywords else ["UNSEEN"]

    def collect(
        self, session: ImapSession, layout: Layout, found: list[int], no_outbox: bool
    ) -> tuple[int, tuple[int, ...], bool]:
        """How many were copied, what is to be delivered from the inbox itself, and whether there may be more."""
        flagged = set(session.search("DELETED", *self.criteria(session))) if found else set()
        there = {key(session, uid) for uid in found}
        self.taken, self.marked = self.taken & there, (self.marked | self.overlooked.rescued) & there
        moved, direct = 0, list[int]()
        for uid in found:
            self.alive()
            this = key(session, uid)
            if moved >= TURN or len(direct) >= TURN:
                break
            if not self.failures.due(this):
                continue
            if this in self.marked:
                self.mark_again(session, uid)
            elif this in self.taken:
                self.mark_taken(session, uid)
            elif uid in flagged or no_outbox or this in self.failures.known or not self.copy(session, layout, uid):
                direct.append(uid)
            else:
                moved += 1
                self.mark_taken(session, uid)
        return moved, tuple(direct), moved >= TURN or len(direct) >= TURN

    def copy(self, session: ImapSession, layout: Layout, uid: int) -> bool:
        try:
            before = session.messages(layout.outbox)
            self.batches.at = [uid]
            told = session.copy([uid], layout.outbox)
            self.batches.at = []
            copied = bool(told) or session.messages(layout.outbox) > before
        except CommandRefused:
            self.batches.at = []
            return False
        if copied:
            self.taken.add(key(session, uid))
        return copied

    def mark_taken(self, session: ImapSession, uid: int) -> None:
        try:
            self.mark(session, uid)
            self.failures.forget(key(session, uid))
        except CommandRefused as problem:
            self.failures.note(key(session, uid), Kind.STAYS, reasons.fetched_but_stays(problem))

    def mark_again(self, session: ImapSession, uid: int) -> None:
        problem: object = "it says that it is marked, and it is not"
        try:
            self.mark(session, uid)
        except CommandRefused as refusal:
            problem = refusal
        self.failures.note(key(session, uid), Kind.STAYS, reasons.fetched_but_stays(problem))

    def mark(self, session: ImapSession, uid: int) -> None:
        session.store([uid], "+FLAGS", FETCHED if session.keywords else r"\Seen")
        self.taken.discard(key(session, uid))
        self.marked.add(key(session, uid))
        self.overlooked.marked(key(session, uid))
