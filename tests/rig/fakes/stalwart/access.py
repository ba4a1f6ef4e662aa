"""Who may sign in (crates/common/src/auth/authentication.rs), and app passwords as JMAP makes and destroys them."""

import re
import secrets
import time

from settings import NO_LOGIN, Refused

PREFIX = "app_"
# Four bytes that name the credential and eighteen of the secret, in base32 (crates/common/src/auth/credential.rs).
FORM = re.compile("app.[a-z792013]{36}")
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

    def is_guess(self, username, password):
        """Whether a login that is refused counts towards a ban: only the event auth.failed does.

        The administrator's and one of an unknown domain end in it, and so does every password in the form of an app
        password, for example one that was revoked. Another password ends in auth.error beside an OIDC directory, and
        one that has expired in an event of its own.
        """
        login = username.strip().lower().rpartition("%")[2]
        address = self.settings.address(login)
        if login == self.user or self.settings.domain_of(address) is None:
            return True
        if login != username.strip().lower() and FORM.fullmatch(password):
            return True  # an app password opens nobody else's account
        _, account = self.settings.found(self.settings.account(address))
        known = any(one["secret"] == password for one in (account or {}).get("credentials", {}).values())
        return FORM.fullmatch(password) is not None and not known

    def is_untagged(self, username, password):
        """Whether IMAP's response to a refused login lacks the client's tag.

        That is so when an app password was looked for in an account: the credential's number takes the tag's place in
        the error (`Key::Id` in crates/common/src/auth/authentication.rs and crates/imap-proto/src/protocol/mod.rs).
        """
        name = self.settings.account(self.settings.address(username.strip().lower()))
        return FORM.fullmatch(password) is not None and name is not None

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
        secret = PREFIX + "".join(secrets.choice("abcdefghijklmnopqrstuvwxyz792013") for _ in range(36))
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
