"""How the fake stores settings and works through a plan."""

import json
import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../rig/fakes/stalwart"))

from canonical import canonical
from plan import Plan
from registry import READ_ONLY, Refused, Registry
from settings import Settings

SCHEMA = os.path.join(os.path.dirname(__file__), "../../../../../shared/stalwart/schema.json")


def line(kind, name, value, match_on=None):
    return json.dumps({"@type": kind, "object": name, "value": value, **({"matchOn": match_on} if match_on else {})})


class Store(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.actions = []
        self.open()

    def open(self):
        self.registry = Registry(f"{self.folder}/settings.json")

    def apply(self, *lines):
        return Plan(self.registry, self.actions.append).apply("\n".join(lines))

    def values(self, kind):
        return list(self.registry.get(kind).values())


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
            *(("Domain", "name", f"home.{top}") for top in ("example", "invalid", "homelab", "t3st", "x")),
            ("Domain", "name", "com"),
            ("Domain", "name", "192.0.2.1"),
            ("SystemSettings", "defaultHostname", "mail.home.example"),
        ):
            with self.subTest(kind, value=value), self.assertRaises(ValueError):
                canonical(kind, name, value)

    def test_a_domain_may_be_private_and_a_host_may_be_an_address(self):
        for name in ("home.test", "home.lan", "lan", "home.internal", "example.org", "co.uk", "home.xn--p1ai"):
            with self.subTest(name):
                self.assertEqual(canonical("Domain", "name", name), name)
        self.assertEqual(canonical("SystemSettings", "defaultHostname", "192.0.2.1"), "192.0.2.1")


RULE = {"rule": {"@type": "Any", "name": "none", "enable": False}}


class Plans(Store):
    def test_a_second_object_with_the_same_key_ends_the_plan_and_what_came_before_stays(self):
        rule = line("reconcile", "SpamRule", RULE, ["name"])
        before = line("upsert", "Domain", {"domain": {"name": "home.test"}}, ["name"])
        after = line("update", "Asn", {"@type": "Disabled"})
        self.apply(rule)
        with self.assertRaisesRegex(Refused, "line 2: SpamRule: primaryKeyViolation"):
            self.apply(before, rule, after)
        self.assertEqual(self.values("Domain"), [{"name": "home.test"}])
        self.assertEqual(self.registry.singleton("Asn")["@type"], "Resource")

    def test_one_local_part_is_an_address_in_each_domain_whatever_the_domain_of_its_account(self):
        domains = line("upsert", "Domain", {"a": {"name": "home.test"}, "b": {"name": "second.test"}}, ["name"])

        def accounts(name):
            kinga = {"@type": "User", "name": "kinga", "domainId": "#a", "aliases": {}}
            elsewhere = {"0": {"name": "kinga", "domainId": "#b"}}
            other = {"@type": "User", "name": name, "domainId": "#a", "aliases": elsewhere}
            return line("upsert", "Account", {"kinga": kinga, "other": other}, ["name", "domainId"])

        self.apply(domains, accounts("office"))
        self.assertEqual(self.apply(domains, accounts("office"))["created"], 0)
        taken = {"t": {"@type": "User", "name": "kinga", "domainId": "#b", "aliases": {}}}
        with self.assertRaisesRegex(Refused, "primaryKeyViolation"):
            self.apply(domains, line("upsert", "Account", taken, ["name", "domainId"]))

    def test_scripts_queues_and_tls_strategies_of_one_name_are_refused(self):
        for kind in ("SieveSystemScript", "MtaVirtualQueue", "MtaTlsStrategy"):
            self.apply(line("create", kind, {"a": {"name": "one"}}))
            with self.subTest(kind), self.assertRaisesRegex(Refused, "primaryKeyViolation"):
                self.apply(line("create", kind, {"b": {"name": "one"}}))

    def test_a_property_that_only_a_create_sets_may_not_be_sent_again_and_the_tool_leaves_it_out(self):
        network = line("upsert", "AllowedIp", {"n": {"address": "10.0.0.0/8", "reason": "home"}}, ["reason"])
        self.apply(network)
        self.assertEqual(self.apply(network)["updated"], 1)
        [identifier] = self.registry.get("AllowedIp")
        for address in ("10.0.0.0/8", "10.0.0.0/16"):
            with self.subTest(address), self.assertRaisesRegex(Refused, "address: Cannot modify read-only property"):
                self.registry.update("AllowedIp", identifier, {"address": address})
        with self.assertRaisesRegex(Refused, "read-only"):
            self.apply(network.replace("10.0.0.0/8", "10.0.0.0/16"))

    def test_reconcile_deletes_at_the_end_and_not_at_all_when_something_failed(self):
        network = line("reconcile", "AllowedIp", {"n": {"address": "10.0.0.0/8"}}, ["address"])
        self.apply(line("create", "AllowedIp", {"old": {"address": "192.0.2.1"}}))
        with self.assertRaises(Refused):
            self.apply(
                network, line("update", "Nothing", {"x": 1}, None), line("create", "Account", {"a": {"name": ".."}})
            )
        self.assertEqual(len(self.values("AllowedIp")), 2)
        self.assertEqual(self.apply(network)["destroyed"], 1)

    def test_match_on_compares_exactly_and_with_the_variant(self):
        self.apply(line("upsert", "SpamTag", {"t": {"@type": "Score", "tag": "A", "score": 0}}, ["tag"]))
        with self.assertRaisesRegex(Refused, "primaryKeyViolation"):
            self.apply(line("upsert", "SpamTag", {"t": {"@type": "Discard", "tag": "A"}}, ["tag"]))

    def test_objects_are_known_with_and_without_their_prefix(self):
        self.apply(line("upsert", "x:SpamTag", {"t": {"@type": "Score", "tag": "A", "score": 0}}, ["tag"]))
        self.assertEqual(len(self.values("SpamTag")), 1)

    def test_references_are_resolved_in_id_properties_and_nowhere_else(self):
        self.apply(
            line("upsert", "Domain", {"domain": {"name": "home.test"}}, ["name"]),
            line(
                "upsert",
                "Account",
                {"a": {"@type": "User", "name": "a", "domainId": "#domain", "description": "#1"}},
                ["name"],
            ),
        )
        [account] = self.values("Account")
        self.assertEqual((account["domainId"], account["description"]), ("domain0", "#1"))
        with self.assertRaisesRegex(Refused, "notFound: #nobody"):
            self.apply(line("update", "Authentication", {"directoryId": "#nobody"}))

    def test_an_address_belongs_to_one_account(self):
        self.apply(line("create", "Account", {"a": {"@type": "User", "name": "a", "aliases": {"0": {"name": "boss"}}}}))
        with self.assertRaisesRegex(Refused, "primaryKeyViolation"):
            self.apply(line("create", "Account", {"b": {"@type": "User", "name": "boss"}}))

    def test_an_unknown_field_of_an_operation_is_refused_before_anything_is_done(self):
        with self.assertRaisesRegex(Refused, "unknown field"):
            self.apply(
                line("update", "Asn", {"@type": "Disabled"}), '{"@type":"create","object":"Domain","value":{},"name":1}'
            )
        self.assertEqual(self.registry.singleton("Asn")["@type"], "Resource")

    def test_a_credential_cannot_be_set_directly(self):
        with self.assertRaisesRegex(Refused, "Secondary credentials"):
            self.apply(line("create", "Account", {"a": {"@type": "User", "name": "a", "credentials": {"0": {}}}}))


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
