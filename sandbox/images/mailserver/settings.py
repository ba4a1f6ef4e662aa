"""What the settings plan says, as far as the stand-in needs it; kept in the store, as the real server keeps it."""

import json
import os
import re

KNOWN_LISTENERS = {25, 465, 993, 4190, 8080}  # those of a first start; 587 and 2525 come with the settings


class Refused(Exception):
    """The plan cannot be taken."""


class Settings:
    def __init__(self, folder):
        self.file = os.path.join(folder, "settings.json")
        self.objects = {}
        if os.path.exists(self.file):
            with open(self.file, encoding="utf-8") as file:
                self.objects = json.load(file)

    def apply(self, text):
        """Takes a plan; returns the actions in it. Nothing is kept of a plan that is refused."""
        objects, actions = json.loads(json.dumps(self.objects)), []
        for number, line in enumerate(text.splitlines(), 1):
            operation = json.loads(line)
            kind, name, value = operation["@type"], operation["object"], operation["value"]
            if name == "Action":
                actions += [action["@type"] for action in value.values()]
            elif kind == "update":
                objects.setdefault(name, {}).setdefault("singleton", {}).update(value)
            elif kind in ("upsert", "reconcile"):
                kept = {} if kind == "reconcile" else objects.get(name, {})
                for item in value.values():
                    key = json.dumps([item.get(match) for match in operation["matchOn"]])
                    kept[key] = {**kept.get(key, {}), **item}
                objects[name] = kept
            else:
                raise Refused(f"line {number}: unknown operation {kind}")
        self.check(objects)
        self.objects = objects
        with open(self.file + ".new", "w", encoding="utf-8") as file:
            json.dump(objects, file)
            file.flush()
            os.fsync(file.fileno())
        os.rename(self.file + ".new", self.file)
        return actions

    @staticmethod
    def check(objects):
        owners = {}
        for account in objects.get("Account", {}).values():
            for name in [account["name"], *(alias["name"] for alias in account.get("aliases", {}).values())]:
                if owners.setdefault(name, account["name"]) != account["name"]:
                    raise Refused(f"Account: primaryKeyViolation: {name} belongs to {owners[name]}")

    def all(self, name):
        return list(self.objects.get(name, {}).values())

    def one(self, name):
        return (self.all(name) or [{}])[0]

    @property
    def domain(self):
        return self.one("Domain").get("name", "")

    def account(self, address):
        """Name of the account that has this address, or None."""
        local, _, domain = address.lower().rpartition("@")
        if domain != self.domain:
            return None
        for account in self.all("Account"):
            if local in [account["name"], *(alias["name"] for alias in account.get("aliases", {}).values())]:
                return account["name"]
        return None

    def addresses(self, name):
        account = next(account for account in self.all("Account") if account["name"] == name)
        names = [name, *(alias["name"] for alias in account.get("aliases", {}).values())]
        return [f"{local}@{self.domain}" for local in names]

    @property
    def relaying_networks(self):
        return re.findall(r"is_ip_in_cidr\(remote_ip, '([^']+)'\)", json.dumps(self.one("MtaStageRcpt")))

    @property
    def relay(self):
        return self.one("MtaRoute")

    @property
    def directory(self):
        return self.one("Directory")

    @property
    def ports(self):
        """Where a start listens."""
        binds = [bind for listener in self.all("NetworkListener") for bind in listener["bind"]]
        return {int(bind.rpartition(":")[2]) for bind in binds} or KNOWN_LISTENERS
