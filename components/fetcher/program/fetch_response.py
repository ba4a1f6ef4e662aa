"""What an IMAP server answers to FETCH, taken apart item by item.

Servers may send responses nobody asked for in between (new flags, other messages), and items in any order, so that an
answer is found by its UID and its item's name, and never by a pattern over the line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple, Union

from folders import TooMuch

TOKEN = re.compile(
    rb'[ \t\r\n]*(?:(?P<bracket>[()])|"(?P<quoted>[^"\\]*(?:\\.[^"\\]*)*)"|(?P<literal>~?\{\d+\+?\}$)'
    rb'|(?P<atom>(?:[^\s()"\[]+|\[[^\]]*\])+)|(?P<open>["\[])|.)',
    re.DOTALL,
)

MOST_TEXT = 1024 * 1024  # bytes of an answer without its literals: taken apart, they take up to 50 times as many
MOST_SPECIAL = 20_000  # backslashes and brackets in it: TOKEN needs some 350 bytes for each
MOST_OPEN = 10  # quotes and brackets in it that nothing closes: for each, TOKEN looks through the rest of the line
PLAIN_NAMES = {name.encode(): name for name in ("UID", "FLAGS", "RFC822.SIZE")}
Value = Union[bytes, None, list[Any]]


class Text(NamedTuple):
    """A quoted string or a literal: never NIL, never a bracket."""

    value: bytes


class Message(NamedTuple):
    """One untagged FETCH response."""

    number: int
    items: dict[str, Value]

    @property
    def uid(self) -> int | None:
        return number(self.items.get("UID"))


def number(value: Value) -> int | None:
    return int(value) if isinstance(value, bytes) and value.isdigit() and len(value) < 20 else None


def tokens(data: list[Any]) -> Iterator[bytes | Text]:
    """`data` is imaplib's: lines, and pairs of a line up to its literal and the literal."""
    lines = [(part[0] if isinstance(part, tuple) else part) or b"" for part in data]
    text, special = sum(map(len, lines)), sum(line.count(b"\\") + line.count(b"[") for line in lines)
    if text > MOST_TEXT or special > MOST_SPECIAL:
        raise TooMuch(f"{text:,} bytes in one answer, besides literals")
    unclosed = 0
    for part, line in zip(data, lines):
        for found in TOKEN.finditer(line):
            kind = found.lastgroup
            if kind == "quoted":
                yield Text(re.sub(rb"\\(.)", rb"\1", found.group(kind)))
            elif kind in ("bracket", "atom"):
                yield found.group(kind)
            elif kind == "open":
                unclosed += 1
                if unclosed > MOST_OPEN:
                    raise TooMuch(f"more than {MOST_OPEN} quotes or brackets that nothing closes")
        if isinstance(part, tuple):
            yield Text(part[1])


def value(token: bytes | Text, rest: Iterator[bytes | Text]) -> Value:
    if isinstance(token, Text):
        return token.value
    if token == b"(":
        values: list[Value] = []
        for inner in rest:
            if inner == b")":
                break
            values.append(value(inner, rest))
        return values
    return None if token.upper() == b"NIL" else token


def item_name(written: bytes) -> str:
    """Field names may be quoted, BODY[HEADER.FIELDS ("SUBJECT")], and some repeat the name that they were asked for."""
    if written in PLAIN_NAMES:
        return PLAIN_NAMES[written]
    return written.decode("ascii", "replace").upper().replace('"', "").replace("BODY.PEEK[", "BODY[")


def merged(messages: list[Message]) -> list[Message]:
    """One for each message, with all that was said of it: a server may tell it in several responses.

    Which message a response without a UID is about is not guessed.
    """
    found: dict[int, Message] = {}
    for message in messages:
        if message.uid is not None:
            found.setdefault(message.uid, Message(message.number, {})).items.update(message.items)
    return list(found.values())


def parse(data: list[Any]) -> list[Message]:
    """Every message that the data speaks of; what makes no sense is passed over."""
    messages, rest = [], tokens(data)
    for token in rest:
        if isinstance(token, Text) or number(token) is None or next(rest, b")") != b"(":
            continue
        items: dict[str, Value] = {}
        for name in rest:
            if name == b")":
                break
            given = next(rest, b")")
            if isinstance(name, bytes):
                items[item_name(name)] = value(given, rest)
        messages.append(Message(int(token), items))
    return messages


def leaves(structure: Value) -> list[int] | None:
    """The lengths of all parts that hold no others, in a BODYSTRUCTURE; None for one that makes no sense."""
    if not isinstance(structure, list) or not structure:
        return None
    if not isinstance(structure[0], list):
        if structure[0] is None:  # a multipart without parts
            return []
        size = number(structure[6]) if len(structure) > 6 else None
        return None if size is None else [size]
    found: list[int] = []
    for part in structure:
        if not isinstance(part, list):  # the multipart's own name
            break
        inner = leaves(part)
        if inner is None:
            return None
        found += inner
    return found


WHOLE = {"": "RFC822", "HEADER": "RFC822.HEADER", "TEXT": "RFC822.TEXT"}


def piece(messages: list[Message], uid: int, start: int, section: str = "", from_start: bool = False) -> bytes | None:
    """What is given of a message from `start` on; None for NIL, and when nothing is said of it.

    Some servers name a piece by origin and length, others know no pieces and give the whole message, of which
    `from_start` says that what comes before is left out already.
    """
    for message in messages:
        for name, given in message.items.items():
            if message.uid != uid or not isinstance(given, bytes):
                continue
            if re.fullmatch(rf"BODY\[{section}\]<{start}(\.\d+)?>", name):
                return given
            if name in (f"BODY[{section}]", WHOLE[section]):
                return given if from_start else given[start:]
    return None
