"""Asks the provider to copy or move many messages at once, and fewer where it refuses or breaks off."""

from __future__ import annotations

from typing import Callable

from imap_connection import CommandRefused

MOST = 1000  # messages to a batch: a login each for fetchmail, which delivers some hundred a second
HOPELESS = 3  # single refusals without a success, after which the rest is not asked for


class Batches:
    def __init__(self, alive: Callable[[], None]) -> None:
        self.alive = alive
        self.size = MOST
        self.at: list[int] = []  # what the provider is asked to copy or move now
        self.missing = 0  # times in a row that a folder was said not to be there

    def grow(self) -> None:
        self.size = min(self.size * 4, MOST)

    def shrink(self) -> list[int]:
        """After the session broke off; returns what it was asked for."""
        self.size = max(self.size // 10, 1)
        at, self.at = self.at, []
        return at

    def piecewise(self, uids: list[int], action: Callable[[list[int]], object]) -> tuple[int, list[int]]:
        """Does it with all; where that is refused, with halves, down to single ones. How many, and which not."""
        todo, done, refused = [uids] if uids else [], 0, list[int]()
        while todo:
            part = todo.pop()
            self.alive()
            try:
                if not done and len(refused) >= HOPELESS:
                    raise CommandRefused
                self.at = part
                action(part)
                self.at, self.missing = [], 0
                done += len(part)
            except CommandRefused as problem:
                self.at = []
                if "TRYCREATE" in str(problem) and not self.missing:
                    self.missing += 1  # somebody has deleted the folder: with the next session it is made
                    raise
                if len(part) == 1 or (not done and len(refused) >= HOPELESS):
                    refused += part
                else:
                    middle = len(part) // 2
                    todo += [part[middle:], part[:middle]]
        return done, refused
