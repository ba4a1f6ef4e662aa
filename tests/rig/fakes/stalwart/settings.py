"""What the fake acts by, read from its registry of settings, as the real server reads its own."""

import os
import re

from plan import Plan
from registry import Refused, Registry

# Strings stay, the operators become Python's.
TOKEN = re.compile(r"""("[^"]*"|'[^']*')|&&|\|\||!(?!=)""")
WORDS = {"&&": " and ", "||": " or ", "!": " not "}
NO_LOGIN = ("$", "_", "{")  # what begins so is taken for a hash


class Settings:
    def __init__(self, folder):
        self.registry = Registry(os.path.join(folder, "settings.json"))

    def apply(self, text, act):
        """Works through a plan as the command line tool does; what was done before a refusal stays."""
        return Plan(self.registry, act).apply(text)

    def all(self, name):
        return list(self.registry.get(name).values())

    def one(self, name):
        return (self.all(name) or [{}])[0]

    def setting(self, name):
        return self.registry.singleton(name)

    @property
    def domain(self):
        return self.one("Domain").get("name", "")

    def accounts(self):
        return [account for account in self.all("Account") if account.get("@type") == "User"]

    def account(self, address):
        """Name of the account that has this address, or None. Names are compared as they are stored."""
        local, _, domain = address.rpartition("@")
        if domain.lower() != self.domain:
            return None
        for account in self.accounts():
            if local in [account["name"], *(alias["name"] for alias in account["aliases"].values())]:
                return account["name"]
        return None

    def recipient(self, address):
        return self.account(address.lower())

    def found(self, name):
        """An account's id and content."""
        return next((one for one in self.registry.get("Account").items() if one[1]["name"] == name), (None, None))

    def permits(self, name, permission):
        _, account = self.found(name)
        permissions = (account or {}).get("permissions", {})
        if permissions.get("@type") == "Replace":
            return permission in permissions.get("enabledPermissions", {})
        return account is not None and permission not in permissions.get("disabledPermissions", {})

    def signed_in(self, address):
        """The account that a token's address opens. With capital letters it is another, which is made on the spot."""
        local, _, domain = address.rpartition("@")
        if domain.lower() != self.domain or not local:
            return None
        name = self.account(address)
        if name is None:
            domain_id = next(iter(self.registry.get("Domain")))
            fresh = {"@type": "User", "name": local, "domainId": domain_id, "aliases": {}, "credentials": {}}
            self.registry.insert("Account", {**fresh, "permissions": {"@type": "Inherit"}, "roles": {"@type": "User"}})
            self.registry.save()
            name = local
        return name if self.permits(name, "authenticate") else None

    def addresses(self, name):
        _, account = self.found(name)
        names = [name, *(alias["name"] for alias in account["aliases"].values())]
        return [f"{local}@{self.domain}" for local in names]

    @property
    def relaying_networks(self):
        rule = str(self.setting("MtaStageRcpt").get("allowRelaying"))
        return re.findall(r"is_ip_in_cidr\(remote_ip, '([^']+)'\)", rule)

    def evaluate(self, expression, **known):
        """What an expression of the plan comes to, for a recipient and what else is `known`."""
        known["rcpt_domain"] = known["rcpt"].rpartition("@")[2].lower()
        known["is_local_address"] = lambda address: self.account(address) is not None
        known["is_local_domain"] = lambda domain: domain == self.domain
        known["to_lowercase"] = str.lower
        known.update(true=True, false=False)

        def value(code):
            python = TOKEN.sub(lambda found: found[1] or WORDS[found[0]], code)
            return eval(python, {"__builtins__": {}}, known)

        branches = expression.get("match", {})
        cases = [branches[number] for number in sorted(branches, key=int)]
        return next((value(case["then"]) for case in cases if value(case["if"])), None) or value(expression["else"])

    def route(self, **known):
        """The route by which a message leaves; None for one that stays."""
        name = self.evaluate(self.setting("MtaOutboundStrategy")["route"], **known)
        return None if name == "local" else next(route for route in self.all("MtaRoute") if route["name"] == name)

    def script(self, rcpt):
        """The answer of the script that refuses this recipient, if one does."""
        name = self.evaluate(self.setting("MtaStageRcpt").get("script", {"else": "false"}), rcpt=rcpt.lower())
        scripts = [script for script in self.all("SieveSystemScript") if script["name"] == name]
        return re.search(r'reject "([^"]*)"', scripts[0]["contents"])[1] if scripts else None

    @property
    def directory(self):
        """Nobody is signed in by a directory that Authentication does not name."""
        return self.registry.get("Directory").get(self.setting("Authentication").get("directoryId"), {})

    def unbuildable(self):
        """Why settings cannot be put into effect, or None: a reload fails as a whole."""
        for kind, objects in self.registry.objects.items():
            for value in objects.values():
                for secret in [inner for inner in value.values() if isinstance(inner, dict)]:
                    if secret.get("@type") == "File" and not os.path.exists(secret["filePath"]):
                        reason = "No such file or directory (os error 2)"
                        return f"{kind}: Failed to read secret from file '{secret['filePath']}': {reason}"
                    if secret.get("@type") == "EnvironmentVariable" and secret["variableName"] not in os.environ:
                        return f"{kind}: environment variable {secret['variableName']} is not set"
        return None

    @property
    def ports(self):
        """Where a start listens."""
        binds = [bind for listener in self.all("NetworkListener") for bind in listener["bind"]]
        return {int(bind.rpartition(":")[2]) for bind in binds}


__all__ = ["NO_LOGIN", "Refused", "Settings"]
