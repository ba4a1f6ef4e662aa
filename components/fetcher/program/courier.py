"""Carries single messages from the provider to the mail server, byte for byte, where fetchmail cannot.

fetchmail 6.4 alters some messages (inspector.py holds those back), refuses others (a header line without a colon), and
ends a round after 20 refusals, so that bad messages at the head would stop those behind. What it leaves is carried
here; what the mail server refuses for good is moved aside, to a folder at the provider, and tried again from there.
"""

from __future__ import annotations

import imaplib
import re
import smtplib
import socket
import threading
import time
from typing import Callable, NamedTuple

from credentials import Pair
from options import Endpoint
from provider import Provider
from sink import Refused, Sink

Key = tuple[str, bytes, bytes]  # folder, validity, uid


class Swept(NamedTuple):
    """What came of going through a folder."""

    delivered: int
    left: int
    aside: int
    refusal: str  # the last one


class Tried(NamedTuple):
    """What is known of a message that was not delivered."""

    refused: int  # times, for good
    last: float  # when it was last tried, on the monotonic clock
    before: int  # messages delivered before the round in which it first was

    def beyond_hope(self, delivered: int) -> bool:
        """Whether it is refused for good while others get through."""
        return self.refused >= 3 and delivered > self.before


def envelope_sender(header: bytes) -> str:
    """Who sent a message, by its Return-Path; an empty string when that is no plain address."""
    found = re.search(rb"<([\x21-\x3b\x3d\x3f-\x7e]+@[\x21-\x3b\x3d\x3f-\x7e]+)>", header)
    return found.group(1).decode() if found else ""


class Courier:
    """Empties one folder of the provider, message by message."""

    def __init__(
        self,
        imap: Endpoint,
        sink: Endpoint,
        stop: threading.Event,
        alive: Callable[[], None],
        report: Callable[[], None],
        delivered: Callable[[], int],
    ) -> None:
        self.imap, self.sink, self.stop = imap, sink, stop
        self.alive, self.report, self.delivered = alive, report, delivered
        self.tries: dict[Key, Tried] = {}
        self.before = 0  # messages delivered when the round began that this sweep ends

    def refused(self, key: Key, final: bool) -> bool:
        """Notes a refusal; returns whether the message is beyond hope while others get through."""
        known = self.tries.get(key, Tried(0, 0, self.before))
        tried = self.tries[key] = Tried(known.refused + final, time.monotonic(), known.before)
        return tried.beyond_hope(self.delivered())

    def last_tried(self, key: Key) -> float:
        return self.tries[key].last if key in self.tries else 0

    def sweep(self, pair: Pair, folder: str, aside: str | None, budget: float = 300) -> Swept:
        """Tries each message of the folder; those beyond hope are moved to the folder `aside`, if there is one."""
        delivered, left, moved, refusal, drops = 0, 0, 0, "", 0
        until = time.monotonic() + budget
        sink = Sink(self.sink, pair[0])
        with Provider(self.imap, pair) as provider:
            source, aside = self.place(provider, folder), aside and provider.path(aside)
            if not provider.exists(source):
                return Swept(0, 0, 0, "")
            provider.select(source)

            def key(uid: bytes) -> Key:
                return source, provider.validity, uid

            uids = sorted(provider.search("UNDELETED"), key=lambda uid: self.last_tried(key(uid)))
            for n, uid in enumerate(uids):
                self.alive()
                if self.stop.is_set() or time.monotonic() > until or drops >= 3:
                    left += len(uids) - n
                    break
                try:
                    self.carry(provider, uid, sink)
                    provider.delete(uid)
                    self.tries.pop(key(uid), None)
                    delivered, drops = delivered + 1, 0
                    self.report()
                except Refused as problem:
                    refusal = str(problem)
                    if self.refused(key(uid), problem.final) and aside:
                        provider.move(uid, aside)
                        self.tries.pop(key(uid))
                        moved += 1
                    else:
                        left += 1
                except (smtplib.SMTPException, ConnectionError, socket.timeout) as problem:
                    if isinstance(problem, imaplib.IMAP4.error):
                        raise
                    refusal = f"connection to the mail server lost: {problem}"
                    self.refused(key(uid), False)
                    sink.close()
                    left, drops = left + 1, drops + 1
        sink.close()
        return Swept(delivered, left, moved, refusal)

    @staticmethod
    def place(provider: Provider, folder: str) -> str:
        return folder if folder in ("INBOX", "Junk") else provider.path(folder)

    @staticmethod
    def carry(provider: Provider, uid: bytes, sink: Sink) -> None:
        header = provider.part(uid, "HEADER.FIELDS (RETURN-PATH)") or b""
        sink.deliver(envelope_sender(header), provider.size(uid), provider.pieces(uid))
