"""Makes somebody else's words fit for the log: one short line without addresses or secrets, in whatever form."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable

HIDDEN = "<hidden>"
# A login command that a server repeats, whole or cut short: all of its arguments go.
LOGIN = re.compile(r'\b((?i:LOGIN))\s+(?:(?:<hidden>|\S+@\S+)?\s*["{].*|(?<=LOGIN )(?:<hidden>|\S+@\S+)\s.*)')
AUTH = re.compile(r"\b(AUTH(?:ENTICATE)?\s+(?:PLAIN|LOGIN|XOAUTH2|OAUTHBEARER|CRAM-MD5))\s+\S+", re.IGNORECASE)
TOKEN = re.compile(r"[A-Za-z0-9+/_-]{8,}={0,2}")
PIECE = 5  # bytes
LOOKED_AT = 2_000  # characters, once the secrets are hidden: a server may say as much as it likes, and it takes time
ADDRESS = re.compile(r"<?[^\s<>]*@[^\s<>]*>?")


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def forms(secrets: Iterable[str]) -> list[str]:
    """Each secret as it is, as an IMAP quoted string, in base64, and with its UTF-8 read as Latin-1."""
    found = set()
    for secret in filter(None, secrets):
        quoted = secret.replace("\\", "\\\\").replace('"', '\\"')
        found |= {secret, quoted, encoded(secret), encoded(secret).rstrip("=")}
        found |= {text.encode().decode("latin-1") for text in (secret, quoted)}
    return sorted(found, key=len, reverse=True)


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
    for form in forms(known):
        # A short secret is hidden as it is written only: as any letters, it would take whole words with it.
        pattern = re.escape(form)
        text = re.sub(pattern, HIDDEN, text, flags=re.IGNORECASE if len(form) > 3 else 0)
    if len(text) > LOOKED_AT:
        text = text[:LOOKED_AT].rpartition(" ")[0]  # half of a word would not be known for what it is
    text = AUTH.sub(rf"\1 {HIDDEN}", LOGIN.sub(rf"\1 {HIDDEN}", text))
    pieces = parts(known)
    text = TOKEN.sub(lambda found: HIDDEN if holds_secret(found.group(), pieces) else found.group(), text)
    text = ADDRESS.sub("<address>", re.sub(r"[^\x20-\x7e]+", "?", text))
    return text.strip()[:200]
