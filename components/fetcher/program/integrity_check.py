"""Whether a message is whole and unaltered, before the mail server sees its end. Pure.

On fetchmail's way the message is looked at as it passes through the proxy; on the direct one as the provider gives it.
The rule for sizes, with the reports that it rests on, is in docs/explanation/fetching.md.
"""

from __future__ import annotations

import hashlib
import re

SLIGHTLY = 16  # bytes by which providers were seen to be wrong about a size
ESTIMATED = 4  # what is missing may be so large a part (a quarter) of a size that is a guess, as Exchange's is


def line_ends(data: bytes, last: bytes) -> int:
    """How many CRLF there are, one that began in the piece before included."""
    return data.count(b"\r\n") + (last == b"\r" and data.startswith(b"\n"))


class Tally:
    """What was given of a message so far."""

    def __init__(self) -> None:
        self.bytes = self.lines = 0
        self.given = False  # whether there was an answer other than NIL
        self.tail = b""
        self.header: int | None = None  # its length, once it is over
        self.hash = hashlib.sha256()

    def feed(self, piece: bytes) -> None:
        self.given = True
        self.lines += line_ends(piece, self.tail[-1:])
        if self.header is None:
            end = (self.tail + piece).find(b"\r\n\r\n")
            self.header = self.bytes - len(self.tail) + end + 4 if end >= 0 else None
        self.bytes += len(piece)
        self.tail = (self.tail + piece)[-4:]
        self.hash.update(piece)

    def whole(self, announced: int | None) -> bool:
        """Whether nothing is missing for certain."""
        if announced:
            return self.bytes >= announced
        return self.bytes > 0 or (announced == 0 and self.given)

    def slightly_short(self, announced: int | None) -> bool:
        """Whether it may be the announced size that is wrong: by a few bytes, or by one for each line end."""
        missing = (announced or 0) - self.bytes
        few = 0 < missing <= SLIGHTLY or 0 <= missing - self.lines <= 2
        if self.header in (None, self.bytes):  # where there is no body at all, what is missing may be one: "Yes!"
            few = 0 < missing <= 2
        return self.bytes > 0 and few and self.tail.endswith(b"\n")

    def roughly(self, announced: int | None) -> bool:
        """Whether the announced size may be a guess; only the message itself can tell then."""
        missing = (announced or 0) - self.bytes
        return self.header is not None and 0 < missing * ESTIMATED <= (announced or 0)


RECEIVED = re.compile(rb"Received: from [^\r\n]*\r\n\tby [^\r\n]*\(fetchmail-[^\r\n]*\r\n\tfor [^\r\n]*\r\n(?![ \t])")
BARE_CR = re.compile(rb"\r(?!\n)")


class PassingMessage:
    """A message on its way from fetchmail 6.4.37 to the mail server.

    fetchmail puts a Received header on top and takes the Return-Path away, which it names in MAIL FROM. All else must
    be what the provider has, so what passes may not be shorter than the size that fetchmail names there, which is the
    provider's. Known to come out altered, and held back as well: body lines of 8191 bytes and more (cut, with a NUL
    and a stray byte between the pieces), header lines that begin with a dot (they lose it), a first header line that
    is folded (it becomes part of the Received header), a header that does not end in a line end (it gets IMAP's
    closing bracket) and one with a CR alone.
    """

    LONG = 8190
    TOP = 1024  # the Received header ends before that

    def __init__(self, size: int | None, sender: str) -> None:
        self.size, self.returned = size, len(f"Return-Path: <{sender}>\r\n")
        self.top, self.received = b"", 0
        self.tail = b"\r\n"
        self.in_header, self.bracket = True, False
        self.after = b""  # how the body begins
        self.length = 0

    def feed(self, data: bytes) -> tuple[int | None, bool]:
        """Returns (offset just after the end of the message or None, whether the message must be held back)."""
        window = self.tail + data
        end = window.find(b"\r\n.\r\n")
        seen = window if end < 0 else window[: end + 2]
        fresh = seen[len(self.tail) :]
        spoiled = b"\0" in seen or max(map(len, seen.split(b"\n"))) >= self.LONG
        self.count(fresh, seen)
        if not self.received:
            self.top += fresh
        if not self.received and (end >= 0 or len(self.top) >= self.TOP):
            found = RECEIVED.match(self.top)
            self.received = len(found.group()) if found else -1
            spoiled = spoiled or not found
        if self.in_header:
            spoiled = self.header(seen, window) or spoiled
        else:
            self.after = (self.after + data)[:3]
        keep = max(len(window) - self.LONG, window.rfind(b"\n") - 3, 0)
        if end < 0:
            self.tail = window[keep:]
            return None, spoiled
        return end + 5 - len(self.tail), spoiled or self.short() or (self.after == b".\r\n" and self.lengthened())

    def count(self, fresh: bytes, seen: bytes) -> None:
        """The dots that SMTP doubles do not count, nor what turns out to be of the end."""
        self.length -= max(len(self.tail) - len(seen) - 1, 0)
        before = seen[: len(seen) - len(fresh)][-1:]
        doubled = fresh.count(b"\n.") + (before == b"\n" and fresh.startswith(b"."))
        self.length += len(fresh) - doubled

    def header(self, seen: bytes, window: bytes) -> bool:
        blank = seen.find(b"\r\n\r\n")
        header = seen if blank < 0 else seen[: blank + 2]
        if blank >= 0:
            self.in_header, self.after = False, window[blank + 4 : blank + 7]
            self.bracket = header.endswith(b")\r\n")
        bare = BARE_CR.search(header.removesuffix(b"\r"))  # the piece may end in the middle of a line end
        return b"\n." in header or bare is not None

    @property
    def passed(self) -> int:
        """How many bytes of the provider's have passed."""
        return self.length - max(self.received, 0) + self.returned

    def short(self) -> bool:
        return self.size is None or self.passed < self.size

    def lengthened(self) -> bool:
        """Whether a header without a body got IMAP's bracket, or the empty line that it did not have."""
        return self.bracket or self.passed != self.size
