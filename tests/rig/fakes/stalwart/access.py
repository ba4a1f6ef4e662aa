"""Who may sign in (crates/common/src/auth/authentication.rs), and app passwords as JMAP makes and destroys them."""

import secrets
import time

from settings import NO_LOGIN, Refused

PREFIX = "app_"
MUTABLE = {"description", "expiresAt", "allowedIps", "permissions"}


def now():
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


class Access:
    def __init__(self, settings, administrator):
        self.settings = settings
        user, _, password = administrator.partition(":")
        self.user, self.password = user.strip(), password.strip()

    def password_fits(self, password):
        return password == self.password and not self.password.startswith(NO_LOGIN)

    def is_guess(self, username):
        """Whether a login that is refused counts towards a ban.

        Beside an OIDC directory any other ends in the event auth.error, and only auth.failed counts.
        """
        return username.strip().lower().rpartition("%")[2] == self.user

    def account(self, username, password):
        """The account that a login opens: "" for the administrator, None for nobody. `person%admin` is the person."""
        person, master, administrator = username.strip().lower().rpartition("%")
        if administrator == self.user:
            if not self.password_fits(password):
                return None
            return self.permitted(self.settings.account(self.settings.address(person))) if master else ""
        # Beside an OIDC directory accounts have no passwords; app passwords never open somebody else's account.
        if master or not password.startswith(PREFIX):
            return None
        name = self.settings.account(self.settings.address(administrator))
        _, account = self.settings.found(name)
        kept = (account or {}).get("credentials", {}).values()
        fits = any(one["secret"] == password and (one.get("expiresAt") or "9") > now() for one in kept)
        return self.permitted(name) if fits else None

    def permitted(self, name):
        return name if name is not None and self.settings.permits(name, "authenticate") else None

    def app_passwords(self, name):
        return self.settings.found(name)[1]["credentials"]

    def make(self, name, value):
        """A new app password, whose secret is shown once."""
        kept = self.app_passwords(name)
        if len(kept) >= self.settings.setting("Authentication")["maxAppPasswords"]:
            raise Refused("overQuota: too many app passwords")
        if set(value) - MUTABLE or not value.get("description"):
            raise Refused("invalidProperties: description")
        identifier = str(max(map(int, kept), default=0) + 1)
        secret = PREFIX + secrets.token_hex(18)
        kept[identifier] = {
            "@type": "AppPassword",
            **value,
            "secret": secret,
            "createdAt": now(),
        }
        self.settings.registry.save()
        return {"id": identifier, "secret": secret}

    def change(self, name, identifier, patch):
        """All but the secret (crates/jmap/src/registry/mapping/account.rs)."""
        kept = self.app_passwords(name)
        if identifier not in kept:
            raise Refused("notFound")
        if set(patch) - MUTABLE:
            raise Refused("forbidden")
        kept[identifier].update(patch)
        self.settings.registry.save()

    def remove(self, name, identifier):
        if self.app_passwords(name).pop(identifier, None) is None:
            raise Refused("notFound")
        self.settings.registry.save()
