"""The fetcher's folders at the provider: their names, and which of them have had their time. Pure.

docs/explanation/fetching.md says what is in which.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable
from typing import Any, NamedTuple, Union

MOST = 100_000  # UIDs of copies in an answer: a wrong range must not fill the memory
MOST_FOUND = 300_000  # UIDs in the answer to a search: with what is known of each, some 250 bytes
Retention = Union[int, str]  # days, or FOREVER
FOREVER = "forever"
DATE = re.compile(rb"\s*(\d+)-(\w{3})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)")
MONTHS = b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
LONGEST_COPYUID = 1_000_000  # bytes
SET = rb"\d{1,10}(?::\d{1,10})?(?:,\d{1,10}(?::\d{1,10})?)*"
LONGEST_SET = 4000  # characters; RFC 2683 advises against command lines of more than 8000
FETCHED = "$HomelabMailFetched"  # marks originals that were copied to the outbox, with FOREVER


def retention(text: str) -> Retention:
    return FOREVER if text == FOREVER else int(text)


class TooMuch(ValueError):
    """What a provider says would fill the memory."""


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


def internal_date(value: Any) -> datetime.datetime | None:
    """When the provider received a message: "17-Jul-1996 02:44:25 -0700"."""
    found = DATE.fullmatch(value) if isinstance(value, bytes) else None
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


def copied_uids(data: list[Any], originals: Iterable[int] | None = None) -> dict[int, int]:
    """UIDs in COPYUID ("38505 304,319:320 3956:3958"): those of the copies by those of the originals.

    None at all where they cannot be right: a message would be taken for another one.
    """
    pairs: dict[int, int] = {}
    for line in data:
        short = b"" if not line or len(line) > LONGEST_COPYUID else line.strip()
        found = re.fullmatch(rb"\d{1,10} (%b) (%b)" % (SET, SET), short)
        sets = [uids_in(part) for part in found.groups()] if found and not reversed_range(line) else []
        if sets and len(sets[0]) == len(sets[1]):
            pairs.update(zip(*sets))
    wanted = pairs.keys() if originals is None else set(originals)
    return pairs if pairs.keys() <= wanted and len(set(pairs.values())) == len(pairs) else {}


def reversed_range(line: bytes) -> bool:
    """Whether one is told from its end: which of the UIDs belongs to which is anybody's guess then."""
    return any(int(first) > int(last) for first, last in re.findall(rb"(\d+):(\d+)", line))


def uids_found(lines: Iterable[Any]) -> set[int]:
    """UIDs in the answer to SEARCH, by RFC 3501 ("2 84"), 7162 ("2 84 (MODSEQ 917)") or 4731 ("UID ALL 2,84")."""
    uids = set[int]()
    for line in lines:
        plain = re.sub(rb"\([^()]*\)", b"", line) if isinstance(line, bytes) else b""
        everything = re.search(rb"\bALL (\d[\d:,]*)", plain, re.IGNORECASE)
        if everything:
            uids.update(uids_in(everything.group(1), MOST_FOUND))
        elif not re.search(rb"[A-Za-z]", plain):
            for number in re.finditer(rb"\b\d{1,10}\b", plain):
                uids.add(int(number.group()))
                if len(uids) > MOST_FOUND:
                    raise TooMuch(f"more than {MOST_FOUND:,} messages in one folder")
    return uids - {0}


def uids_in(text: bytes, most: int = MOST) -> list[int]:
    """1:3,7 → 1, 2, 3, 7; no more than about `most` of them."""
    uids: list[int] = []
    for found in re.finditer(rb"(\d+)(?::(\d+))?", text):
        first, last = sorted((int(found.group(1)), int(found.group(2) or found.group(1))))
        uids += range(first, min(last, first + most - len(uids)) + 1)
    return uids


def set_parts(uids: str) -> list[str]:
    """A message set in parts that are short enough for a command line: Exchange and Dovecot refuse long ones."""
    parts: list[str] = []
    for each in uids.split(","):
        if parts and len(parts[-1]) + len(each) < LONGEST_SET:
            parts[-1] += f",{each}"
        else:
            parts.append(each)
    return parts


def uid_set(uids: Iterable[int]) -> str:
    """For a command: 1:3,7. Only what is in it is named, so that nothing else is touched."""
    parts: list[list[int]] = []
    for uid in sorted(uids):
        if parts and uid == parts[-1][1] + 1:
            parts[-1][1] = uid
        else:
            parts.append([uid, uid])
    return ",".join(f"{first}:{last}" if first != last else str(first) for first, last in parts)
