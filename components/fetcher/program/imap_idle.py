"""A wait in IMAP IDLE (RFC 2177), also at a server that ends it at once, never begins it, or breaks it off."""

from __future__ import annotations

import time
from typing import Callable

from imap_client import TO_ANSWER, Client
from options import Endpoint

TO_BEGIN = 10  # seconds for the "+" once there is news
AT_ONCE = 0.3  # seconds; a wait that is over so soon was none
SOME = 5  # waits in a row that may be over at once: mail may come in quick succession
LONGEST_PAUSE = 10.0

SOON = 30  # seconds; in a longer wait, a connection may be lost for any reason
BROKEN_OFF = 0.25  # a wait that was broken off soon, as a part of one that never began

# Times in a row that the connection was lost over a wait that the server never began, or broke off soon.
IDLE_SILENCES: dict[Endpoint, float] = {}


class Idle:
    def __init__(self, imap: Client, endpoint: Endpoint, ends: Callable[[], bool]) -> None:
        self.imap, self.endpoint, self.ends = imap, endpoint, ends
        self.accepted = True

    def pause(self, hasty: int) -> None:
        """A server that ends each wait at once must not be asked all the time."""
        until = time.monotonic() + min(0.5 * max(hasty - SOME, 0), LONGEST_PAUSE)
        while time.monotonic() < until and not self.ends():
            time.sleep(0.1)

    def wait(self, seconds: float) -> bool:
        """Until there is news, the time is up, or the wait is to end; returns whether it was over at once."""
        started, imap = time.monotonic(), self.imap
        imap.continued, imap.fetching = False, False
        tag = imap._new_tag()
        try:
            imap.send(tag + b" IDLE\r\n")
            self.listen(tag, seconds, lambda: self.news() or self.ends())
            quick = time.monotonic() - started < AT_ONCE and not self.ends()
            if imap.tagged_commands[tag] is None:
                self.listen(tag, TO_BEGIN, lambda: imap.continued)
                imap.send(b"DONE\r\n")
                if not self.listen(tag, TO_ANSWER, lambda: False):
                    raise TimeoutError("timed out")
        finally:
            answer = imap.tagged_commands.pop(tag, None)
            broken_off = BROKEN_OFF if time.monotonic() - started < SOON else 0.0
            more = 0.0 if answer else broken_off if imap.continued else 1.0
            IDLE_SILENCES[self.endpoint] = (IDLE_SILENCES.get(self.endpoint, 0.0) + more) if more else 0.0
        self.accepted = answer is not None and answer[0] == "OK"
        return quick

    def news(self) -> bool:
        return "EXISTS" in self.imap.untagged_responses

    def listen(self, tag: bytes, seconds: float, enough: Callable[[], bool]) -> bool:
        """Notes what the server says until it has answered, the time is up, or it is enough; whether it has."""
        until = time.monotonic() + seconds
        while self.imap.tagged_commands[tag] is None and not enough() and time.monotonic() < until:
            self.imap.until = time.monotonic() + TO_ANSWER  # a wait is no answer that does not end
            self.imap.response_within(min(1.0, max(until - time.monotonic(), 0.01)))
            self.imap._check_bye()
        return self.imap.tagged_commands[tag] is not None
