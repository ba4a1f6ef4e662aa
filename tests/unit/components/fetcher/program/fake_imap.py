"""An IMAP session with folders in memory, which refuses or breaks off as it is told."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from types import SimpleNamespace
from typing import Any, Callable

from fetch_response import Message
from folders import FETCHED, Layout, TooMuch
from imap_connection import CommandRefused
from imap_folders import ImapFolders


class Mail:
    def __init__(self, body: bytes, *flags: str) -> None:
        self.body, self.flags = body, set(flags)


def body(name: str) -> bytes:
    return b"Return-Path: <a@example.org>\r\nSubject: %s\r\n\r\nbody\r\n" % name.encode()


SEARCHED = {
    "DELETED": (r"\Deleted", True),
    "UNDELETED": (r"\Deleted", False),
    "SEEN": (r"\Seen", True),
    "UNSEEN": (r"\Seen", False),
}


def numbers(uids: str) -> list[int]:
    """1:3,7 → 1, 2, 3, 7."""
    found: list[int] = []
    for part in uids.split(","):
        first, _, last = part.partition(":")
        found += range(int(first), int(last or first) + 1)
    return found


class FakeImap:
    """Uses the real session's method names; `trouble(command, folder, uids)` may raise before anything is done."""

    validity = b"1"

    def __init__(self, *names: str, keywords: bool = True, moves: bool = True) -> None:
        self.keywords, self.marks, self.moves = keywords, False, moves
        self.expunges_at_once, self.uidplus = False, True
        self.mail: dict[str, dict[int, Mail]] = {"INBOX": {}}
        self.last: dict[str, int] = {}  # the highest UID that a folder ever gave
        self.next_uid = 0  # of the selected folder, when it was selected
        self.selected: str | None = None
        self.bearable = 1_000_000  # messages that a search may find
        self.imap: Any = SimpleNamespace(untagged_responses={})
        self.trouble: Callable[[str, str, list[int]], None] = lambda *_: None
        self.done: list[tuple[str, str, tuple[int, ...]]] = []
        self.coming: list[list[str]] = []
        self.clock: Callable[[], datetime.datetime] | None = None  # the provider's; without it APPEND is refused
        for name in names:
            self.put("INBOX", body(name))

    def put(self, folder: str, text: bytes, *flags: str) -> int:
        uid = self.last[folder] = self.last.get(folder, 0) + 1
        self.mail.setdefault(folder, {})[uid] = Mail(text, *flags)
        return uid

    def names(self, folder: str) -> list[str]:
        """The subjects of what is in a folder."""
        found = self.mail.get(folder, {}).values()
        return [one.body.split(b"Subject: ")[1].split(b"\r\n")[0].decode() for one in found]

    def do(self, command: str, folder: str, uids: Iterable[int] = ()) -> None:
        listed = list(uids)
        self.trouble(command, folder, listed)
        self.done.append((command, folder, tuple(listed)))

    @property
    def here(self) -> dict[int, Mail]:
        return self.mail[self.selected or ""]

    def layout(self, suffix: str) -> Layout:
        return Layout(suffix=suffix)

    def folders(self, pattern: str) -> list[str]:
        return [name for name in self.mail if fnmatchcase(name, pattern)]

    def exists(self, folder: str) -> bool:
        return folder in self.mail

    def create(self, folder: str) -> bool:
        if folder in self.mail:
            return False
        self.do("CREATE", folder)
        self.mail[folder] = {}
        return True

    def remove(self, folder: str) -> None:
        self.do("DELETE", folder)
        del self.mail[folder]

    def close_folder(self) -> None:
        self.select("INBOX")

    def append(self, folder: str, message: bytes) -> None:
        if self.clock is None:
            raise CommandRefused("[CANNOT] no")
        self.put(folder, message)

    def received(self, _: int) -> datetime.datetime | None:
        return self.clock() if self.clock else None

    def count(self, folder: str) -> int:
        if folder not in self.mail:
            raise CommandRefused("[NONEXISTENT] no such folder")
        return len(self.mail[folder])

    messages = count

    def select(self, folder: str) -> None:
        self.selected = None  # a folder that cannot be opened leaves none open
        self.trouble("SELECT", folder, [])
        if folder not in self.mail:
            raise CommandRefused("[NONEXISTENT] no such folder")
        self.selected, self.next_uid = folder, self.last.get(folder, 0) + 1
        self.marks = any(FETCHED in one.flags for one in self.here.values())

    def search(self, *criteria: str) -> list[int]:
        words, found = iter(criteria), sorted(self.here)
        for word in words:
            if word == "UID":
                wanted = numbers(next(words))
                found = [uid for uid in found if uid in wanted]
            elif ":" in word:
                first, last = word.split(":")
                found = [uid for n, uid in enumerate(sorted(self.here), 1) if int(first) <= n and n <= float(last)]
            elif word != "ALL":
                flag, borne = (next(words), word == "KEYWORD") if "KEYWORD" in word else SEARCHED[word]
                found = [uid for uid in found if (flag in self.here[uid].flags) == borne]
        if len(found) > self.bearable:
            raise TooMuch
        return found

    first, parts = ImapFolders.first, ImapFolders.parts

    @property
    def there(self) -> int:
        return len(self.here)

    def news(self) -> bool:
        if not self.coming:
            return False
        for name in self.coming.pop(0):
            self.put(self.selected or "", body(name))
        return True

    def fetch(self, uids: str, asked: str) -> list[Message]:
        wanted = numbers(uids)
        self.trouble("FETCH", self.selected or "", wanted)
        found = []
        for uid in wanted:
            if uid in self.here:
                one = self.here[uid]
                path = one.body.split(b"\r\n")[0] + b"\r\n\r\n" if one.body.startswith(b"Return-Path") else b"\r\n"
                items: dict[str, Any] = {
                    "UID": b"%d" % uid,
                    "FLAGS": [flag.encode() for flag in one.flags],
                    "RFC822.SIZE": b"%d" % len(one.body),
                    "BODY[HEADER.FIELDS (RETURN-PATH)]": path,
                }
                told = {name: value for name, value in items.items() if name.replace("BODY[", "BODY.PEEK[") in asked}
                found.append(Message(uid, told))
        return found

    def by_number(self, items: str) -> Iterator[Message]:
        yield from self.fetch(",".join(map(str, self.here)) or "0", items)

    def pieces(self, uid: int, _: int | None) -> Iterator[bytes]:
        self.trouble("BODY", self.selected or "", [uid])
        if uid in self.here:
            yield self.here[uid].body

    def halves(self, uid: int, size: int | None) -> Iterator[bytes]:
        yield from self.pieces(uid, size)

    def leaves(self, uid: int) -> list[int] | None:
        return [len(self.here[uid].body.partition(b"\r\n\r\n")[2])]

    def store(self, uids: Iterable[int], change: str, flags: str) -> None:
        listed = list(uids)
        self.do("STORE", self.selected or "", listed)
        for uid in listed:
            {"+FLAGS": self.here[uid].flags.add, "-FLAGS": self.here[uid].flags.discard}[change](flags)

    def delete(self, uids: Iterable[int]) -> None:
        listed = list(uids)
        if not listed:
            return
        self.do("EXPUNGE", self.selected or "", listed)
        for uid in listed:
            self.here.pop(uid, None)
        for one in self.here.values() if not self.uidplus else ():
            one.flags.discard(r"\Deleted")

    def must_exist(self, folder: str) -> None:
        if folder not in self.mail:
            raise CommandRefused("[TRYCREATE] no such folder")

    def copy(self, uids: Iterable[int], folder: str) -> dict[int, int]:
        listed = list(uids)
        self.do("COPY", folder, listed)
        self.must_exist(folder)
        given = [uid for uid in listed if uid in self.here]
        return {uid: self.put(folder, self.here[uid].body, *self.here[uid].flags) for uid in given}

    def copy_all(self, uids: Iterable[int], folder: str) -> None:
        listed, before = list(uids), self.count(folder)
        self.copy(listed, folder)
        if self.count(folder) - before < len(listed):
            raise CommandRefused("it says that they are copied, and they are not there")

    def move(self, uids: Iterable[int], folder: str) -> dict[int, int]:
        listed = list(uids)
        if not self.moves:
            self.copy_all(listed, folder)
            self.delete(listed)
            return {}
        self.do("MOVE", folder, listed)
        self.must_exist(folder)
        given = {uid: self.here.pop(uid) for uid in listed if uid in self.here}
        return {uid: self.put(folder, one.body, *one.flags) for uid, one in given.items()}
