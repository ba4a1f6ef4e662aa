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
        """The main one."""
        return self.one("Domain").get("name", "")

    @property
    def domains(self):
        return {identifier: domain["name"] for identifier, domain in self.registry.get("Domain").items()}

    def domain_of(self, address):
        """The domain of an address, as an object; None for one outside."""
        wanted = address.rpartition("@")[2].lower()
        return next((domain for domain in self.all("Domain") if domain["name"] == wanted), None)

    def owned(self, value):
        """The address of an account or of an alias."""
        return f"{value['name']}@{self.domains.get(value['domainId'], '')}"

    def key(self, account):
        """What an account is called here: the name in the main domain, the address in another one."""
        address = self.owned(account)
        return account["name"] if address == self.address(account["name"]) else address

    def address(self, name):
        return name if "@" in name else f"{name}@{self.domain}"

    def accounts(self):
        return [account for account in self.all("Account") if account.get("@type") == "User"]

    def account(self, address):
        """Name of the account that has this address, or None. Names are compared as they are stored."""
        local, _, domain = address.rpartition("@")
        wanted = f"{local}@{domain.lower()}"
        for account in self.accounts():
            if wanted in map(self.owned, [account, *account["aliases"].values()]):
                return self.key(account)
        return None

    def recipient(self, address):
        return self.account(address.lower())

    def found(self, name):
        """An account's id and content."""
        accounts = self.registry.get("Account").items()
        return next((one for one in accounts if self.key(one[1]) == name), (None, None))

    def permits(self, name, permission):
        _, account = self.found(name)
        permissions = (account or {}).get("permissions", {})
        if permissions.get("@type") == "Replace":
            return permission in permissions.get("enabledPermissions", {})
        return account is not None and permission not in permissions.get("disabledPermissions", {})

    def signed_in(self, address):
        """The account that a token's address opens. With capital letters it is another, which is made on the spot."""
        local, _, domain = address.rpartition("@")
        domain_id = next((one for one, name in self.domains.items() if name == domain.lower()), None)
        if domain_id is None or not local:
            return None
        name = self.account(address)
        if name is None:
            fresh = {"@type": "User", "name": local, "domainId": domain_id, "aliases": {}, "credentials": {}}
            self.registry.insert("Account", {**fresh, "permissions": {"@type": "Inherit"}, "roles": {"@type": "User"}})
            self.registry.save()
            name = self.account(address)
        return name if self.permits(name, "authenticate") else None

    def addresses(self, name):
        _, account = self.found(name)
        return [self.owned(one) for one in [account, *account["aliases"].values()]]

    @property
    def relaying_networks(self):
        rule = str(self.setting("MtaStageRcpt").get("allowRelaying"))
        return re.findall(r"is_ip_in_cidr\(remote_ip, '([^']+)'\)", rule)

    def evaluate(self, expression, **known):
        """What an expression of the plan comes to, for a recipient and what else is `known`."""
        known["rcpt_domain"] = known["rcpt"].rpartition("@")[2].lower()
        known["is_local_address"] = lambda address: self.account(address) is not None
        known["is_local_domain"] = lambda domain: domain in self.domains.values()
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
