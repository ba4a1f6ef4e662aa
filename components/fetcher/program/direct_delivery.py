"""Delivers single messages by UID, byte for byte and checked: what fetchmail cannot do, or cannot do safely.

fetchmail alters some messages, refuses others, stops a whole run at one that the provider cannot read, and ends a run
after 20 refusals. What is left then is delivered here, each message for itself: one that fails does not stop those
behind it, and is tried again ever more rarely.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterable, Iterator
from typing import Callable, NamedTuple

import reasons
from failures import Failure, Failures, Key, Kind
from fetch_response import Message, number
from imap_connection import CommandRefused, LostOverMessage, SessionLost
from imap_session import ImapSession
from integrity_check import Tally
from smtp_session import Rejected, SmtpSession, Unreachable
from structure import Structure

RETURN_PATH = "BODY[HEADER.FIELDS"  # how the item's name begins; servers quote and write the rest in several ways
ABOUT = "(UID FLAGS RFC822.SIZE BODY.PEEK[HEADER.FIELDS (RETURN-PATH)])"
PLAIN = re.compile(rb"Return-Path: <(?:[A-Za-z0-9.!#$%&'*+/=?^_{|}~-]+@[A-Za-z0-9.-]+)?>\r\n\r\n")
HUGE = 1 << 31  # bytes; a larger size is a number that went wrong, like 4294967295 for -1
MOST_TEXTS = 3  # that are delivered under a UID from which the provider does not delete them
WORN_OUT = 25  # refusals for now, one after the other, after which the mail server is left alone for a while


class Entry(NamedTuple):
    """A message of a folder, as far as it is known."""

    uid: int
    size: int | None = None
    return_path: bytes | None = None  # the header with it alone
    deleted: bool = False
    seen: bool = False

    @property
    def for_fetchmail(self) -> bool:
        """Whether what fetchmail makes of the envelope sender is the Return-Path, and what passes can be measured."""
        return bool(self.size) and self.return_path is not None and PLAIN.fullmatch(self.return_path) is not None


def entry(message: Message) -> Entry | None:
    flags = message.items.get("FLAGS")
    path = next((value for name, value in message.items.items() if name.startswith(RETURN_PATH)), None)
    if message.uid is None:
        return None
    set_flags = {flag.lower() for flag in flags if isinstance(flag, bytes)} if isinstance(flags, list) else set()
    size, known = number(message.items.get("RFC822.SIZE")), path if isinstance(path, bytes) else None
    return Entry(
        message.uid,
        size if size is None or size < HUGE else None,
        known,
        rb"\deleted" in set_flags,
        rb"\seen" in set_flags,
    )


def envelope_sender(header: bytes) -> str:
    """Who sent a message, by its Return-Path: the mailbox at the end of a source route; empty for nobody."""
    unfolded = re.sub(rb"\r?\n(?=[ \t])", b"", header)
    found = re.search(rb"^Return-Path:[^<\r\n]*<(?:@[^:<>\s]+:)?([^<>\r\n]*)>", unfolded, re.IGNORECASE | re.MULTILINE)
    mailbox = found.group(1) if found else b""
    plain = re.fullmatch(rb"[\x21-\x3b\x3d\x3f-\x7e]+@[\x21-\x3b\x3d\x3f-\x7e]+", mailbox)
    return mailbox.decode() if plain else ""


class Incomplete(Exception):
    """The provider gave less than the whole message."""


class Outcome(NamedTuple):
    delivered: int = 0
    unreachable: str = ""  # why the mail server could not be reached
    unfinished: bool = False  # there was no time for all of them


class DirectDelivery:
    def __init__(
        self,
        stop: threading.Event,
        alive: Callable[[], None],
        arrived: Callable[[], None],
        delivered: Callable[[], int],
        failures: Failures,
    ) -> None:
        self.stop, self.alive, self.arrived, self.count = stop, alive, arrived, delivered
        self.failures = failures
        self.before = 0  # messages delivered when the round began
        self.digest = b""  # of the message that was given last

    def deliver(
        self,
        session: ImapSession,
        smtp: SmtpSession,
        entries: Iterable[Entry],
        finish: Callable[[int], None],
        quarantine: Callable[[int, str], bool] | None = None,
        budget: float = 300,
    ) -> Outcome:
        """Tries each of the messages that are due; `finish` takes away what is delivered."""
        delivered = rejections = 0
        until, unfinished = time.monotonic() + budget, False
        session.alive = self.alive
        for each in sorted(entries, key=lambda one: self.failures.last(self.key(session, one.uid))):
            self.alive()
            key = self.key(session, each.uid)
            unfinished = time.monotonic() > until
            if self.stop.is_set() or unfinished or rejections >= WORN_OUT:
                break
            if not self.failures.due(key):
                continue
            try:
                if (
                    quarantine
                    and not self.failures.handed_over(key, each.size)
                    and (old := self.failures.unreadable(key, self.count()))
                    and quarantine(each.uid, old.reason)
                ):
                    self.failures.forget(key)
                    continue
                delivered += self.one(session, smtp, each, finish)
                rejections = 0
            except Unreachable as problem:
                return Outcome(delivered, str(problem))
            except Rejected as problem:
                reason = reasons.mail_server_answered(problem)
                failure = self.failures.note(
                    key, Kind.PERMANENT if problem.final else Kind.REJECTED, reason, self.before
                )
                rejections = 0 if problem.final else rejections + 1
                if quarantine and failure.permanently_rejected(self.count()) and quarantine(each.uid, reason):
                    self.failures.forget(key)
            except SessionLost as problem:
                smtp.close()
                self.failures.note(key, Kind.PROVIDER, str(problem), self.before)
                raise LostOverMessage(str(problem)) from problem
            except (CommandRefused, Incomplete) as problem:
                reason = str(problem) if isinstance(problem, Incomplete) else reasons.provider_answered(problem)
                self.failures.note(key, Kind.PROVIDER, reason, self.before)
            except OSError as problem:
                smtp.close()
                lost = reasons.connection_lost(smtp.endpoint, reasons.of(problem))
                self.failures.note(key, Kind.DROPPED, lost, self.before)
        return Outcome(delivered, unfinished=unfinished)

    @staticmethod
    def key(session: ImapSession, uid: int) -> Key:
        return session.selected or "", session.validity, uid

    def one(self, session: ImapSession, smtp: SmtpSession, each: Entry, finish: Callable[[int], None]) -> int:
        """Hands a message over unless that is done, and takes it away; returns how many were handed over."""
        key = self.key(session, each.uid)
        handed_over = 0
        if not self.failures.handed_over(key, each.size) and not self.same(session, key, each):
            known = each if each.return_path is not None and each.size is not None else self.look_up(session, each)
            if known is None:
                self.failures.forget(key)  # somebody took it away
                return 0
            sender = envelope_sender(known.return_path or b"")
            smtp.deliver(sender, known.size, self.checked(session, known))
            self.failures.remember(key, known.size, self.digest)
            self.arrived()
            handed_over = 1
        try:
            finish(each.uid)
        except CommandRefused as problem:
            stays = reasons.aside_but_stays if self.failures.done[key].aside else reasons.delivered_but_stays
            self.failures.note(key, Kind.STAYS, stays(problem), self.before)
            return handed_over
        self.failures.forget(key)
        return handed_over

    def same(self, session: ImapSession, key: Key, each: Entry) -> bool:
        """Whether a message of another size is what was handed over: some providers state another one at each ask."""
        if key not in self.failures.done:
            return False
        digests, tally = self.failures.done[key].digests, Tally()
        if len(digests) >= MOST_TEXTS:
            raise Incomplete(reasons.changes(each.uid))
        for piece in session.pieces(each.uid, each.size):
            self.alive()
            tally.feed(piece)
        return tally.hash.digest() in digests

    @staticmethod
    def look_up(session: ImapSession, each: Entry) -> Entry | None:
        for message in session.fetch(str(each.uid), ABOUT):
            found = entry(message)
            if found and found.uid == each.uid and (found.size is not None or found.return_path is not None):
                return found
        return Entry(each.uid) if each.uid in session.search("UID", str(each.uid)) else None

    def checked(self, session: ImapSession, known: Entry) -> Iterator[bytes]:
        """The message; before its end is reached it is known to be whole."""
        tally = Tally()
        for piece in session.pieces(known.uid, known.size):
            tally.feed(piece)
            yield piece
        self.digest = tally.hash.digest()
        if tally.whole(known.size):
            return
        if tally.slightly_short(known.size):
            again = Tally()
            for piece in session.pieces(known.uid, known.size):
                self.alive()
                again.feed(piece)
            if again.hash.digest() == tally.hash.digest():
                return
        elif tally.roughly(known.size) and self.complete(session, known, tally):
            return
        raise Incomplete(reasons.incomplete(tally.bytes, known.size, known.uid))

    def complete(self, session: ImapSession, known: Entry, tally: Tally) -> bool:
        """Whether the message is the same by other commands, and all there by its own structure."""
        again, structure = Tally(), Structure()
        piece: bytes | None = None  # an empty body is an empty string, and never NIL
        body = tally.bytes - (tally.header or 0)
        try:
            for piece in session.halves(known.uid, known.size):
                self.alive()
                again.feed(piece)
                structure.feed(piece)
            if again.hash.digest() != tally.hash.digest() or not (body or piece == b"") or structure.endless:
                return False
            if structure.complete:
                return True
            told = session.leaves(known.uid)
            if structure.multipart:
                return told is not None and structure.agrees(told)
            return told == [body]
        except (CommandRefused, RecursionError):  # a structure may be as deep as its sender likes
            return False


__all__ = ["ABOUT", "DirectDelivery", "Entry", "Failure", "Outcome", "entry", "envelope_sender"]
