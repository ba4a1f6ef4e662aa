"""While fetchmail empties the outbox, the next messages of the inbox are moved there: fetched in the same login.

fetchmail expunges whatever bears the flag for deletion in the outbox, and another client can set that flag in the inbox
until the moment of the move. So a message goes by way of the staging folder, which nobody else has open: there the flag
is looked for and removed, and only what is without it moves on. A pod that is killed at any moment leaves a message in
the inbox, in staging, or in the outbox without a flag of others. What is left in staging is delivered directly.

A message goes this way only with a copy in the kept folder. When the run is over, what left the outbox is compared with
what fetchmail has delivered and flagged, and the rest is delivered from the kept folder.
"""

from __future__ import annotations

from typing import NamedTuple

from batches import MOST
from collect import Collector
from direct_delivery import ABOUT, entry
from failures import Key
from folders import FETCHED, Layout, uid_set
from imap_connection import CommandRefused, SessionLost
from imap_session import ImapSession

IN_A_RUN = 10 * MOST  # messages to one login of fetchmail


class Place(NamedTuple):
    """Where the copy of a message is."""

    folder: str
    uid: int
    validity: bytes = b""  # empty where it is not known


class Refill:
    def __init__(self, collector: Collector, session: ImapSession, source: str, layout: Layout) -> None:
        self.collector, self.session, self.source, self.layout = collector, session, source, layout
        self.copies: dict[int, Place] = {}  # of what was moved to the outbox, by its UID there
        self.unanswered: dict[Key, Place] = {}  # of what was to be moved, and may have been
        self.tries = 3  # to restore: a connection may be lost for other reasons
        self.passed: set[Key] = set()  # not for this way

    @staticmethod
    def possible(collector: Collector, session: ImapSession) -> bool:
        """Whether there are copies, and what is moved can be followed."""
        return collector.folders.wanted and session.moves and collector.followed and not collector.no_outbox

    def next(self) -> bool:
        """Moves the next messages; False when there is nothing more to move in this way."""
        batches = self.collector.batches
        try:
            if self.session.selected != self.source:
                self.session.select(self.source)
            batch = self.batch()
            going_on = bool(batch) and self.move(batch)
            batches.at = []
            return going_on and len(self.copies) < IN_A_RUN
        except SessionLost as lost:
            self.collector.broke_off(self.session, lost)
            raise
        except CommandRefused:  # the way over the outbox's next turn has an answer to each refusal
            batches.at = []
            return False

    def batch(self) -> list[int]:
        collector, session = self.collector, self.session
        known = {*self.passed, *collector.taken, *collector.moved, *collector.copied, *collector.failures.known}
        marked = set(session.first("KEYWORD", FETCHED)) if session.marks else set()
        fresh = [uid for uid in session.first("ALL") if uid not in marked and collector.key(session, uid) not in known]
        return fresh[: collector.batches.size]

    def move(self, batch: list[int]) -> bool:
        folder = self.collector.folders.folder(self.session, self.layout)
        if folder is None:
            return False
        self.collector.batches.at = batch
        kept = self.session.copy(batch, folder)
        self.collector.copied |= {self.collector.key(self.session, uid) for uid in batch}
        found = [one for one in map(entry, self.session.fetch(uid_set(batch), ABOUT)) if one]
        plain = {one.uid for one in found if one.for_fetchmail and not one.deleted and not one.seen}
        going = [uid for uid in batch if uid in plain and uid in kept]
        self.passed |= {self.collector.key(self.session, uid) for uid in batch if uid not in going}
        if not going:
            return True
        self.collector.staging.used = True
        self.session.create(self.layout.staging)
        staged = self.session.move(going, self.layout.staging)
        self.collector.moved |= {self.collector.key(self.session, uid) for uid in going}
        self.move_on({staged[uid]: Place(folder, kept[uid]) for uid in going if uid in staged})
        return len(staged) == len(going) and not self.unanswered

    def move_on(self, places: dict[int, Place]) -> None:
        """From staging to the outbox, what is without the flag for deletion; the rest is delivered directly, later."""
        self.collector.batches.at = []  # the UIDs of the inbox; those of staging are others
        self.session.select(self.layout.staging)
        clean = self.collector.staging.clean(self.session, list(places))
        if not clean:
            return
        self.unanswered = {self.collector.key(self.session, uid): places[uid] for uid in clean}
        there = self.session.move(clean, self.layout.outbox)
        for uid in there:
            self.unanswered.pop(self.collector.key(self.session, uid), None)
        self.copies.update({there[uid]: places[uid] for uid in clean if uid in there})

    def look_for_unanswered(self, session: ImapSession) -> None:
        """What is still in staging was not moved."""
        if self.unanswered:
            session.select(self.layout.staging)
            there = {self.collector.key(session, uid) for uid in session.search("ALL")}
            self.unanswered = {key: place for key, place in self.unanswered.items() if key not in there}

    def restore(self, session: ImapSession, places: list[Place]) -> list[Place]:
        """Copies to the outbox again what somebody else took out of it; returns what the provider refuses to copy."""
        self.tries -= 1
        refused = list[Place]()
        for folder in sorted({place.folder for place in places}):
            these = [place for place in places if place.folder == folder]
            try:
                session.select(folder)
                session.copy_all([place.uid for place in these], self.layout.outbox)
            except (CommandRefused, SessionLost) as problem:
                if isinstance(problem, SessionLost) and self.tries > 0:
                    raise
                self.collector.folders.warn(f"the provider refuses to copy a message from {folder} again: {problem}")
                validity = session.validity if session.selected == folder else b""
                refused += [place._replace(validity=validity) for place in these]
        return refused


class Refilled(NamedTuple):
    """A run of fetchmail over messages that were there at its start, and over those that came meanwhile."""

    refill: Refill
    uids: list[int]
    next_uid: int  # of the outbox, at the start; 0 where the provider does not tell

    def astray(self, next_uid: int, left: list[int], flagged: int) -> tuple[list[int], bool]:
        """What came meanwhile, and is gone or flagged though fetchmail was not there yet: it goes by UID.

        And whether that is true of what was moved without an answer, so without a UID. Others may have put messages
        there as well, as refetch does, and whose a message without a known UID is, only their numbers can tell.
        """
        unanswered, there = len(self.refill.unanswered), {uid for uid in left if uid >= self.next_uid}
        came = next_uid - self.next_uid if self.next_uid else 0
        others = max(came - sum(uid >= self.next_uid for uid in self.known) - unanswered, 0)
        gone = max(others + unanswered - len(there - self.known), 0)
        done = sorted(self.known - set(left))
        astray = [uid for uid in done[max(flagged - min(others, gone), 0) :] if uid in self.refill.copies]
        return astray, unanswered > 0 and gone > 0 and len(done) + gone > flagged

    @property
    def known(self) -> set[int]:
        return {*self.uids, *self.refill.copies}
