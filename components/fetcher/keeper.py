"""For `keep`: copies each message once into an outbox folder at the provider, which fetchmail then empties.

fetchmail knows IMAP messages by \\Seen alone, so what a person read elsewhere would never come. Here the original is
marked with a keyword after it was copied; it survives restarts, moves and other clients.
"""

import imaplib
import time

from provider import Provider

FETCHED = "$HomelabMailFetched"


class Keeper:
    """Copying and fetching go by turns, so that at no moment more than one message is on its way."""

    TURN = 100  # messages copied before they are fetched: a large folder begins to arrive at once

    def __init__(self, worker, outbox):
        self.worker, self.outbox = worker, outbox
        self.warned = False

    def run(self, pair):
        """One session: fetches what is in the outbox, copies, fetches, and waits when there is nothing to do."""
        worker = self.worker
        well = worker.fetch(pair)  # what an earlier run has left there; it also shows whether the login works
        if worker.stop.is_set() or self.stands_still(well):
            return
        with Provider(worker.imap.target, pair) as provider:
            outbox = provider.path(self.outbox)
            provider.create(outbox)
            if not provider.exists(worker.folder):
                worker.fine()
                worker.sleep(60, pair)
                return
            self.select(provider)
            while not self.over(pair):
                # While the mail server is away, copies would only pile up.
                copied = 0 if worker.down else self.copy(provider, outbox, pair)
                worker.contacted()
                if well:
                    worker.status.recovered()
                if copied or not well:
                    well = worker.fetch(pair)
                    if self.stands_still(well):
                        return
                elif not self.wait(provider, pair):
                    return

    def stands_still(self, well):
        """Whether the last round failed as a whole. The next one tries again; a session beside it would fail, too."""
        return not well and not self.worker.status.left

    def wait(self, provider, pair):
        """Until there is something new; False when the session is over."""
        started = time.monotonic()
        try:
            provider.idle(240, self.worker.stop, lambda: self.over(pair, waiting=True))
        except (OSError, imaplib.IMAP4.abort):
            if time.monotonic() - started < 60:
                raise
            return False  # the provider ended a long wait: nothing is wrong, wait anew
        return True

    def over(self, pair, waiting=False):
        """Whether the session is to end. It is asked all the time, and tells that the work goes on."""
        self.worker.alive()
        if waiting:
            self.worker.give_second_chance(pair)
        return self.worker.stop.is_set() or self.worker.credentials.changed(pair)

    def select(self, provider):
        provider.select(self.worker.folder)
        self.flag, self.unmarked = FETCHED, ("UNKEYWORD", FETCHED)
        if not provider.keywords:
            self.flag, self.unmarked = r"\Seen", ("UNSEEN",)
            if not self.warned:
                self.worker.say("the provider stores no keywords: with keep, only what is unread is fetched")
            self.warned = True

    def copy(self, provider, outbox, pair):
        """Copies the next messages that were not copied yet; returns how many."""
        found = provider.search("UNDELETED", *self.unmarked)
        if not found and provider.news():  # what came during the search would not be announced again
            found = provider.search("UNDELETED", *self.unmarked)
        self.worker.status.waiting = len(found)
        copied, refusal = 0, None
        for uid in found[: self.TURN]:
            if self.over(pair):
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
