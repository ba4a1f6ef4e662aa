"""Empties the outbox: fetchmail in one run, and message by message what it leaves or could not do safely."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterable
from typing import Callable

import reasons
from batches import MOST
from credentials import Login
from direct_delivery import ABOUT, Entry, Outcome, entry
from failures import Key
from fetchmail_run import FetchmailRun
from folders import Layout, uid_set
from imap_connection import CommandRefused, LostOverMessage, SessionLost
from imap_session import ImapSession
from outbox_record import OutboxRecord
from quarantine import Quarantine
from refill import Place, Refill, Refilled
from rounds import Ended, Step, next_step, problem
from shared import Shared
from smtp_session import SmtpSession
from tcp_proxy import Proxy

AHEAD = 2 * MOST  # messages in the outbox beyond which it is not filled again while fetchmail runs
LOOK = 0.05  # seconds between looks at how far fetchmail is


class Outbox:
    def __init__(self, shared: Shared, template: str, imap: Proxy, smtp: Proxy) -> None:
        self.shared = shared
        self.failures, self.status, self.kept = shared.failures, shared.status, shared.kept
        self.direct = shared.delivery(self.failures)
        self.fetchmail, self.quarantine = FetchmailRun(shared, template, imap, smtp), Quarantine(shared)
        self.record = OutboxRecord(os.path.join(shared.options.state, shared.folder.lower()))
        self.flagged: set[Key] | None = None  # what is delivered and bears the flag; None before the first check
        self.fetchmail_after = 0.0  # when fetchmail may log in again, on the monotonic clock
        self.refilled: Refilled | None = None  # in a run of fetchmail that is not checked yet
        self.astray: list[Place] = []  # removed from the outbox by others, and not to be copied there again
        self.down = False  # whether the mail server could not be reached
        self.cautious = False  # the session broke over the outbox: its messages are asked for one by one

    def held_back(self, session: ImapSession, layout: Layout) -> bool:
        """While the mail server takes nothing, the inbox is the better place to wait in."""
        if not self.down and len(self.failures.known) < MOST:
            return False
        return session.count(layout.outbox) > 0

    def know_delivered(self, session: ImapSession, layout: Layout) -> None:
        """Before anything is moved to it: what bears the flag by now was delivered, unless the record says otherwise.

        What bears it afterwards, and is not fetchmail's, was flagged by somebody else, if only just before the move.
        """
        if self.refilled:
            self.after_fetchmail(session, layout)
        elif self.flagged is None and not session.count(layout.outbox):
            self.flagged = set()
        elif self.flagged is None:
            session.select(layout.outbox)
            self.flagged = self.record.delivered(self.keys(session, session.search("DELETED")))

    def empty(
        self,
        session: ImapSession,
        smtp: SmtpSession,
        layout: Layout,
        login: Login,
        filled: bool,
        refill: Refill | None = None,
    ) -> Outcome:
        self.know_delivered(session, layout)
        if not filled:
            if not session.count(layout.outbox):
                self.failures.keep_only(layout.outbox, b"", [])
                self.flagged = set()
                return Outcome()
            self.keep_leftovers(session, layout)
        session.select(layout.outbox)
        entries, flagged = self.look(session)
        stuck = list[int]()
        if self.foreign(session, flagged):
            self.settle(session, flagged)
            entries, flagged = self.look(session)
            stuck = self.foreign(session, flagged)  # fetchmail would expunge them
            entries += map(Entry, stuck)
        self.failures.keep_only(layout.outbox, session.validity, [*flagged, *(each.uid for each in entries)])
        self.status.waits(len(entries))
        if not entries:
            self.remove_delivered(session)
            return Outcome()

        def finish(uid: int) -> None:
            try:
                self.kept.delete(session, layout, [uid])
            except (CommandRefused, SessionLost):
                with contextlib.suppress(OSError):  # no room: a new process delivers it once more
                    self.remember(session)
                raise

        def deliver(these: list[Entry]) -> Outcome:
            return self.deliver(session, smtp, layout, these, finish)

        if stuck:
            return deliver(entries)
        if not self.only_direct(session, layout):
            odd = [each for each in entries if not each.for_fetchmail]
            entries = [each for each in entries if each.for_fetchmail]
            outcome = deliver(odd)
            if outcome.unreachable or not entries or self.shared.stop.is_set():
                return outcome
        if self.only_direct(session, layout):
            return deliver(entries)
        self.remember(session, self.keys(session, (each.uid for each in entries)))
        self.flagged = None  # what fetchmail flags; when the session is lost meanwhile, the next check finds it
        ended = self.run_fetchmail(layout, login, refill, [each.uid for each in entries])
        # A new pod may not have the record, and without one it takes no flag for fetchmail's.
        if self.shared.stop.is_set():
            self.after_fetchmail(session, layout)
            self.settle(session, session.search("DELETED"))
            self.remove_delivered(session)
        left = [] if self.shared.stop.is_set() else self.after_fetchmail(session, layout)
        step = next_step(self.fetchmail.round, ended, len(left))
        if step is Step.DONE:
            return Outcome()
        if refill and ended.well and not self.fetchmail.round.detail and refill.copies.keys() >= set(left):
            return Outcome(unfinished=True)  # fetchmail ended before it saw these
        if step is Step.WAIT_FOR_SERVER:
            return Outcome(unreachable=problem(self.fetchmail.round, ended))
        if step is Step.PAUSE_FETCHMAIL:
            self.fetchmail_after = time.monotonic() + self.shared.options.refused_max
            self.shared.say(reasons.login_refused(self.fetchmail.round.detail))
        elif not ended.well and not self.fetchmail.round.delivered:
            self.shared.say(problem(self.fetchmail.round, ended))
        # Without UIDPLUS, each deletion takes the flag off all others first, so off what is delivered, too.
        self.remove_delivered(session)
        return deliver(self.look(session)[0])

    def run_fetchmail(self, layout: Layout, login: Login, refill: Refill | None, uids: list[int]) -> Ended:
        """A run over these; with `refill`, over what comes meanwhile, too."""
        if refill is None:
            return self.fetchmail.run(layout, login)
        self.refilled = Refilled(refill, uids)

        def step() -> bool:
            now, before = self.fetchmail.round, len(refill.copies)
            if now.detail or now.refused or self.shared.stop.is_set():
                return False
            # It begins with an expunge, of what was flagged before.
            if not now.delivered or len(uids) + before - now.delivered > AHEAD:
                self.shared.stop.wait(LOOK)
                return True
            more = refill.next()
            if len(refill.copies) > before:
                self.record.add(refill.copies)
            self.status.waits(self.status.waiting + len(refill.copies) - before)
            return more

        return self.fetchmail.run_beside(layout, login, step)

    def after_fetchmail(self, session: ImapSession, layout: Layout) -> list[int]:
        """What is left; of what fetchmail has expunged, an open folder may still tell."""
        if self.refilled:
            self.refilled.refill.look_for_unanswered(session)
        session.select(layout.outbox)
        flagged, left = session.search("DELETED"), session.search("UNDELETED")
        self.flagged = self.record.delivered(self.keys(session, flagged))
        if self.refilled:
            untold = bool(self.refilled.refill.unanswered)
            self.flagged |= self.keys(session, (uid for uid in flagged if untold or uid in self.refilled.known))
            refill, by_fetchmail = self.refilled.refill, self.fetchmail.round.flagged
            astray, unsure = self.refilled.astray(left, by_fetchmail), self.refilled.unsure(left, by_fetchmail)
            gone = [refill.copies[uid] for uid in astray if uid not in flagged]
            if unsure:  # rather all of them twice
                unknown = [uid for uid in flagged if uid not in self.refilled.known]
                astray += unknown
                gone += refill.unanswered.values() if unsure > len(unknown) else []
            self.flagged -= self.keys(session, astray)
            if gone:
                self.astray += refill.restore(session, gone)
                self.shared.say(f"{len(gone)} that another client removed from the outbox are put there again")
                session.select(layout.outbox)
                left = session.search("UNDELETED")
            self.refilled = None
        return left

    def remember(self, session: ImapSession, keys: Iterable[Key] = ()) -> None:
        """For a new process: what is delivered, and what fetchmail is about to deliver."""
        known = {*keys, *(self.flagged or ()), *self.failures.done}
        self.record.write(session.selected or "", session.validity, known)

    @staticmethod
    def keys(session: ImapSession, uids: Iterable[int]) -> set[Key]:
        return {(session.selected or "", session.validity, uid) for uid in uids}

    def foreign(self, session: ImapSession, flagged: list[int]) -> list[int]:
        """Of what bears the flag for deletion, what somebody else has put there with it."""
        keys = self.keys(session, flagged) - (self.flagged or set())
        return sorted(key[2] for key in keys if not self.failures.handed_over(key))

    def settle(self, session: ImapSession, flagged: list[int]) -> None:
        """Takes the flag for deletion off what is not delivered."""
        try:
            if foreign := self.foreign(session, flagged):
                session.store(foreign, "-FLAGS", r"\Deleted")
        except CommandRefused as refusal:
            self.kept.warn(reasons.flag_stays(refusal))

    def remove_delivered(self, session: ImapSession) -> None:
        """Of what is flagged as deleted, what was delivered."""
        with contextlib.suppress(CommandRefused):
            found = self.keys(session, session.search("DELETED"))
            session.delete(key[2] for key in found if key in (self.flagged or ()) or self.failures.handed_over(key))

    def keep_leftovers(self, session: ImapSession, layout: Layout) -> None:
        """With a new day's folder, what was not delivered the day before is kept from now on."""
        try:
            self.kept.folder(session, layout)
        except CommandRefused as refusal:
            self.kept.warn(f"the provider refuses a folder for kept messages: {refusal}")

    def only_direct(self, session: ImapSession, layout: Layout) -> bool:
        """Whether fetchmail is not to touch the outbox now: it would be held up, log in too often, or lose count."""
        held_up = self.cautious or bool(self.failures.of(layout.outbox))
        return (
            session.expunges_at_once
            or held_up
            or time.monotonic() < self.fetchmail_after
            or not self.shared.logins.spare()
        )

    def look(self, session: ImapSession) -> tuple[list[Entry], list[int]]:
        """What is in the outbox and not delivered, and what is flagged as deleted."""
        known: dict[int, Entry] = {}
        uids = session.search("ALL")
        try:
            for start in range(0, 0 if self.cautious else len(uids), MOST):  # others may have put any number there
                self.shared.alive()
                found = map(entry, session.fetch(uid_set(uids[start : start + MOST]), ABOUT))
                known.update({each.uid: each for each in found if each})
        except SessionLost as lost:
            self.cautious = True
            raise LostOverMessage(str(lost)) from lost
        except CommandRefused:
            self.cautious = True
        # One of which the provider says nothing is still there.
        silent = any(uid not in known for uid in uids)
        flagged = set(session.search("DELETED")) if silent else {uid for uid in uids if known[uid].deleted}
        return [known.get(uid, Entry(uid)) for uid in uids if uid not in flagged], sorted(flagged & set(uids))

    def deliver_astray(self, session: ImapSession, smtp: SmtpSession, layout: Layout) -> Outcome:
        """From the kept folder, what cannot be copied to the outbox again; the copy stays there."""
        outcome = Outcome()
        for folder in sorted({place.folder for place in self.astray}):
            try:
                session.select(folder)
            except CommandRefused as refusal:
                self.kept.warn(f"the provider refuses to open {folder}: {refusal}")
                continue
            done, uids = set[int](), [place.uid for place in self.astray if place.folder == folder]
            outcome = self.deliver(session, smtp, layout, list(map(Entry, uids)), done.add)
            waiting = set(session.search("ALL")) - done
            self.astray = [place for place in self.astray if place.folder != folder or place.uid in waiting]
            if outcome.unreachable:
                break
        return outcome

    def deliver(
        self,
        session: ImapSession,
        smtp: SmtpSession,
        layout: Layout,
        entries: list[Entry],
        finish: Callable[[int], None],
    ) -> Outcome:
        """Message by message; what is refused for good while others get through goes to the folder for it."""

        def quarantine(uid: int, reason: str) -> bool:
            return self.quarantine.take(session, layout, uid, reason, finish)

        outcome = self.direct.deliver(session, smtp, entries, finish, quarantine)
        if outcome.delivered:
            self.shared.say(f"{outcome.delivered} delivered directly")
        return outcome
