"""Whose account a login opens, and what becomes of one that is refused."""

from bans import without_mapping


class Logins:
    def __init__(self, settings, access, tokens, bans, metrics):
        self.settings, self.access, self.tokens = settings, access, tokens
        self.bans, self.metrics = bans, metrics

    def password(self, username, password, address):
        """The account that a password opens, or None; "" for the administrator."""
        account = self.access.account(username, password)
        if account is None:
            self.refused(address, username, self.access.is_guess(username, password))
        return account

    def token(self, username, token, address):
        """The account that a token opens, whatever the user name that came with it."""
        account, guess = self.tokens.judged(token)
        if account is None:
            self.refused(address, username, guess)
        return account

    def refused(self, address, username, guess):
        self.metrics.count("auth_failed" if guess else "auth_error")
        if guess:
            self.bans.failed(address, username)

    def for_dovecot(self, user, password, ip):
        """Whose mailbox a password opens, and whether the response to it has the client's tag."""
        account = self.password(user, password, without_mapping(ip))
        tagged = not self.access.is_untagged(user, password)
        return {"address": self.settings.address(account) if account else "", "tagged": tagged}

    def introspected(self, token, remote):
        """Whose mailbox a token opens. Dovecot tells who sent it, an address and a port, but not under which name."""
        account = self.token("", token, without_mapping(remote.rpartition(":")[0].strip("[]")))
        return {
            "active": "true" if account else "false",
            "address": self.settings.address(account) if account else "",
        }
