"""The server's settings: objects with the server's keys, forms and defaults (crates/registry, crates/jmap)."""

import copy
import itertools
import json
import os

from canonical import canonical
from schema import Schema

SINGLETON = "singleton"

# Unique indexes (schema/structs_impl.rs); an account's addresses are below.
KEYS = {
    "AllowedIp": ["address"],
    "BlockedIp": ["address"],
    "Domain": ["name"],
    "EventTracingLevel": ["event"],
    "MemoryLookupKeyValue": ["namespace", "key"],
    "MtaDeliverySchedule": ["name"],
    "MtaRoute": ["name"],
    "MtaTlsStrategy": ["name"],
    "MtaVirtualQueue": ["name"],
    "NetworkListener": ["name"],
    "SieveSystemScript": ["name"],
    "SpamDnsblServer": ["name"],
    "SpamRule": ["name"],
    "SpamTag": ["tag"],
}

# What only a create may set, whatever the value (`assert_read_only` in schema/structs_impl.rs).
READ_ONLY = {
    "AllowedIp": {"address"},
    "BlockedIp": {"address"},
    "EventTracingLevel": {"event"},
    "MtaConnectionStrategy": {"name"},
    "MtaDeliverySchedule": {"name"},
    "MtaInboundThrottle": {"description"},
    "MtaRoute": {"name"},
    "MtaTlsStrategy": {"name"},
    "MtaVirtualQueue": {"name"},
    "NetworkListener": {"name"},
    "SpamDnsblServer": {"name"},
    "SpamRule": {"name"},
}

DAY = 86_400_000


def listener(name, port, protocol, implicit):
    return {"name": name, "bind": {f"[::]:{port}": True}, "protocol": protocol, "useTls": True, "tlsImplicit": implicit}


def throttle(description, count, period):
    return {"description": description, "enable": True, "rate": {"count": count, "period": period}}


# What a start inserts for every kind that is empty (crates/common/src/manager/defaults.rs); no 587.
DEFAULTS = {
    "NetworkListener": [
        listener("smtp", 25, "smtp", False),
        listener("submissions", 465, "smtp", True),
        listener("imaps", 993, "imap", True),
        listener("pop3s", 995, "pop3", True),
        listener("sieve", 4190, "manageSieve", False),
        listener("https", 443, "http", True),
        listener("http", 8080, "http", False),
    ],
    "MtaInboundThrottle": [
        throttle("Sender IP throttle", 5, 1000),
        throttle("Sender address to recipient throttle", 25, 3_600_000),
    ],
    "Tracer": [{"@type": "Log", "level": "info", "enable": True, "path": "/var/log/stalwart"}],
    "MtaRoute": [{"@type": "Local", "name": "local"}, {"@type": "Mx", "name": "mx"}],
    "MtaDeliverySchedule": [
        {"name": "local", "expiry": {"@type": "Ttl", "expire": 3 * DAY}, "notify": {"@type": "Default"}},
        {"name": "remote", "expiry": {"@type": "Ttl", "expire": 3 * DAY}, "notify": {"@type": "Default"}},
        {"name": "dsn", "expiry": {"@type": "Attempts", "maxAttempts": 10}},
    ],
    "Application": [
        {
            "description": "Stalwart Web Interface",
            "enabled": True,
            "resourceUrl": "https://github.com/stalwartlabs/webui/releases/latest/download/webui.zip",
            "autoUpdateFrequency": 30 * DAY,
            "urlPrefix": {"/admin": True, "/account": True},
        }
    ],
}

PATHS = ["*.php*", "*/wp-*", "*.asp*", "*.cgi*", "*../*", "*/..*", "*/cgi-bin*", "*/php*", "*drupal*", "*joomla*"]
# Singletons that nobody has changed.
UNCHANGED = {
    "Security": {
        "scanBanPaths": dict.fromkeys([*PATHS, "*wordpress*", "*xmlrpc*"], True),
        **{f"{kind}BanPeriod": None for kind in ("scan", "auth", "abuse", "loiter")},
        **{
            f"{kind}BanRate": {"count": count, "period": DAY}
            for kind, count in (("scan", 30), ("auth", 100), ("abuse", 35), ("loiter", 150))
        },
    },
    "Email": {"maxMessageSize": 75_000_000, "maxAttachmentSize": 50_000_000, "maxSubmissions": 500},
    "DataRetention": {"expungeTrashAfter": 30 * DAY, "archiveDeletedItemsFor": None},
    "Http": {"useXForwarded": False, "allowedEndpoints": {"else": "200", "match": {}}},
    "Authentication": {"maxAppPasswords": 5, "maxApiKeys": 5},
    "MtaStageEhlo": {"rejectNonFqdn": {"else": "false", "match": {"0": {"if": "local_port == 25", "then": "true"}}}},
    "MtaStageData": {
        "maxMessages": {"else": "10"},
        "maxMessageSize": {"else": "104857600"},
        "maxReceivedHeaders": {"else": "50"},
    },
    "MtaInboundSession": {"transferLimit": {"else": "262144000"}, "maxDuration": {"else": "10m"}},
    "Asn": {"@type": "Resource"},
    "SystemSettings": {
        "defaultHostname": "localhost",
        "services": {
            name: {"cleartext": False}
            for name in ("caldav", "carddav", "imap", "jmap", "managesieve", "pop3", "smtp", "webdav")
        },
    },
}
ACCOUNT = {
    "aliases": {},
    "credentials": {},
    "permissions": {"@type": "Inherit"},
    "roles": {"@type": "User"},
    "quotas": {},
}


class Refused(Exception):
    """A set method did not do one thing: the error's type, and why."""


class Registry:
    def __init__(self, file, schema=None):
        self.file, self.schema = file, schema or Schema()
        self.objects = {}
        if os.path.exists(file):
            with open(file, encoding="utf-8") as opened:
                self.objects = json.load(opened)
        for kind, defaults in DEFAULTS.items():
            if not self.objects.get(kind):
                for value in defaults:
                    self.insert(kind, value)
        self.save()

    def save(self):
        with open(self.file + ".new", "w", encoding="utf-8") as file:
            json.dump(self.objects, file)
            file.flush()
            os.fsync(file.fileno())
        os.rename(self.file + ".new", self.file)

    def insert(self, kind, value):
        kept = self.objects.setdefault(kind, {})
        identifier = next(f"{kind.lower()}{n}" for n in itertools.count() if f"{kind.lower()}{n}" not in kept)
        kept[identifier] = copy.deepcopy(value)
        return identifier

    def is_singleton(self, kind):
        return kind in UNCHANGED or self.schema.is_singleton(kind)

    def get(self, kind):
        """Objects of a kind by id."""
        return self.objects.get(kind, {})

    def singleton(self, kind):
        return {**UNCHANGED.get(kind, {}), **self.get(kind).get(SINGLETON, {})}

    def stored(self, kind, value):
        try:
            return {name: canonical(kind, name, inner) for name, inner in value.items()}
        except (ValueError, KeyError, TypeError) as problem:
            raise Refused(f"invalidProperties: {problem}") from None

    def check(self, kind, value, whole):
        problem = self.schema.problem(kind, value, whole)
        if problem:
            raise Refused(problem)

    def settable(self, kind, value):
        """The command line tool leaves out what the schema says that the server sets …"""
        return {name: inner for name, inner in value.items() if name not in self.schema.set_by_server(kind, value)}

    def changeable(self, kind, value):
        """… and from a change what only a create sets, too, whatever the value: it stays as it is."""
        fixed = READ_ONLY.get(kind, set())
        return {name: inner for name, inner in self.settable(kind, value).items() if name not in fixed}

    def keys(self, kind, value):
        """What no other object of the kind may have as well."""
        if kind == "Account":
            # An alias may be in another domain than its account.
            addresses = [value, *value.get("aliases", {}).values()]
            return {("address", address["name"], address.get("domainId")) for address in addresses}
        return {tuple(json.dumps(value.get(name)) for name in KEYS[kind])} if kind in KEYS else set()

    def unique(self, kind, value, but=None):
        wanted = self.keys(kind, value)
        for identifier, other in self.get(kind).items():
            if identifier != but and wanted & self.keys(kind, other):
                raise Refused("primaryKeyViolation: an object with this primary key exists already")

    def create(self, kind, value):
        self.check(kind, value, True)
        if self.is_singleton(kind):
            raise Refused("singleton: it can only be updated")
        value = self.stored(kind, value)
        if kind == "Account":
            if value.get("credentials"):
                raise Refused("invalidProperties: credentials: Secondary credentials cannot be set directly.")
            value = {**ACCOUNT, **value}
        self.unique(kind, value)
        identifier = self.insert(kind, value)
        self.save()
        return identifier

    def update(self, kind, identifier, patch):
        self.check(kind, patch, False)
        if self.is_singleton(kind) or (identifier == SINGLETON and self.schema.schema is None):
            self.objects.setdefault(kind, {})[SINGLETON] = {**self.singleton(kind), **self.stored(kind, patch)}
            return self.save()
        old = self.get(kind).get(identifier)
        if old is None:
            raise Refused("notFound")
        for name in sorted(READ_ONLY.get(kind, set()) & patch.keys()):
            raise Refused(f"invalidPatch: {name}: Cannot modify read-only property")
        new = {**old, **self.stored(kind, patch)}
        self.unique(kind, new, identifier)
        self.objects[kind][identifier] = new
        return self.save()

    def destroy(self, kind, identifier):
        if self.get(kind).pop(identifier, None) is None:
            raise Refused("notFound")
        self.save()
