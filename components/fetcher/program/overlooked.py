"""With `forever`: what the provider's search does not find, though it was never fetched.

What is fetched stays in the inbox, so a search that finds too little leaves a message there, and nothing tells of it.
Now and then the flags of all messages are asked for without a search.
"""

from __future__ import annotations

import contextlib
import time
from typing import Callable

import imap_folders
import reasons
from direct_delivery import DirectDelivery
from failures import Key
from folders import FETCHED, set_parts, uid_set
from imap_connection import CommandRefused
from imap_session import ImapSession

LOOK = 3600.0  # seconds between looks
DOUBT = 60.0  # the same once a search was wrong
SHARE = 20  # times as long as asking for the flags took, or new mail in a large folder would wait for that only


class Overlooked:
    def __init__(self, say: Callable[[str], None], alive: Callable[[], None]) -> None:
        self.say, self.alive = say, alive
        self.due, self.pause = 0.0, LOOK
        self.missed: set[Key] = set()  # not marked yet
        self.rescued: set[Key] = set()  # these were missed, and are marked now

    def add(self, session: ImapSession, criteria: list[str], found: list[int]) -> list[int]:
        """What was found, and what was not."""
        if time.monotonic() >= self.due:
            self.due = time.monotonic() + self.pause
            self.look(session, criteria, found)
        here = DirectDelivery.key(session, 0)[:2]
        return sorted({*found, *(uid for *place, uid in self.missed if tuple(place) == here)})

    def look(self, session: ImapSession, criteria: list[str], found: list[int]) -> None:
        started = time.monotonic()
        candidates = set(sorted(self.unmarked(session) - set(found))[: imap_folders.FIRST])
        try:  # some have come since; and a mark that only a search shows is one
            candidates -= self.found(session, candidates, criteria) | self.found(session, candidates, opposite(session))
        except CommandRefused:
            return
        missed = {DirectDelivery.key(session, uid) for uid in candidates}
        if missed - self.missed - self.rescued:
            self.pause = DOUBT
            self.due = min(self.due, time.monotonic() + DOUBT)
            self.say(reasons.search_overlooks(len(missed)))
        self.missed = missed
        self.due = max(self.due, time.monotonic() + SHARE * (time.monotonic() - started))

    def found(self, session: ImapSession, uids: set[int], criteria: list[str]) -> set[int]:
        """Those of them that a search finds; among all, it may find more than fit into the memory."""
        found = set[int]()
        for part in set_parts(uid_set(uids)) if uids else ():
            self.alive()
            found.update(session.search("UID", part, *criteria))
        return found

    def unmarked(self, session: ImapSession) -> set[int]:
        mark, uids = (FETCHED if session.keywords else r"\Seen").lower().encode(), set[int]()
        with contextlib.suppress(CommandRefused):
            for message in session.by_number("(UID FLAGS)"):
                self.alive()
                flags = message.items.get("FLAGS")
                if message.uid and isinstance(flags, list):
                    words = [flag.lower() for flag in flags if isinstance(flag, bytes)]
                    uids |= {message.uid} if mark not in words else set()
        return uids

    def marked(self, key: Key) -> None:
        """If it is missed again then, it bears no mark although it is said to, and goes on being reported."""
        if key in self.missed and key not in self.rescued:
            self.missed.discard(key)
            self.rescued.add(key)


def opposite(session: ImapSession) -> list[str]:
    return ["KEYWORD", FETCHED] if session.keywords else ["SEEN"]
