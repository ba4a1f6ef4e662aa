"""What all the parts of a worker use."""

from __future__ import annotations

import threading
import time

import redact
import report
from credentials import Credentials
from direct_delivery import DirectDelivery
from failures import Failures
from kept_folders import KeptFolders
from logins import Logins
from options import Options
from report import Status


class Shared:
    """Where things are, what is known, and how to tell of it."""

    def __init__(self, options: Options, folder: str, logins: Logins, stop: threading.Event) -> None:
        self.options, self.folder, self.logins, self.stop = options, folder, logins, stop
        self.credentials = Credentials(options.credentials, options.source)
        self.status, self.failures = Status(options.title(folder)), Failures()
        self.kept = KeptFolders(options.retention, self.say)
        self.beat = time.monotonic()

    def alive(self) -> None:
        """Says that the work goes on; without it for long, the liveness probe fails."""
        self.beat = time.monotonic()

    def clean(self, text: str) -> str:
        self.credentials.read()
        return redact.clean(text, tuple(self.credentials.seen))

    def say(self, text: str) -> None:
        report.log(f"{self.status.folder}: {self.clean(text)}")

    def delivery(self, failures: Failures) -> DirectDelivery:
        return DirectDelivery(self.stop, self.alive, self.status.arrived, lambda: self.status.delivered, failures)
