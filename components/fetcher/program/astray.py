"""What another client removed from the outbox, and the provider refuses to copy there again.

It is moved to the folder for what was refused for good, which is tried again, also by a new pod. Where the provider
refuses that, too, it is delivered from the kept folder, where the copy stays, and written down for a new process.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from typing import Callable

import reasons
from direct_delivery import Entry, Outcome
from imap_connection import CommandRefused
from imap_session import ImapSession
from refill import Place
from shared import Shared
from state_file import StateFile

Deliver = Callable[[list[Entry], Callable[[int], None]], Outcome]


class Astray:
    def __init__(self, shared: Shared) -> None:
        self.kept, self.failures = shared.kept, shared.failures
        self.file = StateFile(os.path.join(shared.options.state, shared.folder.lower()), "astray.json")
        self.places = list[Place]()
        self.renumbered = set[str]()  # folders that were made anew since this process began
        with contextlib.suppress(ValueError, TypeError, OverflowError, AttributeError):
            for folder, uid, validity in self.file.read() or ():
                self.places.append(Place(str(folder), int(uid), validity.encode("latin-1")))
        self.kept.needed = {place.folder for place in self.places}

    def add(self, places: Iterable[Place]) -> None:
        if more := list(places):
            self.set([*self.places, *more])

    def set(self, places: list[Place]) -> None:
        if places == self.places:
            return
        self.places, self.kept.needed = places, {place.folder for place in places}
        with contextlib.suppress(OSError):  # no room: as long as this process lives, it knows them all the same
            self.file.write([(each.folder, each.uid, each.validity.decode("latin-1")) for each in places], sync=True)

    def set_aside(self, session: ImapSession, take: Callable[[int], bool]) -> None:
        """What is written down is lost with the pod, so `take` moves it to a folder that is looked into anyway."""
        for place in self.places:
            with contextlib.suppress(CommandRefused):
                if session.selected != place.folder:
                    session.select(place.folder)
                # Of this folder nothing is looked for again: what is only said to be moved must not be forgotten.
                if self.known(session, place) and take(place.uid) and not self.is_there(session, place.uid):
                    self.forget(place.folder, [place.uid])

    @staticmethod
    def known(session: ImapSession, place: Place) -> bool:
        """Whether its UID means the same message as when it was written down."""
        return not (place.validity and session.validity) or place.validity == session.validity

    @staticmethod
    def is_there(session: ImapSession, uid: int) -> bool:
        return uid in session.search("UID", str(uid))

    def deliver(self, session: ImapSession, deliver: Deliver) -> Outcome:
        outcome = Outcome()
        for folder in sorted({place.folder for place in self.places}):
            places = [place for place in self.places if place.folder == folder]
            try:
                session.select(folder)
            except CommandRefused as refusal:
                if session.exists(folder):
                    self.kept.warn(f"the provider refuses to open {folder}: {refusal}")
                else:
                    self.lose(folder, places)
                continue
            self.look_anew(session, folder, [place for place in places if not self.known(session, place)])
            uids = [place.uid for place in self.places if place.folder == folder]

            def done(uid: int, folder: str = folder) -> None:
                self.forget(folder, [uid])

            outcome = deliver(list(map(Entry, uids)), done)
            there = set(session.search("ALL"))
            self.forget(folder, [uid for uid in uids if uid not in there])
            if outcome.unreachable:
                break
        return outcome

    def look_anew(self, session: ImapSession, folder: str, strangers: list[Place]) -> None:
        """Which message it is nobody can tell from its UID any more: rather all of the folder twice, but only once."""
        if not strangers or folder in self.renumbered:
            self.lose(folder, strangers)
            return
        self.renumbered.add(folder)
        self.forget(folder, [place.uid for place in strangers])  # with the failures of their old UIDs
        others = [place for place in self.places if place.folder != folder]
        self.set([*others, *(Place(folder, uid, session.validity) for uid in session.first("ALL"))])
        self.kept.say(reasons.made_anew(folder, len(strangers)))

    def lose(self, folder: str, places: list[Place]) -> None:
        if places:
            self.forget(folder, [place.uid for place in places])
            self.kept.say(f"{folder} is gone, with {len(places)} that another client removed from the outbox")

    def forget(self, folder: str, uids: list[int]) -> None:
        """At once: what is delivered must not come again because the next message ends the session."""
        self.set([place for place in self.places if place.folder != folder or place.uid not in uids])
        for key in self.failures.of(folder):
            if key[2] in uids:
                self.failures.forget(key)
