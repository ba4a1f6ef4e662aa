"""Takes new mail out of the inbox: a copy to the day's folder of kept messages, then a move to the outbox.

The kept copy comes first, so that at no moment a message is nowhere but in the outbox, which fetchmail empties. With
`forever` the original stays in the inbox: it is copied to the outbox first and marked second, one message at a time,
so that a crash repeats one. docs/explanation/fetching.md has the steps, and where each leaves a message.
"""

from __future__ import annotations

from typing import Callable, NamedTuple

import marked_originals
import outbox_folder
import reasons
from batches import Batches
from failures import Failures, Key, Kind
from folders import FOREVER, Layout, Retention
from forever import Forever
from imap_connection import CommandRefused, LostOverMessage, SessionLost
from imap_session import ImapSession
from kept_folders import Full, KeptFolders
from staging import Staging

FEW = 20  # where there is no MOVE, because a crash repeats a batch


class Collected(NamedTuple):
    moved: int = 0  # to the outbox
    direct: tuple[int, ...] = ()  # to be delivered from the inbox itself
    more: bool = False  # there is more in the inbox


def span(uids: list[int]) -> str:
    """A short range with all of them in it, for a search."""
    return f"{min(uids)}:{max(uids)}"


class Collector:
    def __init__(self, retention: Retention, kept: KeptFolders, failures: Failures, alive: Callable[[], None]) -> None:
        self.retention, self.folders, self.failures, self.alive = retention, kept, failures, alive
        self.copied: set[Key] = set()  # to a kept folder, and still in the inbox
        self.taken: set[Key] = set()  # to the outbox, and still in the inbox
        self.moved: set[Key] = set()  # the provider says that they are in the outbox; if they stay, it is not so
        self.followed = False  # whether the provider has told the UIDs that messages got in the outbox
        self.no_outbox = False
        self.batches, self.staging = Batches(alive), Staging(failures)
        self.forever = Forever(failures, self.batches, kept.say, alive)

    def prepare(self, session: ImapSession, layout: Layout) -> Layout:
        """Makes the outbox, and tells where the fetcher's folders are."""
        found = outbox_folder.prepare(session, layout, self.folders)
        self.no_outbox = found is None
        return found or layout

    def collect(self, session: ImapSession, layout: Layout) -> Collected:
        """Moves the next messages of the selected folder to the outbox."""
        try:
            forever = self.retention == FOREVER
            found = self.copy_and_mark(session, layout) if forever else self.move(session, layout)
        except SessionLost as lost:
            self.broke_off(session, lost)
            raise
        except CommandRefused:
            self.folders.current = None  # the folder may be gone: with the next session it is made
            raise
        self.batches.grow()
        return found

    def broke_off(self, session: ImapSession, lost: SessionLost) -> None:
        """If it was over certain messages, there are fewer to the next batch, until the one is found."""
        if not self.batches.at:
            return
        at = self.batches.shrink()
        if len(at) == 1:
            key = self.key(session, at[0])
            self.failures.note(key, Kind.PROVIDER, str(lost))
            self.copied.add(key)  # if it was the copy, it is done without: the message is delivered all the same
        raise LostOverMessage(str(lost)) from lost

    @staticmethod
    def new(session: ImapSession, *criteria: str) -> list[int]:
        for _ in range(5):  # what comes during a search is not announced again, and may come during the next one, too
            found = session.first(*criteria)
            if found or not session.news():
                break
        return found

    def fresh(self, session: ImapSession) -> bool:
        """Whether there is something in the selected folder that was not tried yet."""
        found = session.first(*self.criteria(session))
        keys = [self.key(session, uid) for uid in found]
        known = {*self.taken, *self.forever.taken, *self.failures.known}
        return any(key not in known for key in keys)

    def criteria(self, session: ImapSession) -> list[str]:
        return self.forever.criteria(session) if self.retention == FOREVER else ["ALL"]

    @staticmethod
    def key(session: ImapSession, uid: int) -> Key:
        return session.selected or "", session.validity, uid

    def move(self, session: ImapSession, layout: Layout) -> Collected:
        found = self.new(session, "ALL")
        self.failures.keep_only(session.selected or "", session.validity, found)
        there = {self.key(session, uid) for uid in found}
        self.copied, self.taken, self.moved = self.copied & there, self.taken & there, self.moved & there
        self.take_out(session, layout, [uid for uid in found if self.key(session, uid) in self.taken])
        waiting = [uid for uid in found if self.key(session, uid) not in self.taken]
        known = {uid for _, _, uid in [*self.failures.of(session.selected or ""), *self.moved]}
        direct = [uid for uid in waiting if uid in known and self.failures.due(self.key(session, uid))]
        fresh = [uid for uid in waiting if uid not in known]
        more = False
        if fresh and session.marks:
            fresh, kept, more = marked_originals.keep(session, layout, fresh, self.folders, self.batches)
            self.moved |= {self.key(session, uid) for uid in kept}
        batch = fresh[: self.batches.size if session.moves else min(self.batches.size, FEW)]
        more = more or len(fresh) > len(batch)
        if batch:
            batch, unclear = self.unflag(session, batch)
            direct += unclear
        self.keep(session, layout, batch)
        for uid in direct:  # each for itself: it may be one that the provider cannot bear to copy
            self.keep(session, layout, [uid])
        if not batch:
            return Collected(0, tuple(direct), more)
        if self.no_outbox:
            return Collected(0, (*direct, *batch), more)
        moved, refused = self.batches.piecewise(batch, lambda uids: self.move_to_outbox(session, layout, uids))
        return Collected(moved, (*direct, *refused), more)

    @staticmethod
    def unflag(session: ImapSession, batch: list[int]) -> tuple[list[int], list[int]]:
        """In the outbox, \\Deleted means delivered: what somebody has flagged in the inbox must not bear it there.

        Returns what can be moved and, where the flag stays on, what cannot.
        """
        flagged = sorted(set(session.search("UID", span(batch), "DELETED")) & set(batch))
        if not flagged:
            return batch, []
        try:
            session.store(flagged, "-FLAGS", r"\Deleted")
            return batch, []
        except CommandRefused:
            return [uid for uid in batch if uid not in set(flagged)], flagged

    def keep(self, session: ImapSession, layout: Layout, batch: list[int]) -> None:
        """Copies to the kept folder what is not there yet; whatever comes of that, the message is delivered."""

        def copy(uids: list[int]) -> None:
            self.folders.copy(session, layout, uids)
            self.copied |= {self.key(session, uid) for uid in uids}

        if not self.folders.wanted:
            return
        try:
            todo = [uid for uid in batch if self.key(session, uid) not in self.copied]
            _, refused = self.batches.piecewise(todo, copy)
        except Full:
            self.batches.at = []
            self.folders.warn("the provider is full, and nothing that was kept is left to delete: new mail is not kept")
            return
        if refused:
            self.folders.warn("the provider refuses to copy a message to a kept folder: it is delivered and not kept")

    def move_to_outbox(self, session: ImapSession, layout: Layout, uids: list[int]) -> None:
        def action() -> None:
            if session.moves:
                self.followed = len(session.move(uids, layout.outbox)) == len(uids)
            else:
                session.copy_all(uids, layout.outbox)

        try:
            self.folders.with_room(session, layout, action)
        except Full:
            raise CommandRefused("it is full") from None
        keys = {self.key(session, uid) for uid in uids}
        if session.moves:
            self.moved |= keys
        else:
            self.taken |= keys
            self.take_out(session, layout, uids)

    def take_out(self, session: ImapSession, layout: Layout, uids: list[int]) -> None:
        """Deletes in the inbox what is in the outbox; where that is refused, it is not copied again."""
        due = [uid for uid in uids if self.failures.due(self.key(session, uid))]
        try:
            self.folders.delete(session, layout, due)
        except CommandRefused as problem:
            for uid in due:
                self.failures.note(self.key(session, uid), Kind.STAYS, reasons.fetched_but_stays(problem))
            return
        for uid in due:
            self.taken.discard(self.key(session, uid))
            self.failures.forget(self.key(session, uid))

    def copy_and_mark(self, session: ImapSession, layout: Layout) -> Collected:
        """With `forever`."""
        if not session.keywords:
            self.folders.warn("the provider stores no keywords: with retention forever, only what is unread is fetched")
        criteria = self.criteria(session)
        found = self.forever.overlooked.add(session, criteria, self.new(session, *criteria))
        self.failures.keep_only(session.selected or "", session.validity, found)
        return Collected(*self.forever.collect(session, layout, found, self.no_outbox))

    def finish(self, session: ImapSession, layout: Layout) -> Callable[[int], None]:
        """What is done with a message that was delivered from the inbox itself."""
        if self.retention == FOREVER:
            return lambda uid: self.forever.mark(session, uid)
        return lambda uid: self.folders.delete(session, layout, [uid])
