"""What is known about one mailbox: its credentials, and how each of its folders is doing."""

import os
import time


def log(text):
    print(time.strftime("%Y-%m-%dT%H:%M:%SZ ", time.gmtime()) + text, flush=True)


class Credentials:
    """The mounted Secret files. The kubelet swaps them in place, so they are read again and again."""

    def __init__(self, folder):
        self.folder = folder

    def read(self):
        """(address, password), or None while one is missing."""
        values = []
        for name in ("address", "password"):
            try:
                with open(os.path.join(self.folder, name), encoding="utf-8", newline="") as file:
                    values.append(file.read().rstrip("\r\n"))
            except (OSError, UnicodeDecodeError):
                return None
        return tuple(values) if all(values) else None

    def changed(self, pair):
        return self.read() not in (pair, None)


class Status:
    """What is known about one folder. Times are seconds since the epoch; 0 is never."""

    def __init__(self, folder):
        self.folder = folder
        self.contact = self.delivery = 0.0
        self.flowed = False  # whether mail has ever got through, or there was none
        self.delivered = self.waiting = self.left = self.aside = self.rounds = 0
        self.error, self.error_at = "", 0.0  # why mail does not flow now; empty when it does
        self.last_error, self.last_error_at = "", 0.0

    def arrived(self):
        self.delivered += 1
        self.flowed = True
        self.delivery = self.contact = time.time()
        self.waiting = max(self.waiting - 1, 0)

    def fail(self, reason):
        if reason != self.error:
            log(f"{self.folder}: {reason}")
        now = time.time()
        self.error_at = self.error_at or now
        self.error = self.last_error = reason
        self.last_error_at = now

    def recovered(self):
        if self.error:
            log(f"{self.folder}: mail flows again")
        self.flowed = True
        self.error, self.error_at = "", 0.0
