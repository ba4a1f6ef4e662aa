"""An IMAP session at the provider, as small as the courier needs it."""

from __future__ import annotations

import imaplib
import re
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Callable

import reasons
from credentials import Pair
from options import Endpoint
from relay import tune

PIECE = 1 << 20  # messages pass through in pieces: memory does not grow with their size

imaplib._MAXLINE = 10_000_000  # type: ignore[attr-defined] # a SEARCH over a large folder answers in one line


class Provider:
    """An IMAP session at the provider."""

    def __init__(self, endpoint: Endpoint, pair: Pair) -> None:
        self.endpoint = endpoint
        try:
            self.imap = imaplib.IMAP4_SSL(*endpoint, ssl_context=ssl.create_default_context(), timeout=60)
        except ssl.SSLCertVerificationError as problem:
            raise OSError(reasons.certificate_refused(problem.verify_message)) from None
        except OSError as problem:
            reason = "timed out" if isinstance(problem, socket.timeout) else problem.strerror or problem
            raise OSError(reasons.cannot_connect(endpoint, reason)) from None
        except imaplib.IMAP4.error as problem:
            raise self.lost(problem) from problem
        tune(self.imap.socket())
        try:
            self.login(*pair)
            self.imap.capability()  # after login the list is longer
            answer = self.imap.capability()[1][0]
        except (OSError, imaplib.IMAP4.abort) as problem:
            raise self.lost(problem) from problem
        except imaplib.IMAP4.error as problem:
            raise imaplib.IMAP4.error(reasons.login_refused(reasons.provider_answered(problem))) from None
        self.capabilities = answer.decode("ascii", "replace").upper().split()
        self.validity = b""
        self.keywords = False

    def login(self, address: str, password: str) -> None:
        if "AUTH=PLAIN" in self.imap.capabilities:
            self.imap.authenticate("PLAIN", lambda _: f"\0{address}\0{password}".encode())
        else:
            self.imap._encoding = "utf-8"  # type: ignore[attr-defined]
            self.imap.login(address, password)

    def __enter__(self) -> Provider:
        return self

    def __exit__(self, _: type[BaseException] | None, problem: BaseException | None, __: TracebackType | None) -> None:
        lost = isinstance(problem, (OSError, imaplib.IMAP4.abort))
        try:
            self.imap.shutdown() if lost else self.imap.logout()
        except (OSError, imaplib.IMAP4.error):
            pass
        if lost:
            raise self.lost(problem) from problem
        if isinstance(problem, imaplib.IMAP4.error):
            raise imaplib.IMAP4.error(reasons.provider_answered(problem)) from problem

    def lost(self, problem: BaseException | None) -> OSError:
        """What to say of a connection that broke."""
        reason = "timed out" if isinstance(problem, socket.timeout) else problem
        return OSError(reasons.connection_lost(self.endpoint, reason))

    def ok(self, answer: tuple[str, list[Any]]) -> list[Any]:
        kind, data = answer
        if kind != "OK":
            raise imaplib.IMAP4.error(data[-1].decode("utf-8", "replace") if data and data[-1] else kind)
        return data

    def uid(self, *command: Any) -> list[Any]:
        return self.ok(self.imap.uid(*command))

    def path(self, folder: str) -> str:
        """Where a folder of ours lives: under the provider's personal prefix, if it has one."""
        kind, data = self.imap.namespace() if "NAMESPACE" in self.capabilities else ("NO", [None])
        prefix = re.match(rb'\(\("([^"]*)"', data[0] or b"") if kind == "OK" else None
        return (prefix.group(1).decode("ascii", "replace") if prefix else "") + folder

    def exists(self, folder: str) -> bool:
        return self.imap.status(f'"{folder}"', "(MESSAGES)")[0] == "OK"

    def create(self, folder: str) -> None:
        if not self.exists(folder):
            self.imap.create(f'"{folder}"')  # a second fetcher may have been quicker: the next command tells

    def select(self, folder: str) -> None:
        self.ok(self.imap.select(f'"{folder}"'))
        flags = self.imap.response("PERMANENTFLAGS")[1]
        self.keywords = bool(flags and flags[0] and rb"\*" in flags[0])
        self.validity = (self.imap.response("UIDVALIDITY")[1] or [b""])[0]

    def search(self, *criteria: str) -> list[bytes]:
        data: bytes = self.uid("SEARCH", *criteria)[0] or b""
        return data.split()

    def news(self) -> bool:
        """Whether the provider spoke of the folder's size since this was last asked."""
        return self.imap.response("EXISTS")[1] != [None]

    def part(self, uid: bytes, what: str) -> bytes | None:
        """One part of a message; b"" when it is empty, None when the message is gone."""
        for item in self.uid("FETCH", uid, f"(BODY.PEEK[{what}])" if "<" not in what else f"(BODY.PEEK{what})"):
            if isinstance(item, tuple):
                text: bytes = item[1]
                return text
            if item and re.search(rb'BODY\[.*("")|NIL', item):
                return b""
        return None

    def size(self, uid: bytes) -> int | None:
        for item in self.uid("FETCH", uid, "(RFC822.SIZE)"):
            found = re.search(rb"RFC822\.SIZE (\d+)", item[0] if isinstance(item, tuple) else item or b"")
            if found:
                return int(found.group(1))
        return None

    def pieces(self, uid: bytes) -> Iterator[bytes]:
        start = 0
        while True:
            piece = self.part(uid, f"[]<{start}.{PIECE}>")
            if piece is None:
                raise imaplib.IMAP4.error("no such message")
            if piece:
                yield piece
            if len(piece) < PIECE:
                return
            start += len(piece)

    def delete(self, uid: bytes) -> None:
        self.uid("STORE", uid, "+FLAGS.SILENT", r"(\Deleted)")
        if "UIDPLUS" in self.capabilities:
            self.uid("EXPUNGE", uid)
        else:
            self.ok(self.imap.expunge())

    def move(self, uid: bytes, folder: str) -> None:
        self.create(folder)
        if "MOVE" in self.capabilities:
            self.uid("MOVE", uid, f'"{folder}"')
        else:
            self.uid("COPY", uid, f'"{folder}"')
            self.delete(uid)

    def idle(self, seconds: float, stop: threading.Event, changed: Callable[[], bool]) -> None:
        """Waits until the folder changes, `seconds` pass, `stop` is set, or `changed()`."""
        if "IDLE" not in self.capabilities:
            stop.wait(min(seconds, 30))
            self.ok(self.imap.noop())
            return
        tag = self.imap._new_tag()
        self.imap.send(tag + b" IDLE\r\n")
        sock, until, news = self.imap.socket(), time.monotonic() + seconds, False
        sock.settimeout(1)
        heard = b""
        try:
            while not news and time.monotonic() < until and not stop.is_set() and not changed():
                try:
                    data = sock.recv(65536)  # readline() would lose what it has read when the time is up
                except (socket.timeout, ssl.SSLWantReadError):
                    continue
                if not data:
                    raise OSError("the provider hung up")
                heard += data
                news = b" EXISTS" in heard or b" BYE" in heard
        finally:
            sock.settimeout(60)
        self.imap.send(b"DONE\r\n")
        while not re.search(rb"(^|\n)" + tag + rb" [^\n]*\n", heard):
            data = sock.recv(65536)
            if not data:
                raise OSError("the provider hung up")
            heard += data
