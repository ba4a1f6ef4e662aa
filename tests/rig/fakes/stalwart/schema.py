"""Refuses what the server's own schema does not have. Without the schema beside this file everything fits."""

import json
import os

FILE = os.environ.get("STALWART_SCHEMA", os.path.join(os.path.dirname(os.path.abspath(__file__)), "schema.json"))

# The schema is 0.16.19's; what later releases of the line have as well.
SINCE = {"x:Application": {"oauthClientId": {"update": "mutable"}}}


class Schema:
    def __init__(self, file=FILE):
        self.schema = None
        if os.path.exists(file):
            with open(file, encoding="utf-8") as opened:
                self.schema = json.load(opened)

    def properties(self, kind, value):
        """The properties that an object may have, or None when nothing is known."""
        shape = self.schema["schemas"].get(f"x:{kind}")
        if shape is None:
            return None
        if shape["type"] == "single":
            name = shape["schemaName"]
        else:
            variants = {variant["name"]: variant.get("schemaName") for variant in shape["variants"]}
            if value.get("@type") not in variants:
                return f"@type: one of {', '.join(variants)}"
            name = variants[value["@type"]]
        return {**self.schema["fields"].get(name, {}).get("properties", {}), **SINCE.get(name, {})} if name else {}

    def problem(self, kind, value, whole=True):
        """What is wrong with a value, or None. A patch of an object with variants need not say which it is."""
        if self.schema is None:
            return None
        if f"x:{kind}" not in self.schema["objects"]:
            return "unknown object"
        if not whole and "@type" not in value and self.schema["schemas"][f"x:{kind}"]["type"] == "multiple":
            return None
        properties = self.properties(kind, value)
        if isinstance(properties, str):
            return properties
        for name in value:
            if name != "@type" and name not in (properties or {}):
                return f"invalidPatch: {name}: Invalid property"
            if name != "@type" and properties[name].get("update") == "serverSet":
                return f"invalidPatch: {name}: is set by the server"
        return None

    def set_by_server(self, kind, value):
        """Names of properties that nobody else may set."""
        properties = self.properties(kind, value) if self.schema is not None else None
        known = properties.items() if isinstance(properties, dict) else ()
        return {name for name, described in known if described.get("update") == "serverSet"}

    def is_singleton(self, kind):
        return self.schema is not None and self.schema["objects"].get(f"x:{kind}", {}).get("type") == "singleton"
