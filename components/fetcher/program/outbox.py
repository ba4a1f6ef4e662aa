"""Empties the outbox: fetchmail in one run, and message by message what it leaves or could not do safely."""

from __future__ import annotations

import contextlib
import time
from typing import Callable

import reasons
from astray import Astray
from batches import MOST
from credentials import Login
from direct_delivery import ABOUT, Entry, Outcome, entry
from fetchmail_run import FetchmailRun
from folders import Layout, uid_set
from imap_connection import CommandRefused, LostOverMessage, SessionLost
from imap_session import ImapSession
from outbox_flags import OutboxFlags, keys
from quarantine import Quarantine
from refill import Refill, Refilled
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
        self.flags, self.astray = OutboxFlags(shared), Astray(shared)
        self.fetchmail_after = 0.0  # when fetchmail may log in again, on the monotonic clock
        self.refilled: Refilled | None = None  # in a run of fetchmail that is not checked yet
        self.down = False  # whether the mail server could not be reached
        self.cautious = False  # the session broke over the outbox: its messages are asked for one by one

    @property
    def blocked(self) -> bool:
        """Whether the mail server takes nothing: then the inbox is the better place to wait in."""
        return self.down or len(self.failures.known) >= MOST

    def held_back(self, session: ImapSession, layout: Layout) -> bool:
        return self.blocked and session.count(layout.outbox) > 0

    def know_delivered(self, session: ImapSession, layout: Layout) -> None:
        """Before anything is moved to it: what bears the flag for deletion by now."""
        if self.refilled:
            self.after_fetchmail(session, layout)
        self.flags.look(session, layout)

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
                self.flags.delivered = set()
                return Outcome()
            self.keep_leftovers(session, layout)
        session.select(layout.outbox)
        entries, flagged = self.look(session)
        stuck = list[int]()
        if self.flags.foreign(session, flagged):
            self.flags.settle(session, flagged)
            entries, flagged = self.look(session)
            stuck = self.flags.foreign(session, flagged)  # fetchmail would expunge them
            entries += map(Entry, stuck)
        self.failures.keep_only(layout.outbox, session.validity, [*flagged, *(each.uid for each in entries)])
        self.status.waits(len(entries))
        if not entries:
            self.flags.remove_delivered(session)
            return Outcome()

        def finish(uid: int) -> None:
            try:
                self.kept.delete(session, layout, [uid])
            except (CommandRefused, SessionLost):
                with contextlib.suppress(OSError):  # no room: a new process delivers it once more
                    self.flags.remember(session)
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
        self.flags.remember(session, keys(session, (each.uid for each in entries)))
        self.flags.delivered = None  # what fetchmail flags; when the session is lost meanwhile, the next check finds it
        ended = self.run_fetchmail(layout, login, refill, [each.uid for each in entries], session.next_uid)
        # A new pod may not have the record, and without one it takes no flag for fetchmail's.
        if self.shared.stop.is_set():
            self.after_fetchmail(session, layout)
            self.flags.settle(session, session.search("DELETED"))
            self.flags.remove_delivered(session)
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
        self.flags.remove_delivered(session)
        return deliver(self.look(session)[0])

    def run_fetchmail(
        self, layout: Layout, login: Login, refill: Refill | None, uids: list[int], next_uid: int
    ) -> Ended:
        """A run over these; with `refill`, over what comes meanwhile, too."""
        if refill is None:
            return self.fetchmail.run(layout, login)
        self.refilled = Refilled(refill, uids, next_uid)

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
                self.flags.record.add(refill.copies)
            self.status.waits(self.status.waiting + len(refill.copies) - before)
            return more

        return self.fetchmail.run_beside(layout, login, step)

    def after_fetchmail(self, session: ImapSession, layout: Layout) -> list[int]:
        """What is left; of what fetchmail has expunged, an open folder may still tell."""
        if self.refilled:
            self.refilled.refill.look_for_unanswered(session)
        session.select(layout.outbox)
        flagged, left = session.search("DELETED"), session.search("UNDELETED")
        delivered = self.flags.record.delivered(keys(session, flagged))
        if self.refilled:
            refill, known = self.refilled.refill, self.refilled.known
            delivered |= keys(session, (uid for uid in flagged if refill.unanswered or uid in known))
            astray, unsure = self.refilled.astray(session.next_uid, left, self.fetchmail.round.flagged)
            gone = [refill.copies[uid] for uid in astray if uid not in flagged]
            if unsure:  # any of them, and nobody can tell which: rather all of them twice
                astray += [uid for uid in flagged if uid not in known]
                gone += refill.unanswered.values()
            delivered -= keys(session, astray)
            if gone:
                self.flags.delivered = delivered
                refused = refill.restore(session, gone)
                self.astray.add(refused)
                self.refilled = None  # what was not put there again is written down
                if restored := len(gone) - len(refused):
                    self.shared.say(f"{restored} that another client removed from the outbox are put there again")
                self.astray.set_aside(session, lambda uid: self.set_aside(session, layout, uid))
                session.select(layout.outbox)
                left = session.search("UNDELETED")
        self.flags.delivered = delivered
        self.refilled = None
        return left

    def set_aside(self, session: ImapSession, layout: Layout, uid: int) -> bool:
        """What is astray survives the pod in the folder for what was refused."""
        self.shared.alive()
        return self.quarantine.take(session, layout, uid, reasons.ASTRAY, lambda one: session.delete([one]), now=True)

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
        def deliver(entries: list[Entry], finish: Callable[[int], None]) -> Outcome:
            return self.deliver(session, smtp, layout, entries, finish)

        return self.astray.deliver(session, deliver)

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
