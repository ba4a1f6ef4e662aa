"""How the fake stores settings."""

import os
import unittest

from canonical import canonical
from registry import READ_ONLY, Refused
from settings import Settings
from store_harness import Store, line

SCHEMA = os.path.join(os.path.dirname(__file__), "../../../../../shared/stalwart/schema.json")


class Forms(Store):
    def test_values_are_stored_as_the_server_writes_them(self):
        for kind, name, written, stored in (
            ("SpamRule", "name", "no ne", "NONE"),
            ("SpamDnsblServer", "name", "none", "NONE"),
            ("SpamTag", "tag", "from_junk", "FROM_JUNK"),
            ("AllowedIp", "address", "FD00:0:0::/8", "fd00::/8"),
            ("AllowedIp", "address", "10.0.0.1/32", "10.0.0.1"),
            ("AllowedIp", "address", "10.0.0.1/24", "10.0.0.1/24"),
            ("Domain", "name", "Home.TEST", "home.test"),
            ("Account", "name", "Ki nga", "kinga"),
            ("Directory", "description", " Pocket ID ", "Pocket ID"),
            ("MemoryLookupKeyValue", "key", " Kinga ", " Kinga "),
        ):
            with self.subTest(kind=kind, written=written):
                self.assertEqual(canonical(kind, name, written), stored)

    def test_the_fake_server_removes_blanks_of_an_alias_too(self):
        self.assertEqual(canonical("Account", "aliases", {"0": {"name": "B oss"}}), {"0": {"name": "boss"}})

    def test_a_value_without_a_form_of_the_server_is_refused(self):
        for kind, name, value in (
            ("Account", "name", "a..b"),
            ("AllowedIp", "address", "10.0.0.0/7"),
            *(
                ("Domain", "name", f"home.{top}")
                for top in ("example", "domain", "homelab", "ip6", "invalid", "t3st", "x")
            ),
            ("Domain", "name", "com"),
            ("Domain", "name", "192.0.2.1"),
            ("SystemSettings", "defaultHostname", "mail.home.example"),
        ):
            with self.subTest(kind, value=value), self.assertRaises(ValueError):
                canonical(kind, name, value)

    def test_a_domain_may_be_private_and_a_host_may_be_an_address(self):
        for name in (
            "home.test",
            "home.lan",
            "lan",
            "home.internal",
            "example.org",
            "co.uk",
            "home.xn--p1ai",
            "home.onion",
            "home.zw",
        ):
            with self.subTest(name):
                self.assertEqual(canonical("Domain", "name", name), name)
        self.assertEqual(canonical("SystemSettings", "defaultHostname", "192.0.2.1"), "192.0.2.1")


@unittest.skipUnless(os.path.exists(SCHEMA), "the server's schema is not beside this repository")
class BySchema(Store):
    def setUp(self):
        super().setUp()
        from schema import Schema

        self.registry.schema = Schema(SCHEMA)

    def test_a_property_that_the_schema_does_not_have_is_refused(self):
        for operation, why in (
            (line("update", "Securty", {"authBanPeriod": 1}), "unknown object"),
            (line("update", "Security", {"banPeriod": 1}), "banPeriod: Invalid property"),
            (line("create", "MtaRoute", {"r": {"@type": "Relais", "name": "x"}}), "@type"),
            (
                line("create", "Domain", {"d": {"name": "x.test", "createdAt": "2026-01-01T00:00:00Z"}}),
                "set by the server",
            ),
            (line("create", "Security", {"s": {}}), "singleton"),
        ):
            with self.subTest(why), self.assertRaisesRegex(Refused, why):
                self.apply(operation)

    def test_the_tool_leaves_out_what_the_server_sets(self):
        domain = {"name": "x.test", "createdAt": "2026-01-01T00:00:00Z"}
        for _ in range(2):
            self.apply(line("upsert", "Domain", {"d": domain}, ["name"]))
        self.assertEqual(self.values("Domain"), [{"name": "x.test"}])

    def test_what_only_a_create_sets_is_what_the_schema_says(self):
        schema = self.registry.schema.schema
        for kind, names in READ_ONLY.items():
            shape = schema["schemas"][f"x:{kind}"]
            for form in shape.get("variants", [shape]):
                properties = schema["fields"][form["schemaName"]]["properties"]
                said = {name for name, described in properties.items() if described.get("update") == "immutable"}
                with self.subTest(kind, form=form["schemaName"]):
                    self.assertEqual(names, said - {"createdAt"})


class Starting(Store):
    def test_an_empty_kind_of_object_gets_its_defaults_at_every_start(self):
        self.assertEqual(len(self.values("NetworkListener")), 7)
        self.assertNotIn("submission", [one["name"] for one in self.values("NetworkListener")])
        for identifier in list(self.registry.get("Tracer")):
            self.registry.destroy("Tracer", identifier)
        self.open()
        self.assertEqual([one["@type"] for one in self.values("Tracer")], ["Log"])

    def test_changed_settings_are_kept_after_a_restart(self):
        self.apply(line("update", "Security", {"scanBanPaths": {}}))
        self.open()
        self.assertEqual(self.registry.singleton("Security")["scanBanPaths"], {})
        self.assertEqual(self.registry.singleton("Security")["authBanRate"]["count"], 100)

    def test_a_reload_is_refused_whole_for_a_secret_that_is_not_there(self):
        settings = Settings(self.folder)
        self.assertIsNone(settings.unbuildable())
        settings.registry.create(
            "MtaRoute", {"@type": "Relay", "name": "relay", "authSecret": {"@type": "File", "filePath": "/no"}}
        )
        self.assertIn("/no", settings.unbuildable())


if __name__ == "__main__":
    unittest.main()
