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


def holds_secret(token: str, secrets: tuple[str, ...]) -> bool:
    """Whether base64 text has a secret in it, or begins as the answer to a login does."""
    plain = token.rstrip("=").replace("-", "+").replace("_", "/")
    plain = plain[: len(plain) - 1] if len(plain) % 4 == 1 else plain
    try:
        decoded = base64.b64decode(plain + "=" * (-len(plain) % 4))
    except (binascii.Error, ValueError):
        return False
    begins = decoded.startswith((b"\0", b"user=", b"n,a=")) or b"auth=Bearer" in decoded
    return begins or any(len(secret) > 3 and secret.encode() in decoded for secret in secrets)


def clean(text: str, secrets: Iterable[str]) -> str:
    known = tuple(filter(None, secrets))
    for form in forms(known):
        # A short secret is hidden as it is written only: as any letters, it would take whole words with it.
        pattern = re.escape(form)
        text = re.sub(pattern, HIDDEN, text, flags=re.IGNORECASE if len(form) > 3 else 0)
    if len(text) > LOOKED_AT:
        text = text[:LOOKED_AT].rpartition(" ")[0]  # half of a word would not be known for what it is
    text = AUTH.sub(rf"\1 {HIDDEN}", LOGIN.sub(rf"\1 {HIDDEN}", text))
    text = TOKEN.sub(lambda found: HIDDEN if holds_secret(found.group(), known) else found.group(), text)
    text = ADDRESS.sub("<address>", re.sub(r"[^\x20-\x7e]+", "?", text))
    return text.strip()[:200]
