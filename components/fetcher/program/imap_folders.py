"""The provider's folders in an IMAP connection: which there are, how many messages they have, and which one is open."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import Any

import folder_names
from fetch_response import Message, merged, number, parse
from folder_names import listed, namespace, quoted, spelled
from folders import FETCHED, Layout, TooMuch, uids_found
from imap_connection import CommandRefused, ImapConnection

PART = 1000  # messages that are asked for at once
FIRST = 100_000  # messages that are searched at once, if those of the whole folder are too many
TRUSTED = 600.0  # seconds for which a folder that was opened and found empty is believed to be, if the provider says so


class ImapFolders(ImapConnection):
    selected: str | None = None
    validity, keywords, marks = b"", False, False
    next_uid = 0  # of the selected folder, when it was selected; 0 where the provider does not tell
    there = 0  # messages in it, as the provider last said

    def call(self, method: str, *args: Any) -> list[Any]:
        data = super().call(method, *args)
        if method == "uid":
            told = self.imap.untagged_responses.pop("UIDVALIDITY", None)
            if told and self.validity and told[-1] != self.validity:
                raise self.lost(OSError(f"{self.selected} was made anew while it was open"))
        return data

    def layout(self, suffix: str) -> Layout:
        """Where the fetcher's folders are: under the personal namespace's prefix, if there is one."""
        if "NAMESPACE" in self.capabilities:
            with contextlib.suppress(CommandRefused):
                if found := namespace(self.call("namespace")):
                    return Layout(*found, suffix)
        for name in ("", "INBOX"):
            with contextlib.suppress(CommandRefused):
                if root := listed(self.call("list", '""', quoted(name))):
                    return Layout("", root[0].separator, suffix)
        return Layout("", "/", suffix)

    def folders(self, pattern: str) -> list[str]:
        """Those that can be opened: of a deleted folder with folders in it, some go on telling the name."""
        found = listed(self.call("list", '""', quoted(pattern)))
        return list(dict.fromkeys(each.name for each in found if each.usable))

    def exists(self, folder: str) -> bool:
        try:
            return spelled(folder) in map(spelled, self.folders(folder))
        except CommandRefused:  # no LIST: then it is seen when the folder is used
            return self.answers(folder)

    def answers(self, folder: str) -> bool:
        """Whether it is there, though the provider does not list it."""
        with contextlib.suppress(CommandRefused):
            self.messages(folder)
            return True
        return False

    def create(self, folder: str) -> bool:
        """Makes a folder unless it is there; returns whether it was made."""
        if self.exists(folder):
            return False
        try:
            self.call("create", quoted(folder))
            return True
        except CommandRefused:
            if self.exists(folder) or self.answers(folder):  # somebody else was quicker, or it is listed otherwise
                return False
            raise

    def remove(self, folder: str) -> None:
        if self.selected == folder:
            self.selected = None
        self.call("delete", quoted(folder))

    def close_folder(self) -> None:
        """Some refuse to delete the folder that is open: another one is opened instead."""
        if self.selected != "INBOX":
            self.select("INBOX")

    def append(self, folder: str, message: bytes) -> None:
        self.call("append", quoted(folder), None, None, message)

    def messages(self, folder: str) -> int:
        """How many messages a folder that is not open has, as the provider says."""
        found = folder_names.messages(self.call("status", quoted(folder), "(MESSAGES)"), folder)
        return 1 if found is None else found  # not understood: there may be some

    def count(self, folder: str) -> int:
        """The same, but no folder is empty only because it is said to be: what is in one would wait there for ever."""
        with contextlib.suppress(CommandRefused):
            told = self.messages(folder)
            if told or time.monotonic() < self.found_empty.get(folder, 0.0) + TRUSTED:
                return told
        found = self.counted(folder)
        if not found:
            self.found_empty[folder] = time.monotonic()
        return found

    def counted(self, folder: str) -> int:
        """By opening it; the folder that was open is open again then."""
        before = self.selected
        try:
            self.select(folder)
            return len(self.search("ALL"))
        finally:
            if before:
                self.select(before)

    @property
    def found_empty(self) -> dict[str, float]:
        found: dict[str, float] = self.__dict__.setdefault("_found_empty", {})
        return found

    def select(self, folder: str) -> None:
        self.selected = None
        try:
            self.call("select", quoted(folder))
        except CommandRefused:
            if "ID" not in self.capabilities:
                raise
            # 163.com and its like open a folder only for a client that has said its name (RFC 2971).
            self.capabilities.remove("ID")
            with contextlib.suppress(CommandRefused):
                self.call("xatom", "ID", '("name" "homelab-mail")')
            self.call("select", quoted(folder))
        self.selected = folder
        permanent = self.imap.response("PERMANENTFLAGS")[1]
        known = self.imap.response("FLAGS")[1]
        self.keywords = bool(permanent and permanent[0] and rb"\*" in permanent[0])
        self.marks = any(FETCHED.encode() in flags for flags in [*permanent, *known] if flags)
        self.validity = (self.imap.response("UIDVALIDITY")[1] or [b""])[0] or b""
        self.next_uid = number((self.imap.response("UIDNEXT")[1] or [None])[0]) or 0
        self.there = 0
        self.news()  # how many there are is no news: whoever opens a folder searches it then

    def search(self, *criteria: str) -> list[int]:
        """UIDs of the open folder."""
        found = self.uid("SEARCH", *criteria)
        uids = uids_found([*found, *self.imap.untagged_responses.pop("ESEARCH", [])])
        return sorted(uids if uids or criteria != ("ALL",) else self.not_found())

    def first(self, *criteria: str) -> list[int]:
        """The same; of so many that they would fill the memory the first ones, for the others have their turn later."""
        with contextlib.suppress(TooMuch):
            return self.search(*criteria)
        found: list[int] = []
        for part in self.parts(FIRST):
            found += self.search(part, *criteria)
            if len(found) >= FIRST:  # a few of them may be stuck, and must not hide the others
                break
        return found

    def not_found(self) -> set[int]:
        """What a search does not find, and the provider says is there: nobody would ever come to know of it."""
        uids = set[int]()
        with contextlib.suppress(CommandRefused):
            uids.update(each.uid for each in self.by_number("(UID)") if each.uid)
        self.there = len(uids)
        return uids

    def by_number(self, items: str) -> Iterator[Message]:
        """What the provider says of each message of the open folder, asked for by its number, so without a search."""
        for part in self.parts(PART):
            try:
                data = self.call("fetch", part, items)
            except CommandRefused as refusal:
                if not refusal.bad or part.endswith("*"):
                    raise
                # So many are gone by now that some of these numbers are, too.
                part = f"{part.partition(':')[0]}:*"
                data = self.call("fetch", part, items)
            try:
                yield from merged(parse(data))
            except (TooMuch, RecursionError) as problem:
                raise CommandRefused(f"what makes no sense: {problem}") from None
            if part.endswith("*"):
                return

    def parts(self, size: int) -> Iterator[str]:
        """All messages of the open folder, by number."""
        last = self.imap.untagged_responses.get("EXISTS")
        there = (number(last[-1]) if last else self.there) or 0
        for start in range(1, there + 1, size):
            # The last part is open: what is gone meanwhile makes another number one that there is not.
            yield f"{start}:{start + size - 1 if start + size <= there else '*'}"

    def news(self) -> bool:
        """Whether the provider spoke of the folder's size since this was last asked."""
        told = self.imap.response("EXISTS")[1]
        if told[-1] is None:
            return False
        self.there = number(told[-1]) or 0
        return True
