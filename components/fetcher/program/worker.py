"""Keeps one folder of one mailbox flowing, in one IMAP session that also waits for new mail.

A turn: what is new goes to the outbox (collect.py), and the outbox is emptied (outbox.py).
"""

from __future__ import annotations

import threading
import time
from typing import Callable

import fetchmail
import reasons
import report
from collect import Collector
from credentials import Login
from direct_delivery import Entry
from folders import Layout
from imap_connection import CommandRefused, LoginRefused, LostOverMessage, SessionLost
from imap_session import ImapSession
from junk_leftovers import JunkLeftovers
from kept_folders import KeptFolders
from logins import Logins
from options import Options
from outbox import Outbox
from refill import Refill
from retries import Backoff
from shared import Shared
from smtp_session import SmtpSession
from tcp_proxy import Proxy

TICK = 60.0  # seconds after which the outbox is looked into, announced or not


class Worker:
    def __init__(
        self,
        options: Options,
        folder: str,
        template: str,
        imap: Proxy,
        smtp: Proxy,
        logins: Logins,
        stop: threading.Event,
    ) -> None:
        self.options, self.folder, self.logins, self.stop = options, folder, logins, stop
        self.imap, self.smtp = imap, smtp
        self.watched = folder == "INBOX"  # the session waits in it; other folders are looked into now and then
        self.shared = Shared(options, folder, logins, stop)
        self.status, self.failures, self.kept = self.shared.status, self.shared.failures, self.shared.kept
        self.credentials, self.alive, self.say = self.shared.credentials, self.shared.alive, self.shared.say
        self.layout = Layout(suffix="" if self.watched else f"-{folder}")
        self.collector = Collector(options.retention, self.kept, self.failures, self.alive)
        with open(template, encoding="utf-8") as file:
            text = file.read()
        if options.source:
            text = fetchmail.for_source(text, options.imap[0], imap.port, smtp.port)
        self.outbox = Outbox(self.shared, text, imap, smtp)
        self.held = False  # whether new mail was left in the inbox in the last turn
        self.backoff = Backoff()
        unfetched = self.watched and options.junk_sink is None
        self.junk = JunkLeftovers(KeptFolders(options.retention, self.say), self.say) if unfetched else None

    @property
    def beat(self) -> float:
        return self.shared.beat

    def fail(self, problem: object) -> None:
        self.status.fail(self.shared.clean(str(problem) or type(problem).__name__))

    def forever(self) -> None:
        while not self.stop.is_set():
            login = self.credentials.read()
            if login is None:
                self.status.fail(reasons.NO_CREDENTIALS)
                self.sleep(5)
            else:
                self.sleep(self.session(login), login)

    def session(self, login: Login) -> float:
        """One session at the provider. Returns how long to wait before the next one."""
        try:
            return self.work(login)
        except LoginRefused as refusal:
            self.backoff = self.backoff.login_refused()
            self.fail(refusal)
            return self.backoff.before_login(self.options.refused_max)
        except CommandRefused as refusal:
            self.fail(reasons.provider_answered(refusal))
        except Exception as trouble:  # whatever it is, mail goes on
            self.fail(trouble)
        self.backoff = self.backoff.logged_in().failed()
        return self.backoff.before_round(self.status.flowed, self.options.retry_max)

    def sleep(self, seconds: float, login: Login | None = None) -> None:
        """Waits; new credentials end the wait."""
        until = time.monotonic() + seconds
        while time.monotonic() < until and not self.stop.wait(min(1, seconds)):
            self.alive()
            if login is not None and self.credentials.changed(login):
                self.backoff = Backoff()
                self.say("credentials changed")
                return

    def over(self, login: Login) -> bool:
        """Whether the session is to end. It is asked all the time, and tells that the work goes on."""
        self.alive()
        return self.stop.is_set() or self.credentials.changed(login)

    def work(self, login: Login) -> float:
        """A session, turn by turn; returns the pause after it."""
        while wait := self.logins.take():
            self.sleep(wait, login)
            if self.over(login):
                return 0.1
        with ImapSession(self.imap.target, login) as session:
            self.status.contacted()
            self.layout = self.collector.prepare(session, session.layout(self.layout.suffix))
            if self.junk:
                self.junk.give_back(session, self.layout)
            source = self.source(session)
            while not self.over(login):
                try:
                    more, pause = self.turn(session, source, login)
                except LostOverMessage:
                    # If one message did it, it waits now; the others go on in a new session.
                    if self.failures.known:
                        self.fail(self.stays())
                    return 1.0
                if pause:
                    self.sleep(pause, login)
                elif more:
                    continue
                elif not self.watched or source is None:
                    return max(1.0, min(self.options.interval, self.until_due()))
                elif not self.wait(session, source, login):
                    break
        if self.credentials.changed(login):
            self.say("credentials changed")
        return 0.1

    def source(self, session: ImapSession) -> str | None:
        """The folder that is fetched; None when there is no such folder, which only Junk may be."""
        if self.watched:
            return self.folder
        for name in (self.folder, self.layout.prefix + self.folder):
            if session.exists(name):
                return name
        return None

    def turn(self, session: ImapSession, source: str | None, login: Login) -> tuple[bool, float]:
        """Returns whether there is more to do at once, and how long to wait first."""
        moved, more, unreachable, refill = 0, False, "", None
        outbox, smtp = self.outbox, SmtpSession(self.smtp.target, login.recipient, self.alive)
        outbox.direct.before = self.status.delivered
        try:
            if not self.collector.no_outbox:
                outbox.know_delivered(session, self.layout)
            if source and session.selected != source:
                session.select(source)
            self.held = not self.collector.no_outbox and outbox.held_back(session, self.layout)
            if source and not self.held:
                found = self.collector.collect(session, self.layout)
                self.status.contacted()
                moved, more = found.moved, found.more or found.moved > 0
                if found.more and Refill.possible(self.collector, session):
                    refill = Refill(self.collector, session, source, self.layout)
                finish = self.collector.finish(session, self.layout)
                entries = [Entry(uid) for uid in found.direct]
                unreachable = outbox.deliver(session, smtp, self.layout, entries, finish).unreachable
            if not unreachable and not self.collector.no_outbox:
                emptied = outbox.empty(session, smtp, self.layout, login, moved > 0, refill)
                unreachable, more = emptied.unreachable, more or emptied.unfinished
            if not unreachable and outbox.astray.places:
                unreachable = outbox.deliver_astray(session, smtp, self.layout).unreachable
            if not unreachable and (staged := self.collector.staging.left(session, self.layout)):
                emptied = outbox.deliver(session, smtp, self.layout, staged, self.delete(session))
                unreachable, more = emptied.unreachable, more or emptied.unfinished
            if not unreachable:
                outbox.quarantine.retry(session, smtp, self.layout)
        finally:
            smtp.close()
        self.kept.expire(session, self.layout)
        if self.junk:
            self.junk.expire(session, self.layout)
        return self.conclude(unreachable, more)

    def delete(self, session: ImapSession) -> Callable[[int], None]:
        return lambda uid: self.kept.delete(session, self.layout, [uid])

    def conclude(self, unreachable: str, more: bool) -> tuple[bool, float]:
        self.status.contacted()
        self.status.left, self.outbox.down = len(self.failures.known), bool(unreachable)
        if unreachable:
            self.fail(unreachable)
            self.backoff = self.backoff.failed()
            return True, self.backoff.before_round(self.status.flowed, self.options.retry_max)
        self.backoff = Backoff()
        if self.failures.known:
            self.status.waits(len(self.failures.known))
            self.fail(self.stays())
        else:
            self.outbox.cautious = False
            if not more:
                self.status.fine()
        return more, 0.0

    def stays(self) -> str:
        return reasons.some_stay(len(self.failures.known), self.failures.summary())

    def until_due(self) -> float:
        due = self.failures.next_due()
        return TICK if due is None else due

    def wait(self, session: ImapSession, source: str, login: Login) -> bool:
        """Until there is something to do; False when the session is over."""
        started, held = time.monotonic(), self.held and self.outbox.blocked
        try:
            if session.selected != source:
                session.select(source)
                if not held and self.collector.fresh(session):
                    return True
            elif not held and session.news() and self.collector.fresh(session):
                return True  # announced before the wait, and not announced again in it
            session.idle(max(1.0, min(TICK, self.until_due())), self.stop, lambda: self.over(login))
        except SessionLost:
            if time.monotonic() - started < 30:
                raise
            return False  # the provider ended a long wait: nothing is wrong, wait anew
        return True

    # What is told

    def unready_reason(self) -> str:
        """Why mail does not flow, or an empty string."""
        silence = 300 if self.watched else 300 + self.options.interval
        return report.unready_reason(self.status, time.monotonic(), self.options.grace, silence)
