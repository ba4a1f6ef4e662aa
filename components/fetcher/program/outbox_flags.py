"""Whose flag for deletion a message of the outbox bears: fetchmail's means delivered, another client's does not."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable

import reasons
from failures import Key
from folders import Layout
from imap_connection import CommandRefused
from imap_session import ImapSession
from outbox_record import OutboxRecord
from shared import Shared


def keys(session: ImapSession, uids: Iterable[int]) -> set[Key]:
    """Of messages of the open folder."""
    return {(session.selected or "", session.validity, uid) for uid in uids}


class OutboxFlags:
    def __init__(self, shared: Shared) -> None:
        self.failures, self.kept = shared.failures, shared.kept
        self.record = OutboxRecord(os.path.join(shared.options.state, shared.folder.lower()))
        self.delivered: set[Key] | None = None  # what is delivered and bears the flag; None before the first check

    def look(self, session: ImapSession, layout: Layout) -> None:
        """Before anything is moved to the outbox: what bears the flag by now was delivered, if the record has it.

        What bears it afterwards, and is not fetchmail's, was flagged by somebody else, if only just before the move.
        """
        if self.delivered is not None:
            return
        if not session.count(layout.outbox):
            self.delivered = set()
            return
        session.select(layout.outbox)
        self.delivered = self.record.delivered(keys(session, session.search("DELETED")))

    def remember(self, session: ImapSession, more: Iterable[Key] = ()) -> None:
        """For a new process: what is delivered, and what fetchmail is about to deliver."""
        known = {*more, *(self.delivered or ()), *self.failures.done}
        self.record.write(session.selected or "", session.validity, known)

    def foreign(self, session: ImapSession, flagged: list[int]) -> list[int]:
        """Of what bears the flag, what somebody else has put there with it."""
        others = keys(session, flagged) - (self.delivered or set())
        return sorted(key[2] for key in others if not self.failures.handed_over(key))

    def settle(self, session: ImapSession, flagged: list[int]) -> None:
        """Takes the flag off what is not delivered."""
        try:
            if foreign := self.foreign(session, flagged):
                session.store(foreign, "-FLAGS", r"\Deleted")
        except CommandRefused as refusal:
            self.kept.warn(reasons.flag_stays(refusal))

    def remove_delivered(self, session: ImapSession) -> None:
        """Deletes, of what bears the flag, what was delivered."""
        with contextlib.suppress(CommandRefused):
            found = keys(session, session.search("DELETED"))
            done = self.delivered or set()
            session.delete(key[2] for key in found if key in done or self.failures.handed_over(key))
