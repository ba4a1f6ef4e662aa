"""The folder at the provider for what was refused for good: what goes there, and when it is tried again."""

from __future__ import annotations

import time
from typing import Callable

import reasons
from direct_delivery import DirectDelivery, Entry
from failures import Failures, Key, Kind
from folders import FOREVER, Layout
from imap_connection import CommandRefused
from imap_session import ImapSession
from retries import QuarantineRetry
from shared import Shared
from smtp_session import SmtpSession


class Quarantine:
    def __init__(self, shared: Shared) -> None:
        self.shared, self.status, self.kept = shared, shared.status, shared.kept
        self.failures = Failures()  # of what is in the folder
        self.unmoved: set[Key] = set()  # the provider says that they are moved there, and they are where they were
        self.reasons: list[str] = []  # of what was moved there and not tried since
        self.next_try = QuarantineRetry.first(time.monotonic())

    def take(
        self,
        session: ImapSession,
        layout: Layout,
        uid: int,
        reason: str,
        finish: Callable[[int], None],
        now: bool = False,
    ) -> bool:
        """Moves a message of the selected folder there, to be tried later or `now`; False where that is refused."""
        key = DirectDelivery.key(session, uid)
        if key in self.unmoved:
            return False
        try:
            session.create(layout.refused)
            flagged = uid in session.search("UID", str(uid), "DELETED")
            copied = self.put(session, layout, uid)
        except CommandRefused as refusal:
            self.kept.warn(f"the provider refuses to move a message to {layout.refused}: {refusal}")
            return False
        if flagged:
            self.unflag_newest(session, layout)
        self.status.aside += 1
        if reason not in self.reasons:
            self.reasons.append(reason)
        self.next_try = self.next_try.set_aside(time.monotonic(), self.shared.options.second_chance)
        if now:
            self.next_try = self.next_try._replace(due=0.0)
        if reasons.is_refusal(reason):
            self.shared.say(f"1 refused for good, moved to the provider's folder {layout.refused}: {reason}")
        else:
            self.shared.say(f"1 undeliverable, moved to the provider's folder {layout.refused}: {reason}")
        return not copied or self.finished(uid, key, finish)

    def put(self, session: ImapSession, layout: Layout, uid: int) -> bool:
        """Returns whether the original is still where it was: with `forever`, or where there is no MOVE."""
        key = DirectDelivery.key(session, uid)
        if session.moves and (self.shared.options.retention != FOREVER or session.selected == layout.outbox):
            session.move([uid], layout.refused)
            if session.search("UID", str(uid)):
                self.unmoved.add(key)  # it may be a copy, and is not made again
                raise CommandRefused("it says that a message is moved, and it is still there")
            return False
        session.copy_all([uid], layout.refused)
        self.shared.failures.set_aside(key)  # not to copy it again if the mark, or the deletion, is refused
        return True

    def finished(self, uid: int, key: Key, finish: Callable[[int], None]) -> bool:
        try:
            finish(uid)
        except CommandRefused as refusal:
            self.shared.failures.note(key, Kind.STAYS, reasons.aside_but_stays(refusal))
            return False
        return True

    def unflag_newest(self, session: ImapSession, layout: Layout) -> None:
        """Takes the flag for deletion, which the original has, off what came last: what bears it is not tried."""
        before = session.selected
        try:
            session.select(layout.refused)
            session.store(session.search("ALL")[-1:], "-FLAGS", r"\Deleted")
        except CommandRefused as refusal:
            self.kept.warn(reasons.flag_stays(refusal))
        if before:
            session.select(before)

    def retry(self, session: ImapSession, smtp: SmtpSession, layout: Layout) -> None:
        """Tries what is in it again, now and then, whatever else is wrong."""
        if time.monotonic() < self.next_try.due:
            return
        self.next_try = self.next_try.tried(time.monotonic(), self.shared.options.second_chance)
        if not session.exists(layout.refused):
            self.status.aside, self.reasons = 0, []
            return
        try:
            session.select(layout.refused)
        except CommandRefused as refusal:
            self.kept.warn(f"the provider refuses to open {layout.refused}: {refusal}")
            return
        uids = session.search("UNDELETED")
        # What was not tried for the longest time comes first, so that those that fail do not hide the others. How often
        # they are tried is the folder's matter, not a message's.
        self.failures.keep_only(layout.refused, session.validity, uids)
        known = self.failures.known
        known.update({key: failure._replace(times=0) for key, failure in known.items()})
        delivery = self.shared.delivery(self.failures)
        outcome = delivery.deliver(
            session, smtp, [Entry(uid) for uid in uids], lambda uid: self.kept.move(session, layout, uid)
        )
        self.status.aside, self.reasons = len(uids) - outcome.delivered, []
        if outcome.delivered:
            self.shared.say(f"{outcome.delivered} that were set aside are delivered")
