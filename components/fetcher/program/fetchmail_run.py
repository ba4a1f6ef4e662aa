"""A run of fetchmail over the outbox: followed line by line, counted, and ended when it must be."""

from __future__ import annotations

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Callable

import fetchmail
from credentials import Login
from events import Event, Kind
from folders import Layout
from output import Output
from rounds import Ended, Round, apply
from shared import Shared
from tcp_proxy import LAST_ANSWER, Proxy


class FetchmailRun:
    def __init__(self, shared: Shared, template: str, imap: Proxy, smtp: Proxy) -> None:
        self.shared, self.template, self.imap, self.smtp = shared, template, imap, smtp
        self.status = shared.status
        self.spoke = time.monotonic()
        self.round, self.lock = Round(), threading.Lock()

    def run(self, layout: Layout, login: Login) -> Ended:
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
                self.on_event(event)

        self.shared.logins.take()
        try:
            status = fetchmail.run(rc, home, listen, lambda: self.over(login), self.shared.stop)
        except OSError as trouble:  # the image has no fetchmail, or there is no room for its files
            self.round = self.round._replace(detail=str(trouble))
            status = -1
        return Ended(status, self.imap.error, self.smtp.error)

    def run_beside(self, layout: Layout, login: Login, step: Callable[[], bool]) -> Ended:
        """The same, while `step` is done again and again until it returns False. The run lasts until its own end."""
        self.round = Round()  # not in the thread alone: the first step may come before it
        with ThreadPoolExecutor(1) as threads:
            run = threads.submit(self.run, layout, login)
            while not run.done() and step():
                pass
        return run.result()

    def on_event(self, event: Event) -> None:
        with self.lock:  # the thread that watches fetchmail reports, too
            self.round = apply(self.round, event)
        self.status.apply(event)

    def over(self, login: Login) -> bool:
        """Whether the run, which lasts, is to end: it hangs, is held up at a message, or has old credentials."""
        self.shared.alive()
        quiet = time.monotonic() - max(self.spoke, self.imap.active, self.smtp.active)
        if quiet > (LAST_ANSWER if self.smtp.awaiting else self.shared.options.hung):
            self.on_event(Event(Kind.SILENT, number=int(quiet)))
            return True
        return self.round.stuck or self.shared.stop.is_set() or self.shared.credentials.changed(login)
