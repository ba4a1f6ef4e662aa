"""Whether an issuer has signed a token, with RS256 as Pocket ID does (RFC 7518, 3.3; RFC 8017, 8.2.2)."""

import base64
import hashlib
import json

SHA256 = bytes.fromhex("3031300d060960864801650304020105000420")  # what says in the signature which hash it is


def decoded(text):
    """Refuses what is not in canonical form, as the server does: unused bits that are set are enough."""
    value = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if base64.urlsafe_b64encode(value).rstrip(b"=").decode() != text:
        raise ValueError("not in canonical form")
    return value


def encoded_hash(text, size):
    """The number that a signature of this text comes to, with a key of so many bytes."""
    digest = SHA256 + hashlib.sha256(text.encode()).digest()
    return int.from_bytes(b"\x00\x01" + b"\xff" * (size - len(digest) - 3) + b"\x00" + digest, "big")


def is_signed(token, keys):
    """Whether the key that the token's header names has signed it; without a name, any of the keys."""
    header = json.loads(decoded(token.split(".")[0]))
    if header["alg"] != "RS256":
        return False
    text, _, signature = token.rpartition(".")
    value = int.from_bytes(decoded(signature), "big")
    for key in keys:
        modulus, exponent = (int.from_bytes(decoded(key[part]), "big") for part in ("n", "e"))
        signed = pow(value, exponent, modulus) == encoded_hash(text, (modulus.bit_length() + 7) // 8)
        if signed and header.get("kid", key.get("kid")) == key.get("kid"):
            return True
    return False
