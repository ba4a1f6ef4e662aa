"""What is reported of a folder: its counts and times, and why mail does not flow.

What is decided is decided on the monotonic clock: the time of day may jump, and is for the metrics only.
"""

from __future__ import annotations

import time
from typing import Callable

import reasons
from events import Event, Kind

STALLED = 900.0  # seconds with mail waiting and none delivered: longer than the answer to any final dot may take


def log(text: str) -> None:
    print(time.strftime("%Y-%m-%dT%H:%M:%SZ ", time.gmtime()) + text, flush=True)


class Status:
    """What is known about one folder. Times that end in _at are on the monotonic clock, 0 is never."""

    def __init__(self, folder: str, clock: Callable[[], float] = time.monotonic) -> None:
        self.folder, self.clock = folder, clock
        self.contact = self.delivery = self.last_error_time = 0.0  # seconds since the epoch
        self.contact_at = self.error_at = self.progress_at = 0.0
        self.flowed = False  # whether mail has ever got through, or there was none
        self.delivered = self.waiting = self.left = self.aside = self.rounds = 0
        self.error = self.last_error = ""  # why mail does not flow now; empty when it does

    def apply(self, event: Event) -> None:
        if event.kind is Kind.ANSWERED:
            self.contacted()
        elif event.kind is Kind.DELIVERED:
            self.arrived()

    def contacted(self) -> None:
        """The provider answered."""
        self.contact, self.contact_at = time.time(), self.clock()

    def arrived(self) -> None:
        """A message was handed over."""
        self.delivered += 1
        self.flowed = True
        self.contacted()
        self.delivery, self.progress_at = self.contact, self.contact_at
        self.waiting = max(self.waiting - 1, 0)

    def waits(self, count: int) -> None:
        """So many messages are still to be delivered."""
        if count and not self.waiting:
            self.progress_at = self.clock()
        self.waiting = count

    def waiting_since(self) -> float:
        """Since when mail has waited and none was delivered, in seconds since the epoch; 0 when none waits."""
        return time.time() - (self.clock() - self.progress_at) if self.waiting else 0.0

    def fine(self) -> None:
        """Everything is fetched that there was."""
        self.waiting = self.left = 0
        if self.error:
            log(f"{self.folder}: mail flows again")
        self.flowed = True
        self.error, self.error_at = "", 0.0

    def fail(self, reason: str) -> None:
        if reason != self.error:
            log(f"{self.folder}: {reason}")
        self.error_at = self.error_at or self.clock()
        self.error = self.last_error = reason
        self.last_error_time = time.time()

    def refused(self) -> bool:
        """Whether the provider refuses the login now."""
        return reasons.is_login_refused(self.error)


def unready_reason(status: Status, now: float, grace: float, silence: float) -> str:
    """Why mail does not flow, or an empty string; a short hiccup is none yet.

    An error may last for `grace` seconds, and the provider say nothing for `silence`.
    """
    if status.error and now - status.error_at > grace:
        return f"{status.folder}: {status.error}"
    if not status.flowed:  # a short hiccup is one only where mail has flowed before
        beginning = reasons.FIRST_ROUND if status.contact else reasons.NO_CONTACT
        return f"{status.folder}: {status.error or beginning}"
    if now - status.contact_at > silence:
        return f"{status.folder}: {reasons.no_contact_for(int(now - status.contact_at))}"
    if status.waiting and now - status.progress_at > STALLED:
        return f"{status.folder}: {reasons.nothing_delivered_for(status.waiting, int(now - status.progress_at))}"
    return ""
