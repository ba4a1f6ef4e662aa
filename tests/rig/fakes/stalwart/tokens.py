"""Whose a token is (crates/directory/src/backend/oidc/lookup.rs)."""

import json
import time
import urllib.error
import urllib.request

from settings import Refused
from signatures import decoded, is_signed

LEEWAY = 60  # seconds that a token may be over


def is_opaque(token):
    """Whether the server cannot read the token's header: only the issuer judges it, and no audience is compared."""
    try:
        return "alg" not in json.loads(decoded(token.split(".")[-3]))
    except (IndexError, ValueError):
        return True


def claims_of(token):
    return json.loads(decoded(token.split(".")[1]))


def fetched(url):
    with urllib.request.urlopen(url, timeout=10) as answer:
        return json.load(answer)


class Tokens:
    """Asks the issuer whose a token is. Its endpoints and its keys are known, or nobody gets in."""

    def __init__(self, settings):
        self.settings, self.directory, self.userinfo, self.document = settings, {}, None, None
        self.keys = []

    def discover(self):
        """What goes wrong changes nothing: the directory that was in effect goes on."""
        directory = self.settings.directory
        issuer = directory.get("issuerUrl")
        document, userinfo, keys = None, None, []
        if issuer:
            try:
                document = fetched(f"{issuer}/.well-known/openid-configuration")
                userinfo = document["userinfo_endpoint"]
                keys = fetched(document["jwks_uri"])["keys"]
            except (OSError, ValueError, KeyError) as problem:
                raise Refused(f"Discovery fetch failed: {issuer}: {problem}") from None
            if document["issuer"].rstrip("/") != issuer.rstrip("/"):
                raise Refused(f"Issuer mismatch: {document['issuer']} is not {issuer}")
        self.directory, self.document, self.userinfo, self.keys = directory, document, userinfo, keys

    def is_for_us(self, token, claims):
        audience = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
        meant = self.directory["requireAudience"] in audience and claims["exp"] + LEEWAY >= time.time()
        return meant and claims["iss"] == self.document["issuer"] and is_signed(token, self.keys)

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
        server itself does not accept, a forged one for example, and an issuer that does not answer, are errors
        (auth.error).
        """
        try:
            if not self.userinfo:
                return None, False
            if not is_opaque(token):
                claims = claims_of(token)
                if not self.is_for_us(token, claims):
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
