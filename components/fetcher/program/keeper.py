"""For `keep`: copies each message once into an outbox folder at the provider, which fetchmail then empties.

fetchmail knows IMAP messages by \\Seen alone, so what a person read elsewhere would never come. Here the original is
marked with a keyword after it was copied; it survives restarts, moves and other clients.
"""

from __future__ import annotations

import imaplib
import threading
import time

from credentials import Pair
from options import Options
from provider import Provider
from relay import Relay
from worker import Worker

FETCHED = "$HomelabMailFetched"


class Keeper(Worker):
    """Copying and fetching go by turns, so that at no moment more than one message is on its way."""

    TURN = 100  # messages copied before they are fetched: a large folder begins to arrive at once

    def __init__(
        self, options: Options, folder: str, template: str, imap: Relay, sink: Relay, stop: threading.Event
    ) -> None:
        super().__init__(options, folder, template, imap, sink, stop)
        self.source = f"Fetcher-Outbox{self.suffix}"
        self.flag, self.unmarked = FETCHED, ["UNKEYWORD", FETCHED]
        self.warned = False

    def work(self, pair: Pair) -> None:
        """One session: fetches what is in the outbox, copies, fetches, and waits when there is nothing to do."""
        well = self.fetch(pair)  # what an earlier run has left there; it also shows whether the login works
        if self.stop.is_set() or self.stands_still(well):
            return
        with Provider(self.imap.target, pair) as provider:
            outbox = provider.path(self.source)
            provider.create(outbox)
            if not provider.exists(self.folder):
                self.status.fine()
                self.sleep(60, pair)
                return
            self.select(provider)
            while not self.session_over(pair):
                # While the mail server is away, copies would only pile up.
                copied = 0 if self.down else self.copy(provider, outbox, pair)
                self.status.contacted()
                if well:
                    self.status.recovered()
                if copied or not well:
                    well = self.fetch(pair)
                    if self.stands_still(well):
                        return
                elif not self.wait(provider, pair):
                    return

    def caught_up(self, pair: Pair) -> None:
        """The outbox is empty; the session goes on at once."""

    def stands_still(self, well: bool) -> bool:
        """Whether the last round failed as a whole. The next one tries again; a session beside it would fail, too."""
        return not well and not self.round.left

    def wait(self, provider: Provider, pair: Pair) -> bool:
        """Until there is something new; False when the session is over."""
        started = time.monotonic()
        try:
            provider.idle(240, self.stop, lambda: self.session_over(pair, waiting=True))
        except (OSError, imaplib.IMAP4.abort):
            if time.monotonic() - started < 60:
                raise
            return False  # the provider ended a long wait: nothing is wrong, wait anew
        return True

    def session_over(self, pair: Pair, waiting: bool = False) -> bool:
        """Whether the session is to end. It is asked all the time, and tells that the work goes on."""
        self.alive()
        if waiting:
            self.give_second_chance(pair)
        return self.stop.is_set() or self.credentials.changed(pair)

    def select(self, provider: Provider) -> None:
        provider.select(self.folder)
        self.flag, self.unmarked = FETCHED, ["UNKEYWORD", FETCHED]
        if not provider.keywords:
            self.flag, self.unmarked = r"\Seen", ["UNSEEN"]
            if not self.warned:
                self.say("the provider stores no keywords: with keep, only what is unread is fetched")
            self.warned = True

    def copy(self, provider: Provider, outbox: str, pair: Pair) -> int:
        """Copies the next messages that were not copied yet; returns how many."""
        for _ in range(5):  # what comes during a search is not announced again, and may come during the next one, too
            found = provider.search("UNDELETED", *self.unmarked)
            if found or not provider.news():
                break
        self.status.waiting = len(found)
        copied = 0
        refusal: imaplib.IMAP4.error | None = None
        for uid in found[: self.TURN]:
            if self.session_over(pair):
                return copied
            try:
                # Copied first, marked second: a crash between the two repeats one message and loses none.
                provider.uid("COPY", uid, f'"{outbox}"')
                provider.uid("STORE", uid, "+FLAGS.SILENT", f"({self.flag})")
                copied += 1
            except imaplib.IMAP4.abort:
                raise
            except imaplib.IMAP4.error as problem:  # one that cannot be copied does not stop those behind it
                refusal = problem
        if refusal and not copied:
            raise refusal
        return copied
