"""Whose a token is (crates/directory/src/backend/oidc/lookup.rs)."""

import base64
import json
import time
import urllib.request

from settings import Refused


def is_opaque(token):
    """Whether the server cannot read the token's header: then only the issuer judges it, and no audience is compared.

    Unused bits that are set are enough.
    """
    parts = token.split(".")
    try:
        text = base64.urlsafe_b64decode(parts[-3] + "=" * (-len(parts[-3]) % 4))
        return base64.urlsafe_b64encode(text).rstrip(b"=").decode() != parts[-3] or "alg" not in json.loads(text)
    except (IndexError, ValueError):
        return True


class Tokens:
    """Asks the issuer whose a token is. Its endpoints are known, or nobody gets in."""

    def __init__(self, settings):
        self.settings, self.directory, self.userinfo, self.document = settings, {}, None, None

    def discover(self):
        """What goes wrong changes nothing: the directory that was in effect goes on."""
        directory = self.settings.directory
        issuer = directory.get("issuerUrl")
        document, userinfo = None, None
        if issuer:
            try:
                with urllib.request.urlopen(f"{issuer}/.well-known/openid-configuration", timeout=10) as answer:
                    document = json.load(answer)
                    userinfo = document["userinfo_endpoint"]
            except (OSError, ValueError, KeyError) as problem:
                raise Refused(f"Discovery fetch failed: {issuer}: {problem}") from None
        self.directory, self.document, self.userinfo = directory, document, userinfo

    def is_for_us(self, token):
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        audience = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
        return self.directory["requireAudience"] in audience and claims["exp"] >= time.time()

    def account(self, token):
        """The account that a token opens, or None."""
        directory = self.directory
        try:
            if not self.userinfo or not (is_opaque(token) or self.is_for_us(token)):
                return None
            request = urllib.request.Request(self.userinfo, headers={"Authorization": f"Bearer {token}"})
            with urllib.request.urlopen(request, timeout=10) as answer:
                return self.settings.signed_in(json.load(answer)[directory["claimUsername"]])
        except (OSError, ValueError, KeyError, IndexError):
            return None
