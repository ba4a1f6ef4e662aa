"""What is reported of a folder: its counts and times, and why mail does not flow."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable

import reasons
from events import Event, Kind
from rounds import Round


def log(text: str) -> None:
    print(time.strftime("%Y-%m-%dT%H:%M:%SZ ", time.gmtime()) + text, flush=True)


def clean(text: str, secrets: Iterable[str]) -> str:
    """Somebody else's words for the log: one short line without addresses or secrets."""
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, "<hidden>")
    text = re.sub(r"<?[^\s<>]*@[^\s<>]*>?", "<address>", re.sub(r"[^\x20-\x7e]+", "?", text))
    return text.strip()[:200]


class Status:
    """What is known about one folder. Times are seconds since the epoch; 0 is never."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.contact = self.delivery = 0.0
        self.flowed = False  # whether mail has ever got through, or there was none
        self.delivered = self.waiting = self.aside = self.rounds = 0
        self.error, self.error_at = "", 0.0  # why mail does not flow now; empty when it does
        self.last_error, self.last_error_at = "", 0.0

    def heard(self, event: Event, now: Round) -> None:
        """Takes down an event, after which the round is as it is `now`."""
        if event.kind is Kind.WAITS and not now.left:
            self.fine()
        elif event.kind is Kind.ANSWERED:
            self.contacted()
        elif event.kind in (Kind.FOUND, Kind.CARRIED):
            self.waiting = event.number
        elif event.kind is Kind.DELIVERED:
            self.arrived()

    def contacted(self) -> None:
        """The provider answered."""
        self.contact = time.time()

    def arrived(self) -> None:
        """A message was handed over."""
        self.delivered += 1
        self.flowed = True
        self.delivery = self.contact = time.time()
        self.waiting = max(self.waiting - 1, 0)

    def fine(self) -> None:
        """Everything is fetched that there was."""
        self.waiting = 0
        self.recovered()

    def fail(self, reason: str) -> None:
        if reason != self.error:
            log(f"{self.folder}: {reason}")
        now = time.time()
        self.error_at = self.error_at or now
        self.error = self.last_error = reason
        self.last_error_at = now

    def refused(self) -> bool:
        """Whether the provider refuses the login now."""
        return reasons.is_login_refused(self.error)

    def recovered(self) -> None:
        if self.error:
            log(f"{self.folder}: mail flows again")
        self.flowed = True
        self.error, self.error_at = "", 0.0


def trouble(status: Status, idling: bool, now: float, patience: float, silence: float) -> str:
    """Why mail does not flow, or an empty string; a short hiccup is no trouble yet.

    An error may last for `patience` seconds, and the provider say nothing for `silence` while fetchmail does not wait.
    """
    if status.error and now - status.error_at > patience:
        return f"{status.folder}: {status.error}"
    if not status.flowed:  # a short hiccup is one only where mail has flowed before
        beginning = reasons.FIRST_ROUND if status.contact else reasons.NO_CONTACT
        return f"{status.folder}: {status.error or beginning}"
    if not idling and now - status.contact > silence:
        return f"{status.folder}: {reasons.no_contact_for(int(now - status.contact))}"
    return ""
