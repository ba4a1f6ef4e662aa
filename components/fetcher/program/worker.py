"""Keeps one folder of one mailbox flowing: fetchmail moves the mail, the courier takes what it leaves."""

from __future__ import annotations

import imaplib
import os
import threading
import time

import fetchmail
import reasons
import report
from courier import Courier
from credentials import Credentials, Pair
from events import Event, Kind
from options import Options
from output import understand
from relay import Relay
from report import Status
from retries import SecondChance, Tries
from rounds import Ended, Round, Step, heard, next_step, problem, unreachable, waits_in_vain


class Worker:
    """Runs fetchmail over and over, and pauses as it fits how that went."""

    def __init__(
        self, options: Options, folder: str, template: str, imap: Relay, sink: Relay, stop: threading.Event
    ) -> None:
        self.options, self.folder, self.imap, self.sink, self.stop = options, folder, imap, sink, stop
        self.watched = folder == "INBOX"  # fetchmail waits in IDLE; into other folders it looks now and then
        with open(template, encoding="utf-8") as file:
            self.template = file.read()
        self.suffix = "" if self.watched else f"-{folder}"
        self.source = folder  # which folder fetchmail empties
        self.aside = f"Fetcher-Refused{self.suffix}"
        self.credentials = Credentials(options.credentials)
        self.status = Status(folder)
        self.courier = Courier(
            imap.target, sink.target, stop, self.alive, self.status.arrived, lambda: self.status.delivered
        )
        self.beat = self.spoke = time.monotonic()
        self.round, self.hearing = Round(), threading.Lock()
        self.down: str | None = None  # why a server could not be reached in the last round
        self.tries = Tries()
        self.second_chance = SecondChance.first(time.monotonic())

    def alive(self) -> None:
        """Says that the work goes on; without it for long, the liveness probe fails."""
        self.beat = time.monotonic()

    def say(self, text: str) -> None:
        report.log(f"{self.folder}: {text}")

    def start(self) -> threading.Thread:
        """Begins to fetch; returns the thread that works."""
        thread = threading.Thread(target=self.forever)
        thread.start()
        return thread

    def forever(self) -> None:
        while not self.stop.is_set():
            pair = self.credentials.read()
            try:
                if pair is None:
                    self.status.fail(reasons.NO_CREDENTIALS)
                    self.sleep(5)
                else:
                    self.work(pair)
            except Exception as trouble:  # whatever it is, mail goes on
                self.status.fail(self.reason(trouble))
                self.sleep(30, pair)

    def work(self, pair: Pair) -> None:
        """What is done over and over."""
        self.fetch(pair)

    def sleep(self, seconds: float, pair: Pair | None = None) -> None:
        """Waits; new credentials end the wait."""
        until = time.monotonic() + seconds
        while time.monotonic() < until and not self.stop.wait(min(1, seconds)):
            self.alive()
            if pair is not None and self.credentials.changed(pair):
                self.tries = Tries()
                self.say("credentials changed")
                return

    def fetch(self, pair: Pair) -> bool:
        """One round: fetchmail until it ends, then the courier, then a pause that fits how it went.

        Returns whether it went well.
        """
        ended = self.run_fetchmail(pair)
        if self.stop.is_set():
            return True
        step = next_step(self.round, ended)
        if step is Step.WAIT_ANEW:
            return True
        self.down = unreachable(self.round, ended)
        if step is Step.LOG_IN_LATER:
            self.tries = self.tries.login_refused()
            self.status.fail(reasons.login_refused(self.round.detail))
            self.sleep(self.tries.before_login(self.options.refused_max), pair)
            return False
        self.tries = self.tries.logged_in()
        if step is Step.CARRY:
            self.carry(pair)
        wrong = problem(self.round, ended, self.down)
        if wrong:
            self.tries = self.tries.failed()
            self.status.fail(wrong)
            self.sleep(self.tries.before_round(self.status.flowed, self.options.retry_max), pair)
            return False
        self.tries = Tries()
        self.caught_up(pair)
        return True

    def caught_up(self, pair: Pair) -> None:
        """After a round that went well: there is nothing more to fetch."""
        self.status.fine()
        if not self.watched:
            self.give_second_chance(pair)
        self.sleep(0.2 if self.watched else self.options.interval, pair)

    def run_fetchmail(self, pair: Pair) -> Ended:
        """One run of fetchmail, which tells its story line by line."""
        home = os.path.join(self.options.state, self.folder.lower())
        rc = fetchmail.configuration(self.template, pair, self.source)
        self.round = Round()
        self.imap.error = self.sink.error = None
        self.status.rounds += 1
        self.courier.before = self.status.delivered
        started = self.spoke = time.monotonic()
        status = fetchmail.run(rc, home, self.listen, lambda: self.over(pair), self.stop)
        return Ended(status, time.monotonic() - started, self.imap.error, self.sink.error)

    def listen(self, line: str) -> None:
        """Learns from one line of fetchmail's output."""
        self.spoke = time.monotonic()
        for event in understand(line, self.clean):
            self.hear(event)

    def hear(self, event: Event) -> None:
        with self.hearing:  # the watch over fetchmail speaks up, too
            now = self.round = heard(self.round, event)
        self.status.heard(event, now)

    def over(self, pair: Pair) -> bool:
        """Whether the run, which lasts, is to end: it hangs, is to stop, or has old credentials."""
        self.beat = now = time.monotonic()
        quiet = now - max(self.spoke, self.imap.active, self.sink.active)
        if quiet > self.options.hung:
            self.hear(Event(Kind.SILENT, number=int(quiet)))
            return True
        vain = waits_in_vain(self.round, now - self.spoke)
        if self.stop.is_set() or vain or self.credentials.changed(pair):
            return True
        if self.round.idling:
            self.give_second_chance(pair)
        return False

    def carry(self, pair: Pair) -> None:
        """Lets the courier try what fetchmail left, and notes how that went."""
        try:
            delivered, left, aside, refusal = self.courier.sweep(pair, self.source, self.aside)
        except (OSError, imaplib.IMAP4.error) as trouble:
            self.hear(Event(Kind.COURIER_FAILED, words=self.reason(trouble)))
            return
        why = self.clean(reasons.mail_server_answered(refusal)) if refusal else ""
        self.hear(Event(Kind.CARRIED, number=left, words=why))
        if delivered:
            self.say(f"{delivered} carried by the courier")
        if aside:
            self.status.aside += aside
            self.second_chance = self.second_chance.set_aside(time.monotonic(), self.options.second_chance)
            self.say(f"{aside} refused for good, moved to the provider's folder {self.aside}: {self.round.detail}")

    def give_second_chance(self, pair: Pair) -> None:
        """Tries what was set aside, now and then; runs beside fetchmail, which never looks into that folder."""
        if time.monotonic() < self.second_chance.due or self.status.error:
            return
        self.second_chance = self.second_chance.tried(time.monotonic(), self.options.second_chance)
        try:
            delivered, self.status.aside, _, _ = self.courier.sweep(pair, self.aside, None)
            if delivered:
                self.say(f"{delivered} that were set aside are delivered")
        except (OSError, imaplib.IMAP4.error) as trouble:
            self.say(f"could not look into {self.aside}: {self.reason(trouble)}")

    def reason(self, trouble: Exception) -> str:
        return self.clean(str(trouble) or type(trouble).__name__)

    def clean(self, text: str) -> str:
        return report.clean(text, self.credentials.read() or ())

    def trouble(self) -> str:
        """Why mail does not flow, or an empty string."""
        silence = 300 if self.watched else 300 + self.options.interval
        return report.trouble(self.status, self.round.idling, time.time(), self.options.patience, silence)
