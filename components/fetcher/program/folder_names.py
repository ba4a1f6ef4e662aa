"""What an IMAP server says of folders: LIST, NAMESPACE and STATUS, and the spelling of a folder's name. Pure.

A name is kept byte for byte as the server gave it, each byte as a character, and goes back in the same way.
"""

from __future__ import annotations

import base64
import binascii
import re
import unicodedata
from collections.abc import Iterator
from typing import Any, NamedTuple

from fetch_response import Text, number, tokens, value


class Listed(NamedTuple):
    separator: str  # empty where folders hold no folders
    name: str
    usable: bool  # whether it can be opened


def answers(data: list[Any]) -> Iterator[list[bytes | Text]]:
    """The tokens of each response; `data` is imaplib's, in which a response with literals is several parts."""
    parts: list[Any] = []
    for part in data:
        parts.append(part)
        if not isinstance(part, tuple):
            yield list(tokens(parts))
            parts = []


def text(token: bytes | Text) -> str:
    return (token.value if isinstance(token, Text) else token).decode("latin-1")


def name(found: list[bytes | Text]) -> str:
    """A name at the beginning of these tokens; some servers write one with a space in it without quotes."""
    if not found or isinstance(found[0], Text):
        return text(found[0]) if found else ""
    end = next((n for n, token in enumerate(found) if token == b"(" or isinstance(token, Text)), len(found))
    return " ".join(map(text, found[:end]))


def listed(data: list[Any]) -> list[Listed]:
    """Each folder in the answer to LIST."""
    folders = []
    for found in answers(data):
        end = found.index(b")") if b")" in found else -1
        if found[:1] != [b"("] or end < 0 or len(found) < end + 3:
            continue
        attributes = {text(token).lower() for token in found[1:end]}
        separator = found[end + 1]
        told = "" if isinstance(separator, bytes) and separator.upper() == b"NIL" else text(separator)[-1:]
        usable = attributes.isdisjoint((r"\noselect", r"\nonexistent"))
        folders.append(Listed(told, name(found[end + 2 :]), usable))
    return folders


def namespace(data: list[Any]) -> tuple[str, str] | None:
    """(prefix, separator) of the first personal namespace in the answer to NAMESPACE, if there is one."""
    rest = tokens([part for part in data if part is not None])
    personal = value(next(rest, b"NIL"), rest)
    first = personal[0] if isinstance(personal, list) and personal else None
    if not isinstance(first, list) or not first or not isinstance(first[0], bytes) or re.search(rb"[\r\n\0]", first[0]):
        return None
    prefix = first[0].decode("latin-1")
    separator = first[1].decode("latin-1")[-1:] if len(first) > 1 and isinstance(first[1], bytes) else ""
    return (prefix + separator if prefix.upper() == "INBOX" else prefix), separator


def messages(data: list[Any], folder: str) -> int | None:
    """How many messages the answer to STATUS gives a folder; a server may speak of others as well."""
    told: dict[str, int | None] = {}
    for found in answers(data):
        start = found.index(b"(") if b"(" in found else len(found)
        items = [text(token).upper() for token in found[start + 1 :]]
        count = next((after for item, after in zip(items, items[1:]) if item == "MESSAGES"), "")
        told[spelled(name(found[:start]))] = number(count.encode("latin-1"))
    return told.get(spelled(folder), next(iter(told.values())) if len(told) == 1 else None)


def spelled(folder: str) -> str:
    """A name for comparing: some write it in UTF-8 where others use modified UTF-7, and INBOX in any case."""

    def character(found: re.Match[str]) -> str:
        coded = found.group(1).replace(",", "/")
        try:
            return base64.b64decode(coded + "=" * (-len(coded) % 4)).decode("utf-16-be") if coded else "&"
        except (binascii.Error, UnicodeDecodeError):
            return found.group()

    with_utf8 = folder.encode("latin-1", "replace").decode("utf-8", "replace")
    plain = unicodedata.normalize("NFC", re.sub(r"&([A-Za-z0-9+,]*)-", character, with_utf8))
    return re.sub(r"^inbox(?![^\W_])", "INBOX", plain, flags=re.IGNORECASE)


def quoted(folder: str) -> str:
    return '"' + folder.replace("\\", "\\\\").replace('"', '\\"') + '"'
