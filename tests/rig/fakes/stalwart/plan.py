"""What `stalwart-cli apply` (1.0.13) makes of a plan: destroys, then everything in order, then what reconcile deletes.

The first operation that fails ends it; those before it stay, and nothing is deleted by reconcile. Its source is
src/commands/apply.rs of stalwartlabs/cli.
"""

import json

from registry import SINGLETON, Refused

KEYS = {
    "update": {"@type", "object", "value", "id"},
    "create": {"@type", "object", "value"},
    "upsert": {"@type", "object", "matchOn", "value"},
    "reconcile": {"@type", "object", "matchOn", "value", "scope"},
    "destroy": {"@type", "object", "value"},
}


class Plan:
    def __init__(self, registry, act):
        self.registry, self.act = registry, act
        self.ids, self.leftovers, self.seen = {}, [], {}
        self.counts = {"created": 0, "updated": 0, "destroyed": 0}

    def apply(self, text):
        operations = [(number, json.loads(line)) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
        for number, operation in operations:
            unknown = operation.keys() - KEYS.get(operation.get("@type"), set())
            if unknown:
                raise Refused(f"line {number}: unknown field {sorted(unknown)[0]}")
            operation["object"] = operation["object"].removeprefix("x:")  # the tool's own name for it
        destroys = [one for one in operations if one[1]["@type"] == "destroy"]
        for number, operation in destroys[::-1] + [one for one in operations if one not in destroys]:
            try:
                getattr(self, operation["@type"])(operation)
            except Refused as refusal:
                raise Refused(f"line {number}: {operation['object']}: {refusal}") from None
        for kind, identifier in self.leftovers:
            self.registry.destroy(kind, identifier)
            self.counts["destroyed"] += 1
        return self.counts

    def resolved(self, value, name=""):
        """References are looked for in properties that hold ids, and nowhere else."""
        if isinstance(value, dict):
            if name.endswith("Ids"):
                return {self.resolved(key, "Id"): inner for key, inner in value.items()}
            return {key: self.resolved(inner, key) for key, inner in value.items()}
        if isinstance(value, str) and value.startswith("#") and name.endswith("Id"):
            if value[1:] not in self.ids:
                raise Refused(f"notFound: {value}")
            return self.ids[value[1:]]
        return value

    def update(self, operation):
        identifier = self.resolved(operation.get("id", SINGLETON), "Id")
        self.registry.update(operation["object"], identifier, self.resolved(operation["value"]))
        self.counts["updated"] += 1

    def create(self, operation):
        for reference, value in operation["value"].items():
            if operation["object"] == "Action":
                self.act(value["@type"])
            else:
                self.ids[reference] = self.registry.create(operation["object"], self.resolved(value))
                self.counts["created"] += 1

    def before(self, kind):
        """The objects of a kind as the plan found them: the tool asks once, and does not see what it creates itself."""
        return self.seen.setdefault(kind, dict(self.registry.get(kind)))

    def matching(self, kind, match_on, value):
        """Exact equality of top-level properties, and the same @type."""
        return [
            identifier
            for identifier, other in self.before(kind).items()
            if value.get("@type") == other.get("@type") and all(value.get(key) == other.get(key) for key in match_on)
        ]

    def upsert(self, operation):
        """Creates what is missing, and after that changes what is there."""
        kind = operation["object"]
        found, missing = {}, {}
        for reference, value in operation["value"].items():
            body = self.resolved(value)
            matching = self.matching(kind, operation["matchOn"], body)
            if len(matching) > 1:
                raise Refused(f"{reference}: more than one object matches")
            if matching:
                self.ids[reference] = matching[0]
                found[matching[0]] = self.registry.changeable(kind, body)
            else:
                missing[reference] = self.registry.settable(kind, body)
        for reference, body in missing.items():
            self.ids[reference] = self.registry.create(kind, body)
            self.counts["created"] += 1
        for identifier, body in found.items():
            if body.keys() - {"@type"}:
                self.registry.update(kind, identifier, body)
                self.counts["updated"] += 1
        return found

    def reconcile(self, operation):
        named = self.upsert(operation)
        kind = operation["object"]
        self.leftovers += [(kind, identifier) for identifier in self.before(kind) if identifier not in named]

    def destroy(self, operation):
        for identifier in list(operation.get("value") or self.registry.get(operation["object"])):
            self.registry.destroy(operation["object"], identifier)
            self.counts["destroyed"] += 1
