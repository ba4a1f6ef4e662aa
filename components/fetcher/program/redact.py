"""Makes somebody else's words fit for the log: one short line without addresses or secrets, in whatever form."""

from __future__ import annotations

import base64
import binascii
import functools
import html
import re
from collections.abc import Iterable

HIDDEN = "<hidden>"
# A login command that a server repeats, whole or cut short: all of its arguments go.
LOGIN = re.compile(r'\b((?i:LOGIN))\s+(?:(?:<hidden>|\S+@\S+)?\s*["{].*|(?<=LOGIN )(?:<hidden>|\S+@\S+)\s.*)')
AUTH = re.compile(r"\b(AUTH(?:ENTICATE)?\s+(?:PLAIN|LOGIN|XOAUTH2|OAUTHBEARER|CRAM-MD5))\s+\S+", re.IGNORECASE)
TOKEN = re.compile(r"[A-Za-z0-9+/_-]{8,}={0,2}")
PIECE = 5  # bytes
CUT = 8  # characters of a password that is cut
LONGEST = 100  # characters of it beyond these; more would be too deep for a regular expression
READ = 50_000  # characters
LOOKED_AT = 2_000  # characters, once the secrets are hidden: a server may say as much as it likes, and it takes time
LIKE_AN_ADDRESS = re.compile(r"[^@\s]+@[a-z0-9.-]+\.[a-z]{2,}", re.IGNORECASE)  # a part of one is in many host names
ADDRESS = re.compile(r"<?[^\s<>]*@[^\s<>]*>?")


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def written(character: str) -> str:
    """A pattern for a character as it is, with a backslash, in a URL, in JSON, in HTML, and with its UTF-8 as Latin-1.

    No two ways begin alike, or a text that is nearly a secret would be tried in each combination of them.
    """
    data, wide = character.encode(), character.encode("utf-16-be").hex()
    ways = [
        rf"\\?{re.escape(character)}",
        "(?i:" + "".join(rf"(?:%(?:25)?|=){byte:02x}" for byte in data) + ")",
        "(?i:" + "".join(rf"\\u{wide[at : at + 4]}" for at in range(0, len(wide), 4)) + ")",
        rf"(?i:&#0*{ord(character)};|&#x0*{ord(character):x};)",
    ]
    others = {data.decode("latin-1"), html.escape(character), "+" if character == " " else character} - {character}
    return f"(?:{'|'.join([*ways, *map(re.escape, others)])})"


@functools.lru_cache(maxsize=32)
def pattern(secret: str) -> re.Pattern[str]:
    """Finds a secret in whatever form and, of a password, a beginning or an end that is too long to be an accident."""
    pieces = list(map(written, secret))
    ways = ["".join(pieces)]
    if len(secret) > CUT and not LIKE_AN_ADDRESS.fullmatch(secret):
        beginning = end = ""
        for piece in reversed(pieces[CUT : CUT + LONGEST]):
            beginning = f"(?:{piece}{beginning})?"
        for piece in pieces[:-CUT][-LONGEST:]:
            end = f"(?:{end}{piece})?"
        ways += ["".join(pieces[:CUT]) + beginning, end + "".join(pieces[-CUT:])]
    ways += map(re.escape, (encoded(secret), encoded(secret).rstrip("=")))
    # A short secret is hidden as it is written only: as any letters, it would take whole words with it.
    return re.compile("|".join(ways), re.IGNORECASE if len(secret) > 3 else 0)


def decoded(token: str) -> bytes:
    plain = token.rstrip("=").replace("-", "+").replace("_", "/")
    plain = plain[: len(plain) - 1] if len(plain) % 4 == 1 else plain
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4))
    except (binascii.Error, ValueError):
        return b""


def parts(secrets: Iterable[str]) -> set[bytes]:
    """What gives a secret away: any piece of it that is long enough to be no accident."""
    whole = [secret.encode() for secret in secrets if len(secret) > 3]
    return {secret[at : at + PIECE] for secret in whole for at in range(max(len(secret) - PIECE, 0) + 1)}


def holds_secret(token: str, secrets: set[bytes]) -> bool:
    """Whether base64 text has a part of a secret in it, or begins as the answer to a login does.

    It may be cut at any place, and something else may be joined to its beginning.
    """
    whole = decoded(token)
    if whole.startswith((b"\0", b"user=", b"n,a=")) or b"auth=Bearer" in whole:
        return True
    return any(part in decoded(token[start:]) for start in range(4) for part in secrets)


def clean(text: str, secrets: Iterable[str]) -> str:
    known = tuple(filter(None, secrets))
    text = text[:READ]
    for secret in sorted(known, key=len, reverse=True):
        text = pattern(secret).sub(HIDDEN, text)
    if len(text) > LOOKED_AT:
        text = text[:LOOKED_AT].rpartition(" ")[0]  # half of a word would not be known for what it is
    text = AUTH.sub(rf"\1 {HIDDEN}", LOGIN.sub(rf"\1 {HIDDEN}", text))
    pieces = parts(known)
    text = TOKEN.sub(lambda found: HIDDEN if holds_secret(found.group(), pieces) else found.group(), text)
    text = ADDRESS.sub("<address>", re.sub(r"[^\x20-\x7e]+", "?", text))
    return text.strip()[:200]
