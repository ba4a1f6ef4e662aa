"""Applies plans to the fake of the server, one after another; reads JSON, and tells what each of them did and what is there.

With `used`, the server has objects that are not the stack's: an administrator's, or those that a start has downloaded.
With `accounts`, the program that runs before a plan gets them.
"""

import json
import os
import sys
import tempfile

ROOT = os.path.join(os.path.dirname(__file__), "../../../..")
sys.path[:0] = [f"{ROOT}/tests/rig/fakes/stalwart", f"{ROOT}/components/mailserver/program"]

from account_access import Access
from plan import Plan
from planned_addresses import planned_addresses
from registry import SINGLETON, Refused, Registry

EXPRESSION = {"else": "false", "match": {}}
FOREIGN = {
    "Domain": {"name": "another.test", "allowRelaying": False},
    "Certificate": {"certificate": {"@type": "Text", "value": "a"}, "privateKey": {"@type": "Text", "secret": "b"}},
    "SieveSystemScript": {"name": "own", "isActive": True, "contents": "keep;"},
    "EventTracingLevel": {"event": "auth.success", "level": "debug"},
    "MtaDeliverySchedule": {"name": "own", "expiry": {"@type": "Ttl", "expire": 1000}},
    "MtaInboundThrottle": {"description": "own", "enable": True, "rate": {"count": 1, "period": 1000}},
    "Application": {"description": "own", "resourceUrl": "https://own.test/a.zip", "urlPrefix": {"/own": True}},
    "Account": {"@type": "User", "name": "guest", "domainId": "#Domain", "description": "own"},
    "Directory": {"@type": "Oidc", "description": "own", "issuerUrl": "https://gone.test"},
    "Tracer": {"@type": "Stdout", "level": "trace", "enable": True},
    "AllowedIp": {"address": "192.0.2.1", "reason": "own"},
    "MtaRoute": {"@type": "Relay", "name": "own", "address": "gone.test"},
    "NetworkListener": {"name": "own", "bind": {"[::]:110": True}, "protocol": "pop3"},
    "SpamTag": {"@type": "Score", "tag": "OWN", "score": 5},
    "SpamRule": {"@type": "Any", "name": "OWN", "enable": True, "condition": EXPRESSION},
    "SpamDnsblServer": {"@type": "Any", "name": "OWN", "enable": True, "zone": EXPRESSION, "tag": EXPRESSION},
}


class Watched(Registry):
    """Remembers what became another value, if only for a moment."""

    def __init__(self, folder):
        self.changes = []
        super().__init__(f"{folder}/settings.json")

    def save(self):
        pass  # a disk that is waited for hundreds of times

    def update(self, kind, identifier, patch):
        before = self.value(kind, identifier)
        super().update(kind, identifier, patch)
        if self.value(kind, identifier) != before:
            self.changes.append(kind)

    def value(self, kind, identifier):
        return self.singleton(kind) if identifier == SINGLETON else self.get(kind).get(identifier)


class Direct:
    """The management interface, without HTTP."""

    def __init__(self, registry):
        self.registry = registry

    def all(self, kind):
        return [{"id": identifier, **value} for identifier, value in self.registry.get(kind[2:]).items()]

    def create(self, kind, value):
        self.registry.create(kind[2:], value)

    def update(self, kind, identifier, patch):
        self.registry.update(kind[2:], identifier, patch)


def filled(registry):
    """Ids of the foreign objects by their kind."""
    ids = {}
    for kind, value in FOREIGN.items():
        references = {"domainId": ids["Domain"]} if "domainId" in value else {}
        ids[kind] = registry.create(kind, {**value, **references})
    return ids, {kind: registry.value(kind, identifier) for kind, identifier in ids.items()}


def named(registry, value, name=""):
    """A value with what its ids refer to in the place of the ids, which differ from server to server."""
    if isinstance(value, dict):
        return {key: named(registry, inner, key) for key, inner in value.items()}
    if isinstance(value, str) and name.endswith("Id"):
        for objects in registry.objects.values():
            if value in objects:
                return objects[value].get("name") or objects[value].get("description")
    return value


def made(registry, plan, text):
    """What the server has for each object of a plan."""
    found = []
    for operation in map(json.loads, text.splitlines()):
        kind = operation["object"].removeprefix("x:")
        single = operation["@type"] == "update" and "id" not in operation
        references = {} if operation["@type"] == "update" else operation["value"]
        identifiers = [SINGLETON] if single else [plan.ids[reference] for reference in references]
        found += [[kind, named(registry, registry.value(kind, identifier))] for identifier in identifiers]
    return found


def applied(texts, used=False, accounts=()):
    with tempfile.TemporaryDirectory() as folder:
        registry = Watched(folder)
        ids, before = filled(registry) if used else ({}, {})
        runs = []
        for number, text in enumerate(texts):
            if accounts:
                addresses = planned_addresses(text, accounts[number]["domain"])
                Access(Direct(registry), **accounts[number], addresses=addresses).run()
            registry.changes = []
            plan = Plan(registry, lambda _: None)
            try:
                counts = plan.apply(text)
                runs.append({**counts, "changed": registry.changes, "made": made(registry, plan, text)})
            except Refused as refusal:
                runs.append({"refused": str(refusal)})
        now = {kind: registry.value(kind, identifier) for kind, identifier in ids.items()}
        fate = {kind: "gone" if one is None else "kept" if one == before[kind] else one for kind, one in now.items()}
        return {"runs": runs, "foreign": fate}


print(json.dumps([applied(each["plans"], each.get("used", False), each.get("accounts", ())) for each in json.load(sys.stdin)]))
