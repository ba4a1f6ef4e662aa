"""Counts what logs in at the provider, which locks out who does it too often."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import Callable

A_MINUTE = 60.0
MOST = 30  # in any minute, of all that this pod does
RESERVE = 10  # of these, for sessions that must be opened anew


class Logins:
    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock, self.lock = clock, threading.Lock()
        self.times: deque[float] = deque()
        self.total = 0

    def recent(self) -> int:
        now = self.clock()
        while self.times and now - self.times[0] >= A_MINUTE:
            self.times.popleft()
        return len(self.times)

    def spare(self) -> bool:
        """Whether one more is nothing: what can do without logs in only then."""
        with self.lock:
            return self.recent() < MOST - RESERVE

    def take(self) -> float:
        """Counts a login that is made now and returns 0, or returns the seconds until there may be one."""
        with self.lock:
            if self.recent() >= MOST:
                return A_MINUTE - (self.clock() - self.times[0])
            self.times.append(self.clock())
            self.total += 1
            return 0.0
