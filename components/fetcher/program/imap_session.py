"""An IMAP session at the provider: what the fetcher needs of IMAP, with answers matched by UID and item."""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import imaplib
import re
import socket
import ssl
import threading
import time
from collections.abc import Iterable, Iterator
from typing import Callable

import fetch_response
from credentials import Login
from fetch_response import Message
from folders import FETCHED, Layout, copied_uids, internal_date, listed, namespace, quoted, uid_set
from imap_connection import CommandRefused, ImapConnection, SessionLost, words
from options import Endpoint

PIECE = 1 << 20  # messages pass through in pieces: memory does not grow with their size


class ImapSession(ImapConnection):
    def __init__(self, endpoint: Endpoint, login: Login) -> None:
        super().__init__(endpoint, login)
        self.selected: str | None = None
        self.validity, self.keywords, self.marks = b"", False, False
        self.next_uid = 0  # of the selected folder, when it was selected; 0 where the provider does not tell

    def __enter__(self) -> ImapSession:
        return self

    # Folders

    def layout(self, suffix: str) -> Layout:
        """Where the fetcher's folders are: under the personal namespace's prefix, if there is one."""
        found = None
        if "NAMESPACE" in self.capabilities:
            with contextlib.suppress(CommandRefused):
                found = namespace(self.call("namespace"))
        if found is None:
            root = listed(self.call("list", '""', '""'))
            found = ("", root[0][0] if root else "/")
        return Layout(found[0], found[1], suffix)

    def folders(self, pattern: str) -> list[str]:
        return [name for _, name in listed(self.call("list", '""', quoted(pattern)))]

    def exists(self, folder: str) -> bool:
        return folder in self.folders(folder)

    def create(self, folder: str) -> bool:
        """Makes a folder unless it is there; returns whether it was made."""
        if self.exists(folder):
            return False
        try:
            self.call("create", quoted(folder))
            return True
        except CommandRefused:
            if self.exists(folder):  # somebody else was quicker
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

    def count(self, folder: str) -> int:
        """How many messages a folder that is not selected has."""
        found = re.search(r"MESSAGES\s+(\d+)", words(self.call("status", quoted(folder), "(MESSAGES)")))
        return int(found.group(1)) if found else 1  # not understood: there may be some

    def select(self, folder: str) -> None:
        self.selected = None
        self.call("select", quoted(folder))
        self.selected = folder
        permanent = self.imap.response("PERMANENTFLAGS")[1]
        known = self.imap.response("FLAGS")[1]
        self.keywords = bool(permanent and permanent[0] and rb"\*" in permanent[0])
        self.marks = any(FETCHED.encode() in flags for flags in [*permanent, *known] if flags)
        self.validity = (self.imap.response("UIDVALIDITY")[1] or [b""])[0] or b""
        self.next_uid = fetch_response.number((self.imap.response("UIDNEXT")[1] or [None])[0]) or 0

    # Messages of the selected folder

    def search(self, *criteria: str) -> list[int]:
        return sorted(int(uid) for line in self.uid("SEARCH", *criteria) for uid in (line or b"").split())

    def news(self) -> bool:
        """Whether the provider spoke of the folder's size since this was last asked."""
        return self.imap.response("EXISTS")[1] != [None]

    def fetch(self, uids: str, items: str) -> list[Message]:
        return fetch_response.parse(self.uid("FETCH", uids, items))

    def received(self, uid: int) -> datetime.datetime | None:
        """When the provider received a message, by its own clock."""
        for message in self.fetch(str(uid), "(UID INTERNALDATE)") if uid else ():
            if message.uid == uid and "INTERNALDATE" in message.items:
                return internal_date(message.items["INTERNALDATE"])
        return None

    def halves(self, uid: int, size: int | None) -> Iterator[bytes]:
        """The same message by other commands."""
        for section in ("HEADER", "TEXT"):
            yield from self.pieces(uid, size, section)

    def leaves(self, uid: int) -> list[int] | None:
        """The lengths of a message's parts, as the provider's structure of it has them."""
        for message in self.fetch(str(uid), "(UID BODYSTRUCTURE)"):
            if message.uid == uid and "BODYSTRUCTURE" in message.items:
                return fetch_response.leaves(message.items["BODYSTRUCTURE"])
        return None

    def pieces(self, uid: int, size: int | None, section: str = "") -> Iterator[bytes]:
        """A message as the provider gives it, asked for until there is no more."""
        start, first = 0, b""
        while True:
            try:
                data = self.uid("FETCH", str(uid), f"(BODY.PEEK[{section}]<{start}.{PIECE}>)")
            except CommandRefused:
                if start and start >= (size or 1):
                    return  # there is nothing behind the end
                raise
            piece = fetch_response.piece(data, uid, start, section)
            if piece is None or (start and not piece):
                return  # NIL is nothing at all; an empty string may be a whole message, if it is the first
            digest = hashlib.sha256(piece).digest()
            if start and digest == first:
                return  # some give the whole message, whatever piece they are asked for
            yield piece
            first = first or digest
            start += len(piece)
            if not piece or start == size or len(piece) > PIECE:
                return

    def store(self, uids: Iterable[int], change: str, flags: str) -> None:
        self.uid("STORE", uid_set(uids), f"{change}.SILENT", f"({flags})")

    def delete(self, uids: Iterable[int]) -> None:
        """Only these, also where EXPUNGE takes every message that somebody has flagged."""
        ours = set(uids)
        if not ours:
            return
        self.store(ours, "+FLAGS", r"\Deleted")
        if "UIDPLUS" in self.capabilities:
            self.uid("EXPUNGE", uid_set(ours))
            return
        others = set(self.search("DELETED")) - ours
        if others:
            self.store(others, "-FLAGS", r"\Deleted")
        self.call("expunge")

    def copy(self, uids: Iterable[int], folder: str) -> dict[int, int]:
        """Returns the UIDs of the copies where the provider tells them (RFC 4315), by those of the originals."""
        self.imap.response("COPYUID")
        self.uid("COPY", uid_set(uids), quoted(folder))
        return copied_uids(self.imap.response("COPYUID")[1])

    def copy_all(self, uids: Iterable[int], folder: str) -> None:
        """Where the originals are deleted then: some say OK to a copy that they have made of a part only."""
        given = list(uids)
        before = self.count(folder)
        self.copy(given, folder)
        made = self.count(folder) - before
        if made < len(given):
            raise CommandRefused(f"it says that {len(given)} are copied, and {made} are there")

    @property
    def moves(self) -> bool:
        return "MOVE" in self.capabilities

    @property
    def expunges_at_once(self) -> bool:
        """Whether it is Gmail, which takes a message away, and renumbers, as soon as it bears the flag for deletion."""
        return "X-GM-EXT-1" in self.capabilities

    def move(self, uids: Iterable[int], folder: str) -> dict[int, int]:
        """Returns the new UIDs, as `copy` does."""
        given = list(uids)
        if not self.moves:
            self.copy_all(given, folder)
            self.delete(given)
            return {}
        self.imap.response("COPYUID")
        self.uid("MOVE", uid_set(given), quoted(folder))
        return copied_uids(self.imap.response("COPYUID")[1])

    def idle(self, seconds: float, stop: threading.Event, changed: Callable[[], bool]) -> None:
        """Waits until the folder changes, `seconds` pass, `stop` is set, or `changed()`."""
        if "IDLE" not in self.capabilities:
            until = time.monotonic() + min(seconds, 30)
            while time.monotonic() < until and not stop.wait(min(1, seconds)) and not changed():
                pass
            self.call("noop")
            return
        try:
            self.wait_in_idle(seconds, stop, changed)
        except (OSError, imaplib.IMAP4.abort) as problem:
            raise problem if isinstance(problem, SessionLost) else self.lost(problem) from problem

    def wait_in_idle(self, seconds: float, stop: threading.Event, changed: Callable[[], bool]) -> None:
        tag = self.imap._new_tag()
        self.imap.send(tag + b" IDLE\r\n")
        sock, until, news = self.imap.socket(), time.monotonic() + seconds, False
        sock.settimeout(1)
        heard = b""
        ended = re.compile(rb"(^|\n)" + tag + rb" ([^\n]*)\n")
        try:
            while not news and time.monotonic() < until and not stop.is_set() and not changed():
                try:
                    data = sock.recv(65536)  # readline() would lose what it has read when the time is up
                except (socket.timeout, ssl.SSLWantReadError):
                    continue
                if not data:
                    raise OSError(self.bye(heard) or "the provider hung up")
                heard += data
                news = b" EXISTS" in heard or b" BYE" in heard or ended.search(heard) is not None
        finally:
            sock.settimeout(60)
        if not ended.search(heard):
            self.imap.send(b"DONE\r\n")
        while not ended.search(heard):
            data = sock.recv(65536)
            if not data:
                raise OSError(self.bye(heard) or "the provider hung up")
            heard += data
        answer = ended.search(heard)
        if answer and not answer.group(2).upper().startswith(b"OK"):
            # It says that it waits and does not: from now on it is asked every half minute.
            self.capabilities = [name for name in self.capabilities if name != "IDLE"]

    @staticmethod
    def bye(heard: bytes) -> str:
        found = re.search(rb"(?:^|\n)\* BYE ([^\r\n]*)", heard)
        return found.group(1).decode("utf-8", "replace") if found else ""
