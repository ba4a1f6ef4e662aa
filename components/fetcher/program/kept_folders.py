"""The folders at the provider in which delivered messages are kept: made, filled, and deleted after their time."""

from __future__ import annotations

import contextlib
import datetime
import time
from typing import Callable

import provider_clock
import reasons
from failures import Key
from folders import FOREVER, Layout, Retention
from imap_connection import CommandRefused
from imap_session import ImapSession
from provider_clock import ProviderClock

REFUSED = 600.0  # seconds until a refused folder is asked for again
LOOK = 3600.0  # seconds between looks for folders that have had their time
A_DAY = 86_400.0
SURE = 30  # days, at most, for which a folder must be known to this process where the provider's time is unknown


class Full(Exception):
    """The provider has no room, and nothing that was kept is left to delete."""


class KeptFolders:
    def __init__(
        self,
        retention: Retention,
        say: Callable[[str], None],
        clock: Callable[[], datetime.datetime] = provider_clock.now,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.retention, self.say, self.monotonic = retention, say, monotonic
        self.clock = ProviderClock(clock, monotonic)
        self.wanted = isinstance(retention, int) and retention > 0
        self.current: tuple[datetime.date, str] | None = None
        self.asked_again = 0.0  # when the provider is asked again for a folder that it refused, on the monotonic clock
        self.looked: tuple[datetime.date, float] | None = None  # when the old ones were last looked through
        self.used: dict[str, float] = {}  # when a folder was first seen, or last filled, on the monotonic clock
        self.needed: set[str] = set()  # those with undelivered mail in them, of which there is no other copy
        self.copied: set[Key] = set()  # by `move`, and not taken away yet
        self.warned: set[str] = set()

    def warn(self, text: str) -> None:
        if text not in self.warned:
            self.say(text)
        self.warned.add(text)

    def existing(self, session: ImapSession, layout: Layout) -> list[str]:
        return [folder for _, folder in layout.by_age(session.folders(layout.kept_root + "*"))]

    def expire(self, session: ImapSession, layout: Layout) -> None:
        """Deletes what has been kept for as long as it should be, by both clocks.

        Where the provider's time is unknown, the node's alone proves nothing: a folder that was named while that was
        behind looks old as soon as it is right. The dates of messages do not help, because COPY keeps them. So this
        process must have known the folder for all of the days, on the monotonic clock.
        """
        day, now = self.clock.clock().date(), self.monotonic()
        if self.retention == FOREVER or (self.looked and self.looked[0] == day and now - self.looked[1] < LOOK):
            return
        self.looked = day, now
        self.clock.tidy(session, layout)
        existing = self.existing(session, layout)
        self.used = {folder: self.used.get(folder, now) for folder in existing}
        if not layout.expired(existing, day, self.retention):
            return
        today = self.clock.earliest(session, layout)
        old = [each for each in layout.expired(existing, today, self.retention) if each not in self.needed]
        if self.clock.ahead is None and isinstance(self.retention, int):
            old = [folder for folder in old if now - self.used[folder] >= min(self.retention, SURE) * A_DAY]
        elif self.clock.ahead:
            self.warn(reasons.clocks_differ(self.clock.ahead))
        for folder in old:
            try:
                session.remove(folder)
            except CommandRefused as problem:
                self.warn(f"the provider refuses to delete {folder}: {problem}")

    def free(self, session: ImapSession, layout: Layout) -> str:
        """Makes room: the oldest folder goes; returns its name. Full when there is none, or none that may go."""
        for folder in self.existing(session, layout) if self.retention != FOREVER else []:
            if folder in self.needed:
                continue
            try:
                session.remove(folder)
            except CommandRefused:
                continue
            self.say(f"the provider is full: {folder}, the oldest mail that was kept, is deleted before its time")
            if self.current and self.current[1] == folder:
                self.current = None
            return folder
        raise Full

    def with_room(self, session: ImapSession, layout: Layout, action: Callable[[], None]) -> None:
        """Does it, deleting what was kept while the provider says that it is full."""
        freed = set[str]()
        while True:
            try:
                return action()
            except CommandRefused as problem:
                if not problem.over_quota:
                    raise
            folder = self.free(session, layout)
            if folder in freed:  # made anew by the action itself, so that there is nothing to win
                raise Full
            freed.add(folder)

    def delete(self, session: ImapSession, layout: Layout, uids: list[int]) -> None:
        """Deletes what is delivered; some have no room even for the flag that it takes."""
        refusal = CommandRefused()

        def attempt() -> None:
            nonlocal refusal
            try:
                session.delete(uids)
            except CommandRefused as problem:
                refusal = problem
                raise

        try:
            self.with_room(session, layout, attempt)
        except Full:
            raise refusal from None

    def folder(self, session: ImapSession, layout: Layout) -> str | None:
        """Today's; None where nothing is to be kept, or the provider refuses the folder.

        What is in the outbox when it is made was not delivered yesterday: it is copied, too, so that it is kept from
        the day on which it is delivered.
        """
        if not self.wanted or self.monotonic() < self.asked_again:
            return None
        day = self.clock.latest(session, layout)
        if self.current and self.current[0] == day:
            self.used[self.current[1]] = self.monotonic()
            return self.current[1]
        existing = self.existing(session, layout)
        for folder in (layout.kept(day), layout.kept_flat(day)):
            try:
                if folder not in existing:
                    session.create(folder)
                    self.copy_leftovers(session, layout, folder)
                self.current, self.used[folder] = (day, folder), self.monotonic()
                return folder
            except CommandRefused as problem:
                if problem.over_quota:
                    raise
                refusal = problem
        self.asked_again = self.monotonic() + REFUSED
        self.warn(f"the provider refuses a folder for kept messages, so delivered ones are deleted at once: {refusal}")
        return None

    @staticmethod
    def copy_leftovers(session: ImapSession, layout: Layout, folder: str) -> None:
        before = session.selected
        with contextlib.suppress(CommandRefused):  # no outbox, or no copy: what is in it stays there
            session.select(layout.outbox)
            left = session.search("UNDELETED")
            if left:
                session.copy(left, folder)
        if before:
            session.select(before)

    def copy(self, session: ImapSession, layout: Layout, uids: list[int]) -> None:
        """Copies messages of the selected folder to today's."""

        def attempt() -> None:  # asked for anew each time: making room may have taken today's folder, too
            folder = self.folder(session, layout)
            if folder:
                session.copy(uids, folder)

        self.with_room(session, layout, attempt)

    def move(self, session: ImapSession, layout: Layout, uid: int) -> None:
        """For what is delivered in the end, after it was set aside: from now on it is kept like everything else."""
        folder, validity = None, session.validity
        try:
            folder = self.folder(session, layout)
            if (
                session.validity != validity
            ):  # others may have opened it meanwhile, and the UID is another message's now
                raise CommandRefused("the folder was made anew")
            if folder and (session.selected, validity, uid) not in self.copied:
                if session.moves:
                    session.move([uid], folder)
                    if not session.search("UID", str(uid)):
                        return
                session.copy_all([uid], folder)
                self.copied.add((session.selected or "", validity, uid))
        except CommandRefused as problem:
            if not problem.over_quota:
                raise
        self.delete(session, layout, [uid])
