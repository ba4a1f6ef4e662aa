"""What is known of messages that could not be delivered, or not be taken away afterwards. Pure, but for the clock.

It is known as long as the pod lives. A new pod tries everything anew: then a message that was handed over and could
not be deleted comes once more.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from enum import Enum
from typing import Callable, NamedTuple

Key = tuple[str, bytes, int]  # folder, validity, uid


class Kind(Enum):
    REJECTED = "by the mail server, for now"
    PERMANENT = "by the mail server, for good"
    DROPPED = "the mail server hung up over it"
    PROVIDER = "the provider did not give it, or not whole"
    STAYS = "it is delivered, and the provider does not delete it"


# Seconds until the first next try, and the most that there may be until any.
DELAYS = {
    Kind.REJECTED: (4, 75),
    Kind.PERMANENT: (4, 75),
    Kind.DROPPED: (10, 300),
    Kind.PROVIDER: (15, 900),
    Kind.STAYS: (30, 900),
}
HALF_AN_HOUR, A_DAY = 1800.0, 86_400.0


class Failure(NamedTuple):
    kind: Kind
    reason: str
    times: int
    permanent: int  # times that the mail server refused it for good
    last: float
    before: int  # messages delivered before the round in which it first failed
    first: float  # when that was

    @property
    def due(self) -> float:
        first, most = DELAYS[self.kind]
        return self.last + min(first * 2.0 ** min(self.times - 1, 10), most)

    def permanently_rejected(self, delivered: int) -> bool:
        """Whether it is refused for good while others get through."""
        return self.permanent >= 3 and delivered > self.before

    def unreadable(self, delivered: int, now: float) -> bool:
        """Whether a server fails over it: for half an hour while others got through, or for a day."""
        lasting = now - self.first >= (HALF_AN_HOUR if delivered > self.before else A_DAY)
        return self.kind in (Kind.PROVIDER, Kind.DROPPED) and self.times >= 5 and lasting


class Done(NamedTuple):
    """What was handed over under a UID."""

    size: int | None = None  # that the provider stated last
    digests: frozenset[bytes] = frozenset()  # of all its texts
    aside: bool = False  # whether it was not, and is copied to the folder for what was refused


class Failures:
    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self.known: dict[Key, Failure] = {}
        self.done: dict[Key, Done] = {}  # handed over, and still at the provider

    def note(self, key: Key, kind: Kind, reason: str, before: int = 0) -> Failure:
        old = self.known.get(key)
        times = old.times + 1 if old else 1
        permanent = (old.permanent if old else 0) + (kind is Kind.PERMANENT)
        now = self.clock()
        before, first = (old.before, old.first) if old else (before, now)
        failure = Failure(kind, reason, times, permanent, now, before, first)
        self.known[key] = failure
        return failure

    def forget(self, key: Key) -> None:
        self.known.pop(key, None)
        self.done.pop(key, None)

    def remember(self, key: Key, size: int | None = None, digest: bytes = b"") -> None:
        """That it is handed over: whatever becomes of it at the provider, it is not handed over again."""
        self.done[key] = Done(size, self.done.get(key, Done()).digests | {digest})

    def set_aside(self, key: Key) -> None:
        """That it is copied there: what is left of it is only to be taken away."""
        self.done[key] = Done(aside=True)

    def handed_over(self, key: Key, size: int | None = None) -> bool:
        """Whether it is; one of another size may be another one, to which the provider has given the same UID."""
        done = self.done.get(key)
        return done is not None and (size is None or done.size is None or size == done.size)

    def last(self, key: Key) -> float:
        return self.known[key].last if key in self.known else 0.0

    def due(self, key: Key) -> bool:
        return key not in self.known or self.clock() >= self.known[key].due

    def unreadable(self, key: Key, delivered: int) -> Failure | None:
        failure = self.known.get(key)
        return failure if failure and failure.unreadable(delivered, self.clock()) else None

    def of(self, folder: str) -> dict[Key, Failure]:
        return {key: failure for key, failure in self.known.items() if key[0] == folder}

    def keep_only(self, folder: str, validity: bytes, uids: Iterable[int]) -> None:
        """Forgets what is in the folder no more."""
        there = {(folder, validity, uid) for uid in uids}
        for key in [key for key in [*self.known, *self.done] if key[0] == folder and key not in there]:
            self.forget(key)

    def next_due(self) -> float | None:
        """Seconds until something is to be tried again."""
        return max(min(f.due for f in self.known.values()) - self.clock(), 0.0) if self.known else None

    def by_reason(self) -> dict[str, list[int]]:
        """Every reason, with the UIDs of the messages that it is about."""
        found: dict[str, list[int]] = {}
        for (_, _, uid), failure in sorted(self.known.copy().items()):
            found.setdefault(failure.reason, []).append(uid)
        return found

    def summary(self) -> str:
        """Every reason, with what it is about: the first messages by name."""
        by_reason, parts = self.by_reason(), []
        for reason, uids in list(by_reason.items())[:3]:
            named = ", ".join(map(str, uids[:5])) + (f" and {len(uids) - 5} more" if len(uids) > 5 else "")
            parts.append(reason if reason.endswith(f"UID {uids[0]}") and len(uids) == 1 else f"{reason} (UID {named})")
        more = len(by_reason) - len(parts)
        return "; ".join(parts) + (f"; and {more} other reasons" if more > 0 else "")
