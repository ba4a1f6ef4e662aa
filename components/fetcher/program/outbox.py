"""Empties the outbox: fetchmail in one run, and message by message what it leaves or could not do safely."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Iterable
from typing import Callable

import fetchmail
import reasons
import redact
import report
from batches import MOST
from credentials import Credentials, Login
from direct_delivery import ABOUT, DirectDelivery, Entry, Outcome, entry
from events import Event, Kind
from failures import Failures, Key
from folders import FOREVER, Layout, uid_set
from imap_connection import CommandRefused, LostOverMessage, SessionLost
from imap_session import ImapSession
from kept_folders import KeptFolders
from logins import Logins
from options import Options
from outbox_record import OutboxRecord
from output import Output
from report import Status
from retries import QuarantineRetry
from rounds import Ended, Round, Step, heard, next_step, problem
from smtp_session import SmtpSession
from tcp_proxy import LAST_ANSWER, Proxy


class Shared:
    """What all the parts of a worker use: where things are, what is known, and how to tell of it."""

    def __init__(self, options: Options, folder: str, logins: Logins, stop: threading.Event) -> None:
        self.options, self.folder, self.logins, self.stop = options, folder, logins, stop
        self.credentials = Credentials(options.credentials)
        self.status, self.failures = Status(folder), Failures()
        self.kept = KeptFolders(options.retention, self.say)
        self.beat = time.monotonic()

    def alive(self) -> None:
        """Says that the work goes on; without it for long, the liveness probe fails."""
        self.beat = time.monotonic()

    def clean(self, text: str) -> str:
        self.credentials.read()
        return redact.clean(text, tuple(self.credentials.seen))

    def say(self, text: str) -> None:
        report.log(f"{self.folder}: {self.clean(text)}")

    def delivery(self, failures: Failures) -> DirectDelivery:
        return DirectDelivery(self.stop, self.alive, self.status.arrived, lambda: self.status.delivered, failures)


class Outbox:
    def __init__(self, shared: Shared, template: str, imap: Proxy, smtp: Proxy) -> None:
        self.shared, self.template, self.imap, self.smtp = shared, template, imap, smtp
        self.failures, self.status, self.kept = shared.failures, shared.status, shared.kept
        self.direct = shared.delivery(self.failures)
        self.refused_failures = Failures()  # of the folder with what was refused for good
        self.reasons_aside: list[str] = []  # of what was moved there and not tried since
        self.record = OutboxRecord(os.path.join(shared.options.state, shared.folder.lower()), shared.options.retention)
        self.flagged: set[Key] | None = None  # what is delivered and bears the flag; None before the first look
        self.spoke = time.monotonic()
        self.round, self.hearing = Round(), threading.Lock()
        self.quarantine_retry = QuarantineRetry.first(time.monotonic())
        self.fetchmail_after = 0.0  # when fetchmail may log in again, on the monotonic clock
        self.down = False  # whether the mail server could not be reached
        self.cautious = False  # the session broke over the outbox: its messages are asked for one by one

    def held_back(self, session: ImapSession, layout: Layout) -> bool:
        """While the mail server takes nothing, the inbox is the better place to wait in."""
        if not self.down and len(self.failures.known) < MOST:
            return False
        return session.count(layout.outbox) > 0

    def empty(self, session: ImapSession, smtp: SmtpSession, layout: Layout, login: Login, filled: bool) -> Outcome:
        if not filled:
            if not session.count(layout.outbox):
                self.failures.keep_only(layout.outbox, b"", [])
                self.flagged = set()
                return Outcome()
            self.keep_leftovers(session, layout)
        session.select(layout.outbox)
        entries, flagged = self.look(session)
        if self.settle(session, flagged):
            entries, flagged = self.look(session)
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

        if not self.only_direct(layout):
            odd = [each for each in entries if not each.for_fetchmail]
            entries = [each for each in entries if each.for_fetchmail]
            outcome = deliver(odd)
            if outcome.unreachable or not entries or self.shared.stop.is_set():
                return outcome
        if self.only_direct(layout):
            return deliver(entries)
        self.remember(session, self.keys(session, (each.uid for each in entries)))
        self.flagged = None  # what fetchmail flags; when the session is lost meanwhile, the next look finds it
        ended = self.run_fetchmail(layout, login)
        if self.shared.stop.is_set() and self.record.needed:  # a new pod may not have the record
            self.after_fetchmail(session, layout)
            self.remove_delivered(session)
        left = [] if self.shared.stop.is_set() else self.after_fetchmail(session, layout)
        step = next_step(self.round, ended, len(left))
        if step is Step.DONE:
            return Outcome()
        if step is Step.WAIT_FOR_SERVER:
            return Outcome(unreachable=problem(self.round, ended))
        if step is Step.PAUSE_FETCHMAIL:
            self.fetchmail_after = time.monotonic() + self.shared.options.refused_max
            self.shared.say(reasons.login_refused(self.round.detail))
        elif not ended.well and not self.round.delivered:
            self.shared.say(problem(self.round, ended))
        return deliver(self.look(session)[0])

    def after_fetchmail(self, session: ImapSession, layout: Layout) -> list[int]:
        """What is left; of what fetchmail has expunged, an open folder may still tell."""
        session.select(layout.outbox)
        self.flagged = self.record.delivered(self.keys(session, session.search("DELETED")))
        return session.search("UNDELETED")

    def remember(self, session: ImapSession, keys: Iterable[Key] = ()) -> None:
        """For a new process: what is delivered, and what fetchmail is about to deliver."""
        known = {*keys, *(self.flagged or ()), *self.failures.done}
        self.record.write(session.selected or "", session.validity, known)

    @staticmethod
    def keys(session: ImapSession, uids: Iterable[int]) -> set[Key]:
        return {(session.selected or "", session.validity, uid) for uid in uids}

    def settle(self, session: ImapSession, flagged: list[int]) -> bool:
        """Takes the flag for deletion off what somebody else has put there with it; returns whether there was some.

        What bears it at the start was delivered before, unless the record has it otherwise.
        """
        keys = self.keys(session, flagged)
        if self.flagged is None:
            self.flagged = self.record.delivered(keys)
        foreign = [key[2] for key in keys - self.flagged if not self.failures.handed_over(key)]
        try:
            if foreign:
                session.store(foreign, "-FLAGS", r"\Deleted")
        except CommandRefused as refusal:
            self.kept.warn(f"the provider refuses to take the flag for deletion off what is to be delivered: {refusal}")
            return False
        return bool(foreign)

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

    def only_direct(self, layout: Layout) -> bool:
        """Whether fetchmail is not to touch the outbox now: it would be held up, or log in too often."""
        held_up = self.cautious or bool(self.failures.of(layout.outbox))
        return held_up or time.monotonic() < self.fetchmail_after or not self.shared.logins.spare()

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

    def deliver(
        self,
        session: ImapSession,
        smtp: SmtpSession,
        layout: Layout,
        entries: list[Entry],
        finish: Callable[[int], None],
    ) -> Outcome:
        """Message by message; what is refused for good while others get through goes to the folder for it."""
        options = self.shared.options

        def quarantine(uid: int, reason: str) -> bool:
            try:
                session.create(layout.refused)
                if options.retention == FOREVER and session.selected != layout.outbox:
                    # The original stays where it is: what is set aside is deleted once it is delivered.
                    session.copy_all([uid], layout.refused)
                    self.failures.remember(self.direct.key(session, uid))  # not to copy it again if the mark is refused
                    finish(uid)
                else:
                    session.move([uid], layout.refused)
            except CommandRefused as refusal:
                self.kept.warn(f"the provider refuses to move a message to {layout.refused}: {refusal}")
                return False
            self.status.aside += 1
            if reason not in self.reasons_aside:
                self.reasons_aside.append(reason)
            self.quarantine_retry = self.quarantine_retry.set_aside(time.monotonic(), options.second_chance)
            if reasons.is_refusal(reason):
                self.shared.say(f"1 refused for good, moved to the provider's folder {layout.refused}: {reason}")
            else:
                self.shared.say(f"1 undeliverable, moved to the provider's folder {layout.refused}: {reason}")
            return True

        outcome = self.direct.deliver(session, smtp, entries, finish, quarantine)
        if outcome.delivered:
            self.shared.say(f"{outcome.delivered} delivered directly")
        return outcome

    def retry_refused(self, session: ImapSession, smtp: SmtpSession, layout: Layout) -> None:
        """Tries what was refused for good again, now and then, whatever else is wrong."""
        if time.monotonic() < self.quarantine_retry.due:
            return
        self.quarantine_retry = self.quarantine_retry.tried(time.monotonic(), self.shared.options.second_chance)
        if not session.exists(layout.refused):
            self.status.aside, self.reasons_aside = 0, []
            return
        session.select(layout.refused)
        uids = session.search("UNDELETED")
        # What was not tried for the longest time comes first, so that those that fail do not hide the others. How often
        # they are tried is the folder's matter, not a message's.
        self.refused_failures.keep_only(layout.refused, session.validity, uids)
        known = self.refused_failures.known
        known.update({key: failure._replace(times=0) for key, failure in known.items()})
        delivery = self.shared.delivery(self.refused_failures)
        outcome = delivery.deliver(
            session, smtp, [Entry(uid) for uid in uids], lambda uid: self.kept.move(session, layout, uid)
        )
        self.status.aside, self.reasons_aside = len(uids) - outcome.delivered, []
        if outcome.delivered:
            self.shared.say(f"{outcome.delivered} that were set aside are delivered")

    # fetchmail

    def run_fetchmail(self, layout: Layout, login: Login) -> Ended:
        """One run of fetchmail over the outbox, which tells its story line by line."""
        home = os.path.join(self.shared.options.state, self.shared.folder.lower())
        rc = fetchmail.configuration(self.template, login, layout.outbox)
        self.round, output = Round(), Output(self.shared.clean)
        self.imap.error = self.smtp.error = None
        self.status.rounds += 1
        self.spoke = time.monotonic()

        def listen(line: str) -> None:
            self.spoke = time.monotonic()
            for event in output.events(line):
                self.hear(event)

        self.shared.logins.take()
        try:
            status = fetchmail.run(rc, home, listen, lambda: self.run_over(login), self.shared.stop)
        except OSError as trouble:  # the image has no fetchmail, or there is no room for its files
            self.round = self.round._replace(detail=str(trouble))
            status = -1
        return Ended(status, self.imap.error, self.smtp.error)

    def hear(self, event: Event) -> None:
        with self.hearing:  # the watch over fetchmail speaks up, too
            self.round = heard(self.round, event)
        self.status.heard(event)

    def run_over(self, login: Login) -> bool:
        """Whether the run, which lasts, is to end: it hangs, is held up at a message, or has old credentials."""
        self.shared.alive()
        quiet = time.monotonic() - max(self.spoke, self.imap.active, self.smtp.active)
        if quiet > (LAST_ANSWER if self.smtp.awaiting else self.shared.options.hung):
            self.hear(Event(Kind.SILENT, number=int(quiet)))
            return True
        return self.round.stuck or self.shared.stop.is_set() or self.shared.credentials.changed(login)
