"""The fetcher's folders at the provider: their names, and which of them have had their time. Pure.

docs/explanation/fetching.md says what is in which.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable
from typing import Any, NamedTuple, Union

MOST = 100_000  # UIDs in a range of an answer: a wrong one must not fill the memory
Retention = Union[int, str]  # days, or FOREVER
FOREVER = "forever"
MONTHS = b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
FETCHED = "$HomelabMailFetched"  # marks originals that were copied to the outbox, with FOREVER


def retention(text: str) -> Retention:
    return FOREVER if text == FOREVER else int(text)


class Layout(NamedTuple):
    """Where the folders of one source folder are."""

    prefix: str = ""  # of the personal namespace, with its separator at the end
    separator: str = "/"  # empty where folders hold no folders
    suffix: str = ""  # "-Junk" for Junk

    @property
    def outbox(self) -> str:
        return f"{self.prefix}Fetcher-Outbox{self.suffix}"

    @property
    def refused(self) -> str:
        return f"{self.prefix}Fetcher-Refused{self.suffix}"

    @property
    def staging(self) -> str:
        """Between the inbox and the outbox, for what is moved while fetchmail runs."""
        return f"{self.prefix}Fetcher-Staging{self.suffix}"

    @property
    def clock(self) -> str:
        """There for a moment only."""
        return f"{self.prefix}Fetcher-Clock{self.suffix}"

    @property
    def kept_root(self) -> str:
        return f"{self.prefix}Fetcher-Kept{self.suffix}"

    def kept(self, day: datetime.date) -> str:
        return f"{self.kept_root}{self.separator or '-'}{day.isoformat()}"

    def kept_flat(self, day: datetime.date) -> str:
        """The same where a folder cannot have folders in it."""
        return f"{self.kept_root}-{day.isoformat()}"

    def kept_day(self, folder: str) -> datetime.date | None:
        """The day of a folder of kept messages; None for every other folder."""
        found = re.fullmatch(re.escape(self.kept_root) + r".(\d{4})-(\d\d)-(\d\d)", folder)
        try:
            return datetime.date(*map(int, found.groups())) if found else None
        except ValueError:
            return None

    def by_age(self, folders: Iterable[str]) -> list[tuple[datetime.date, str]]:
        """The folders of kept messages among these, the oldest first."""
        return sorted((day, folder) for folder in folders if (day := self.kept_day(folder)))

    def expired(self, folders: Iterable[str], today: datetime.date, days: Retention) -> list[str]:
        """Those of which even the last message has been kept for so many days."""
        if isinstance(days, str):
            return []
        return [folder for day, folder in self.by_age(folders) if (today - day).days > days]


def namespace(data: list[Any]) -> tuple[str, str] | None:
    """(prefix, separator) of the first personal namespace in the answer to NAMESPACE, if there is one."""
    line = data[0] if data and isinstance(data[0], bytes) else b""
    found = re.match(rb'\(\("((?:[^"\\]|\\.)*)"\s+(?:"(\\?.)"|NIL)', line)
    if not found:
        return None
    prefix, separator = (re.sub(rb"\\(.)", rb"\1", part or b"").decode("latin-1") for part in found.groups())
    return prefix, separator


def listed(data: list[Any]) -> list[tuple[str, str]]:
    """(separator, name) of each folder in the answer to LIST."""
    folders = []
    for part in data:
        line, literal = part if isinstance(part, tuple) else (part, None)
        found = re.match(rb'\([^)]*\)\s+(?:"(\\?.)"|NIL)\s+(.*)', line or b"", re.DOTALL)
        if not found:
            continue
        name = literal if literal is not None else found.group(2).strip()
        if literal is None and name.startswith(b'"'):
            name = re.sub(rb"\\(.)", rb"\1", name[1:-1])
        folders.append(((found.group(1) or b"")[-1:].decode("latin-1"), name.decode("latin-1")))
    return folders


def internal_date(value: Any) -> datetime.datetime | None:
    """When the provider received a message: "17-Jul-1996 02:44:25 -0700"."""
    found = re.fullmatch(rb"\s*(\d+)-(\w{3})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)", value or b"")
    if not found or found.group(2).title() not in MONTHS:
        return None
    day, year, hour, minute, second, *zone = (int(found.group(n)) for n in (1, 3, 4, 5, 6, 8, 9))
    ahead = datetime.timedelta(hours=zone[0], minutes=zone[1]) * (-1 if found.group(7) == b"-" else 1)
    month = MONTHS.index(found.group(2).title()) + 1
    try:
        local = datetime.datetime(year, month, day, hour, minute, min(second, 59), tzinfo=datetime.timezone.utc)
        return local - ahead
    except (ValueError, OverflowError):
        return None


def quoted(folder: str) -> str:
    return '"' + folder.replace("\\", "\\\\").replace('"', '\\"') + '"'


def copied_uids(data: list[Any]) -> dict[int, int]:
    """UIDs in COPYUID ("38505 304,319:320 3956:3958"): those of the copies by those of the originals."""
    pairs: dict[int, int] = {}
    for line in data:
        found = re.fullmatch(rb"\d+ ([\d,:]+) ([\d,:]+)", (line or b"").strip())
        sets = [uids_in(part) for part in found.groups()] if found else []
        if sets and len(sets[0]) == len(sets[1]):
            pairs.update(zip(*sets))
    return pairs


def uids_in(text: bytes) -> list[int]:
    """1:3,7 → 1, 2, 3, 7."""
    uids: list[int] = []
    for part in filter(None, text.split(b",")):
        first, _, last = part.partition(b":")
        uids += range(int(first), min(int(last or first), int(first) + MOST) + 1)
    return uids


def uid_set(uids: Iterable[int]) -> str:
    """For a command: 1:3,7. Only what is in it is named, so that nothing else is touched."""
    parts: list[list[int]] = []
    for uid in sorted(uids):
        if parts and uid == parts[-1][1] + 1:
            parts[-1][1] = uid
        else:
            parts.append([uid, uid])
    return ",".join(f"{first}:{last}" if first != last else str(first) for first, last in parts)
