"""Whose a token is (crates/directory/src/backend/oidc/lookup.rs)."""

import base64
import json
import time
import urllib.error
import urllib.request

from settings import Refused

LEEWAY = 60  # seconds that a token may be over


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


def claims_of(token):
    payload = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


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

    def is_for_us(self, claims):
        audience = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
        return self.directory["requireAudience"] in audience and claims["exp"] + LEEWAY >= time.time()

    def lacks_scope(self, claims):
        scopes = claims.get("scope", "")
        present = scopes.split() if isinstance(scopes, str) else scopes
        return bool(self.directory.get("requireScopes", {}).keys() - set(present))

    def told_by_issuer(self, token):
        """What the issuer says of the user; None when it refuses the token."""
        request = urllib.request.Request(self.userinfo, headers={"Authorization": f"Bearer {token}"})
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as problem:
            if problem.code in (401, 403):
                return None
            raise

    def judged(self, token):
        """The account that a token opens, or None, and then whether that counts towards a ban.

        What the issuer refuses counts, and a token without a required scope or an address (auth.failed). What the
        server itself does not accept, and an issuer that does not answer, are errors (auth.error).
        """
        try:
            if not self.userinfo:
                return None, False
            if not is_opaque(token):
                claims = claims_of(token)
                if not self.is_for_us(claims):
                    return None, False
                if self.lacks_scope(claims):
                    return None, True
            address = (self.told_by_issuer(token) or {}).get(self.directory["claimUsername"], "")
            return (self.settings.signed_in(address), False) if "@" in address else (None, True)
        except (OSError, ValueError, KeyError, IndexError):
            return None, False

    def account(self, token):
        """The account that a token opens, or None."""
        return self.judged(token)[0]
