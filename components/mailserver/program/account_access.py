"""Ends the access of accounts that are no longer declared, and gives it back to those that are again.

The server keeps a record of every account that this stack ever declared, so accounts that an administrator made by hand
are never touched. Mail is never deleted and goes on being taken in: what is taken away is the permission to sign in,
and every app password and API key. The stack's own accounts, which nobody signs in to, are closed in the same way, and
opened when one of their names becomes a mailbox.

An address that moves from one of these accounts to another is taken from the one that had it: the command line tool
sets new addresses before it takes old ones away, and the server refuses an address of two accounts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from management import Jmap, Refused, Value

RECORD, ACCOUNT, DOMAIN = "x:MemoryLookupKeyValue", "x:Account", "x:Domain"
NAMESPACE = "homelab-mail-accounts"
OPEN, ENDED = "declared", "ended"

# Without `authenticate` every sign-in is refused: app password, token and administrator alike. Never `emailReceive`:
# without that the server would refuse mail that it has accepted.
NO_ACCESS: Value = {
    "@type": "Merge",
    "enabledPermissions": {},
    "disabledPermissions": {"authenticate": True},
}
INHERIT: Value = {"@type": "Inherit"}


@dataclass
class Outcome:
    """Counts, for names are part of addresses."""

    ended: int = 0
    returned: int = 0
    moved: int = 0
    failures: list[str] = field(default_factory=list)


def has_no_access(account: Value) -> bool:
    permissions = account.get("permissions") or {}
    return bool((permissions.get("disabledPermissions") or {}).get("authenticate")) and not (
        permissions.get("enabledPermissions") or {}
    ).get("authenticate")


class Access:
    """`addresses` tells the account that the plan gives each address to."""

    def __init__(
        self,
        jmap: Jmap,
        domain: str,
        declared: Iterable[str],
        closed: Iterable[str] = (),
        addresses: Mapping[str, str] | None = None,
    ) -> None:
        self.jmap, self.domain, self.declared, self.closed = jmap, domain, set(declared), set(closed)
        self.addresses = addresses or {}
        self.domains: dict[str, str | None] = {}
        self.outcome = Outcome()

    def run(self) -> Outcome:
        records = {record["key"]: record for record in self.jmap.all(RECORD) if record.get("namespace") == NAMESPACE}
        accounts = self.accounts()
        # Those who leave first: nothing that goes wrong with the others may keep somebody's access alive.
        for name in sorted(records.keys() - self.declared - self.closed):
            self.attempt(self.leave, records[name], accounts.get(name))
        for name in sorted(self.closed):
            self.attempt(self.close, name, records.get(name), accounts.get(name))
        for name in sorted(self.declared):
            self.attempt(self.keep, name, records.get(name), accounts.get(name))
        for name in sorted(accounts.keys() & (records.keys() | self.declared | self.closed)):
            self.attempt(self.give_up, name, accounts[name])
        return self.outcome

    def accounts(self) -> dict[str, Value]:
        """Accounts by name, in every domain: one that left the configuration still has its accounts."""
        self.domains = {domain["id"]: domain.get("name") for domain in self.jmap.all(DOMAIN)}
        return {
            self.key(account): account
            for account in self.jmap.all(ACCOUNT)
            if account.get("domainId") in self.domains and account.get("@type") == "User"
        }

    def key(self, named: Value) -> str:
        """Of an account or an alias: the name alone in the main domain, the whole address in another one."""
        name, domain = named["name"], self.domains.get(named["domainId"])
        return str(name) if domain == self.domain else f"{name}@{domain}"

    def attempt(self, step, *arguments) -> None:  # type: ignore[no-untyped-def]
        try:
            step(*arguments)
        except Refused as refusal:
            self.outcome.failures.append(str(refusal))

    def leave(self, record: Value, account: Value | None) -> None:
        if account is None:  # deleted by an administrator: one that is made later under this name is theirs
            self.jmap.destroy(RECORD, [record["id"]])
            return
        changed = self.end(account)
        if record["value"] != ENDED:
            self.jmap.update(RECORD, record["id"], {"value": ENDED})
            changed = True
        self.outcome.ended += changed

    def close(self, name: str, record: Value | None, account: Value | None) -> None:
        if account is not None:  # otherwise the plan makes it, closed
            self.end(account)
        if record is None:
            self.create(name, ENDED)
        elif record["value"] != ENDED:
            self.jmap.update(RECORD, record["id"], {"value": ENDED})

    def end(self, account: Value) -> bool:
        changed = not has_no_access(account)
        if changed:
            self.jmap.update(ACCOUNT, account["id"], {"permissions": NO_ACCESS})
        self.empty(account)
        return changed

    def keep(self, name: str, record: Value | None, account: Value | None) -> None:
        if record is None:
            self.create(name, OPEN)
        elif record["value"] == ENDED:
            # In this order: whatever is interrupted leaves an account without access, never one with old credentials.
            if account is not None:
                self.empty(account)
                self.jmap.update(ACCOUNT, account["id"], {"permissions": INHERIT})
                self.outcome.returned += 1
            self.jmap.update(RECORD, record["id"], {"value": OPEN})

    def give_up(self, name: str, account: Value) -> None:
        """Takes the aliases away that another account is declared to have."""
        aliases = list((account.get("aliases") or {}).values())
        kept = [alias for alias in aliases if self.addresses.get(self.key(alias), name) == name]
        if len(kept) < len(aliases):
            self.jmap.update(ACCOUNT, account["id"], {"aliases": {str(n): alias for n, alias in enumerate(kept)}})
            self.outcome.moved += len(aliases) - len(kept)

    def create(self, name: str, value: str) -> None:
        self.jmap.create(RECORD, {"namespace": NAMESPACE, "key": name, "value": value, "isGlobPattern": False})

    def empty(self, account: Value) -> None:
        if account.get("credentials"):
            self.jmap.update(ACCOUNT, account["id"], {"credentials": {}})


def describe(outcome: Outcome) -> Sequence[str]:
    def count(number: int, singular: str = "account", plural: str = "accounts") -> str:
        return f"{number} {singular if number == 1 else plural}"

    lines = []
    if outcome.ended:
        lines.append(f"access ended for {count(outcome.ended)} no longer in the configuration; mail is kept")
    if outcome.returned:
        lines.append(f"access given back to {count(outcome.returned)}; old app passwords are gone")
    if outcome.moved:
        lines.append(f"{count(outcome.moved, 'address', 'addresses')} taken from one account for another")
    return lines + [f"access could not be changed: {failure}" for failure in outcome.failures]
