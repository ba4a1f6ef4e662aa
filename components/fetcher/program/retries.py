"""Giving up and trying again: how long to wait before the next round, and before the quarantine is tried again."""

from __future__ import annotations

from typing import NamedTuple


class Backoff(NamedTuple):
    """How often in a row it went wrong. A round that goes well, or new credentials, begin anew."""

    refusals: int = 0  # of the login
    failures: int = 0  # of anything else

    def login_refused(self) -> Backoff:
        return self._replace(refusals=self.refusals + 1)

    def logged_in(self) -> Backoff:
        return self._replace(refusals=0)

    def failed(self) -> Backoff:
        return self._replace(failures=self.failures + 1)

    def before_login(self, longest: float) -> float:
        """Seconds until the next login. Providers lock out what logs in too often."""
        return min(30 * 2.0 ** min(self.refusals - 1, 9), longest)

    def before_round(self, flowed: bool, longest: float) -> float:
        """Seconds until the next round. At first in quick succession: a new pod's network may open late."""
        return min((4 if flowed else 0.5) * 2.0 ** min(self.failures - 1, 8), longest)


class QuarantineRetry(NamedTuple):
    """When what was set aside is tried again: ever more rarely."""

    due: float  # on the monotonic clock
    pause: float

    @staticmethod
    def first(now: float) -> QuarantineRetry:
        return QuarantineRetry(now + 60, 100)

    def set_aside(self, now: float, longest: float) -> QuarantineRetry:
        """After something was set aside."""
        pause = min(100, longest)
        return QuarantineRetry(now + pause, pause)

    def tried(self, now: float, longest: float) -> QuarantineRetry:
        return QuarantineRetry(now + self.pause, min(2 * self.pause, longest))
