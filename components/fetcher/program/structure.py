"""Whether a message is complete by what is in it, where the size that the provider states cannot tell. Pure."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

MULTIPART = re.compile(rb"^Content-Type:[ \t]*multipart/[^;\n]*;(.*)$", re.IGNORECASE | re.MULTILINE)
# boundary="x", or in pieces (RFC 2231): boundary*0="x"; boundary*1="y", and with a star behind it percent-encoded.
QUOTED = rb'(?:[^"\\]|\\.)*'
PARAMETER = re.compile(
    rb';[ \t]*boundary(?:\*(\d{1,3}))?(\*)?[ \t]*=[ \t]*(?:"(%b)"|([^\s;"]+))|;[ \t]*[^;=" \t][^;="]*=[ \t]*"%b"'
    % (QUOTED, QUOTED),
    re.IGNORECASE,
)
LOOSE = re.compile(rb'\bboundary[ \t]*=[ \t]*(?:"([^"]+)"|([^\s;"]+))', re.IGNORECASE)  # without a semicolon before it
PARTS = 10_000  # that are looked at; no mailer makes so many, and to note millions would fill the memory
FIELD = 65_536  # bytes of a header that are looked at; more would cost more the longer it is


def boundary(header: bytes) -> bytes:
    """Of a multipart; empty of anything else."""
    found = MULTIPART.search(re.sub(rb"\n[ \t]+", b" ", header))
    pieces: dict[int, tuple[bytes, bool]] = {}
    plain = b""
    for number, star, quoted, token in PARAMETER.findall(b";" + found.group(1)) if found else ():
        value = re.sub(rb"\\(.)", rb"\1", quoted) or token
        if not value:
            continue
        if number or star:
            pieces.setdefault(int(number or 0), (value, bool(star)))
        else:
            plain = plain or value
    text = b""
    for number, (value, encoded) in sorted(pieces.items()):
        if encoded and number == 0:
            value = value.split(b"'", 2)[-1]  # the character set and the language come first
        text += unquote_to_bytes(value) if encoded else value
    if not (plain or text) and found and (loose := LOOSE.search(found.group(1))):
        return loose.group(1) or loose.group(2)
    return plain or text


class Leaf(NamedTuple):
    """A part that holds no others."""

    size: int
    blank: bool
    hollow: bool = False  # a multipart without parts, which a server may tell as one empty part


class Structure:
    """Follows the parts of a MIME message line by line: each is opened, has something in it, and is closed."""

    def __init__(self) -> None:
        self.rest = b""
        self.header: bytearray | None = bytearray()  # of the part that is read; None in its body
        self.open: list[bytes] = []  # boundaries, the innermost last
        self.delimiters: set[bytes] = set()  # lines to compare with each boundary, which are few
        self.multipart = False
        self.unclosed = False  # whether an inner multipart ends with the outer one's boundary
        self.ended = False
        self.cut = False  # whether the message ends before there is something in its last part
        self.leaves: list[Leaf] = []
        self.hollow = False  # whether a multipart is open of which no part was seen yet
        self.size: int | None = None  # the length of a leaf so far; None elsewhere
        self.blank, self.line_end = True, 0

    def feed(self, piece: bytes) -> None:
        *lines, self.rest = (self.rest + piece).split(b"\n")
        for line in lines:
            self.line(line.rstrip(b"\r"), 2 if line.endswith(b"\r") else 1)

    def line(self, line: bytes, line_end: int) -> None:
        if line.startswith(b"--") and line.rstrip() in self.delimiters and self.delimiter(line.rstrip()):
            return
        if self.header is None:
            if self.size is not None:
                self.size += len(line) + line_end
                self.blank, self.line_end = self.blank and not line.strip(), line_end
        elif line:
            if len(self.header) < FIELD:
                self.header += line[:FIELD] + b"\n"
        else:
            found = boundary(bytes(self.header))
            self.header = None
            if found:
                self.multipart = self.hollow = True  # what comes before its first part does not matter
                self.open.append(found)
                self.delimiters |= {b"--" + found, b"--" + found + b"--"}
            else:
                self.size, self.blank, self.line_end = 0, True, 0

    def delimiter(self, line: bytes) -> bool:
        for depth in range(len(self.open) - 1, -1, -1):
            if line not in (b"--" + self.open[depth], b"--" + self.open[depth] + b"--"):
                continue
            outer = depth < len(self.open) - 1
            closed = line.endswith(b"--") and line != b"--" + self.open[depth]
            self.hollow = self.hollow and (closed or outer)
            self.leaf(self.line_end)  # the last line end is the boundary's
            self.unclosed = self.unclosed or outer
            self.open = self.open[:depth] if closed else self.open[: depth + 1]
            self.header = None if closed else bytearray()
            return True
        return False

    def leaf(self, line_end: int) -> None:
        """The part that is read is over."""
        if self.endless:
            pass
        elif self.hollow:
            self.leaves.append(Leaf(0, True, True))
        elif self.header is not None:  # it has not even an empty line
            self.leaves.append(Leaf(0, True))
        elif self.size is not None:
            self.leaves.append(Leaf(self.size - line_end, self.blank))
        self.size, self.hollow = None, False

    def end(self) -> None:
        if self.rest:
            rest, self.rest = self.rest, b""
            self.line(rest.rstrip(b"\r"), len(rest) - len(rest.rstrip(b"\r")))
        if self.open and not self.ended:
            self.cut = self.header is not None or (self.size is not None and self.blank)
            self.leaf(0)
        self.ended = True

    @property
    def endless(self) -> bool:
        """Whether there are more parts than are looked at, so that nothing is known of the message."""
        return len(self.leaves) > PARTS

    @property
    def complete(self) -> bool:
        """Whether all parts of a multipart message are there; of any other nothing is known."""
        self.end()
        blank = any(leaf.blank for leaf in self.leaves)
        return self.multipart and not self.open and not self.unclosed and not blank and not self.endless

    def agrees(self, told: list[int]) -> bool:
        """Whether what looks incomplete in a multipart message is so in the provider's structure of it, too.

        A part may be empty: the text of a photo that is sent from a phone. Some mailers close no boundary, and some
        make a multipart without parts.
        """
        self.end()
        every = self.unclosed or bool(self.open)  # not only what is blank
        slack = 0 if self.open else 2

        def same(leaves: list[Leaf]) -> bool:
            return len(leaves) == len(told) and not any(
                abs(leaf.size - size) > slack for leaf, size in zip(leaves, told) if every or leaf.blank
            )

        filled = [leaf for leaf in self.leaves if not leaf.hollow]
        return self.multipart and not self.cut and (same(self.leaves) or same(filled))
