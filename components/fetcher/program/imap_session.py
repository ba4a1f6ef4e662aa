"""An IMAP session at the provider: what the fetcher needs of IMAP, with answers matched by UID and item."""

from __future__ import annotations

import datetime
import hashlib
import imaplib
import threading
import time
from collections.abc import Iterable, Iterator
from typing import Any, Callable

import fetch_response
from fetch_response import Message
from folder_names import quoted
from folders import LONGEST_SET, TooMuch, copied_uids, internal_date, set_parts, uid_set
from imap_connection import CommandRefused, SessionLost
from imap_folders import ImapFolders
from imap_idle import IDLE_SILENCES, Idle
from imap_reader import ENDLESS

PIECE = 1 << 20  # messages pass through in pieces: memory does not grow with their size


class ImapSession(ImapFolders):
    alive: Callable[[], None] = staticmethod(lambda: None)  # called while much is read

    def __enter__(self) -> ImapSession:
        return self

    # Messages of the selected folder

    def fetch(self, uids: str, items: str) -> list[Message]:
        found: list[Message] = []
        for part in set_parts(uids):
            found += self.told(self.uid("FETCH", part, items))
        return fetch_response.merged(found)

    @staticmethod
    def told(data: list[Any]) -> list[Message]:
        try:
            return fetch_response.parse(data)
        except (TooMuch, RecursionError) as problem:  # it is about these messages only
            raise CommandRefused(f"what makes no sense: {problem}") from None

    def received(self, uid: int) -> datetime.datetime | None:
        """When the provider received a message, by its own clock."""
        for message in self.fetch(str(uid), "(UID INTERNALDATE)") if uid else ():
            if message.uid == uid and "INTERNALDATE" in message.items:
                return internal_date(message.items["INTERNALDATE"])
        return None

    def halves(self, uid: int, size: int | None) -> Iterator[bytes]:
        """The same message by other commands."""
        for section in ("HEADER", "TEXT"):
            yield from self.pieces(uid, size, section)

    def leaves(self, uid: int) -> list[int] | None:
        """The lengths of a message's parts, as the provider's structure of it has them."""
        for message in self.fetch(str(uid), "(UID BODYSTRUCTURE)"):
            if message.uid == uid and "BODYSTRUCTURE" in message.items:
                return fetch_response.leaves(message.items["BODYSTRUCTURE"])
        return None

    def pieces(self, uid: int, size: int | None, section: str = "") -> Iterator[bytes]:
        """A message as the provider gives it, asked for until there is no more."""
        start, first, short = 0, b"", False
        while True:
            try:
                piece, cut = self.piece(uid, start, section)
            except CommandRefused:
                if start and (start >= size if size else short):
                    return  # there is nothing behind the end
                raise
            if piece is None and start and not size and not short:
                raise CommandRefused(f"no size, and nothing behind byte {start:,}, where the message may go on")
            if piece is None or (start and not piece):
                return  # NIL is nothing at all; an empty string may be a whole message, if it is the first
            digest, length = hashlib.sha256(piece).digest(), len(piece)
            if start and digest == first and not cut:
                return  # some give the whole message, whatever piece they are asked for
            for at in range(0, length or 1, PIECE):  # a whole message is large enough without copies of it
                yield piece[at : at + PIECE]
            del piece  # before the next one is read
            first = first or digest
            start += length
            if start > ENDLESS:
                raise CommandRefused("a message without an end")
            if cut and start < self.imap.total:
                continue
            # The stated end is believed only behind a piece that is shorter than asked for: it may be stated wrong.
            believed = start == size and length < PIECE and not short
            if not length or believed or cut or length > PIECE:
                return
            short = short or length < PIECE

    def piece(self, uid: int, start: int, section: str) -> tuple[bytes | None, bool]:
        """What the provider gives from there on, and whether it is a part of a whole that was too large to be kept."""
        self.imap.origin, self.imap.cut, self.imap.alive = start, False, self.alive
        try:
            data = self.uid("FETCH", str(uid), f"(BODY.PEEK[{section}]<{start}.{PIECE}>)")
        finally:
            self.imap.origin = None
        return fetch_response.piece(self.told(data), uid, start, section, self.imap.cut), self.imap.cut

    def store(self, uids: Iterable[int], change: str, flags: str) -> int:
        """Returns how many messages the provider took away for it: Gmail does so with the flag for deletion."""
        return sum(
            self.expunged(self.uid("STORE", part, f"{change}.SILENT", f"({flags})"))
            for part in set_parts(uid_set(uids))
        )

    def expunged(self, _: object) -> int:
        """How many messages were told to be gone in the answer to the last command."""
        return len(self.imap.untagged_responses.get("EXPUNGE", []))

    def delete(self, uids: Iterable[int]) -> None:
        """Only these, also where EXPUNGE takes every message that somebody has flagged."""
        ours = set(uids)
        if not ours:
            return
        told = self.store(ours, "+FLAGS", r"\Deleted") + self.expunge(ours)
        if told < len(ours) and (left := self.still_there(ours)):
            raise CommandRefused(f"it says that {len(ours)} are deleted, and {len(left)} are there")

    def expunge(self, ours: set[int]) -> int:
        if "UIDPLUS" in self.capabilities:
            try:
                return sum(self.expunged(self.uid("EXPUNGE", part)) for part in set_parts(uid_set(ours)))
            except CommandRefused as refusal:
                if not refusal.bad:
                    raise
                self.capabilities.remove("UIDPLUS")
        others = set(self.search("DELETED")) - ours
        if others:
            self.store(others, "-FLAGS", r"\Deleted")
            if left := set(self.search("DELETED")) - ours:
                raise CommandRefused(f"the flag for deletion stays on {len(left)} others, which it would delete, too")
        return len([number for number in self.call("expunge") if number])

    def still_there(self, uids: set[int]) -> set[int]:
        return {uid for part in set_parts(uid_set(uids)) for uid in self.search("UID", part)} & uids

    def copy(self, uids: Iterable[int], folder: str) -> dict[int, int]:
        """Returns the UIDs of the copies where the provider tells them (RFC 4315), by those of the originals."""
        given = list(uids)
        self.uid("COPY", uid_set(given), quoted(folder))
        return copied_uids(self.imap.response("COPYUID")[1], given)

    def copy_all(self, uids: Iterable[int], folder: str) -> None:
        """Where the originals are deleted then: some say OK to a copy that they have made of a part only."""
        given = list(uids)
        before = self.messages(folder)
        told = len(self.copy(given, folder)) or len(given)
        made = min(self.messages(folder) - before, told)  # others may put something there meanwhile
        if made < len(given):
            raise CommandRefused(f"it says that {len(given)} are copied, and {made} are there")

    @property
    def moves(self) -> bool:
        return "MOVE" in self.capabilities

    @property
    def expunges_at_once(self) -> bool:
        """Whether it is Gmail, which takes a message away, and renumbers, as soon as it bears the flag for deletion."""
        return "X-GM-EXT-1" in self.capabilities

    def move(self, uids: Iterable[int], folder: str) -> dict[int, int]:
        """Returns the new UIDs, as `copy` does."""
        given = list(uids)
        if not self.moves:
            self.copy_all(given, folder)
            self.delete(given)
            return {}
        try:
            self.uid("MOVE", uid_set(given), quoted(folder))
        except CommandRefused as refusal:
            if refusal.bad and len(uid_set(given)) < LONGEST_SET:  # it says that it has MOVE, and has not
                self.capabilities.remove("MOVE")
            raise
        return copied_uids(self.imap.response("COPYUID")[1], given)

    def idle(self, seconds: float, stop: threading.Event, changed: Callable[[], bool]) -> None:
        """Waits until the folder changes, `seconds` pass, `stop` is set, or `changed()`."""
        if "IDLE" not in self.capabilities or IDLE_SILENCES.get(self.endpoint, 0) > 1:
            until = time.monotonic() + min(seconds, 30)
            while time.monotonic() < until and not stop.wait(min(1, seconds)) and not changed():
                pass
            self.call("noop")
            return
        idle = Idle(self.imap, self.endpoint, lambda: stop.is_set() or changed())
        idle.pause(self.hasty)
        try:
            # Some news came with the last answer.
            self.hasty = self.hasty + 1 if self.news() or idle.wait(seconds) else 0
        except (OSError, imaplib.IMAP4.abort) as problem:
            raise problem if isinstance(problem, SessionLost) else self.lost(problem) from problem
        if not idle.accepted:
            # It says that it waits and does not: from now on it is asked every half minute.
            self.capabilities = [name for name in self.capabilities if name != "IDLE"]

    hasty = 0  # waits in a row that were over at once
