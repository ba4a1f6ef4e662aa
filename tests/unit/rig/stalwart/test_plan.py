"""How the fake works through a plan, as the command line tool does."""

import unittest

from registry import Refused
from store_harness import Store, line

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
        self.assertEqual(self.apply(network.replace("10.0.0.0/8", "10.0.0.0/16"))["updated"], 1)
        self.assertEqual(self.values("AllowedIp"), [{"address": "10.0.0.0/8", "reason": "home"}])
        alone = line("upsert", "AllowedIp", {"n": {"address": "10.0.0.0/8"}}, ["address"])
        self.assertEqual(self.apply(alone)["updated"], 0)
        for address in ("10.0.0.0/8", "10.0.0.0/16"):
            with self.subTest(address), self.assertRaisesRegex(Refused, "address: Cannot modify read-only property"):
                self.registry.update("AllowedIp", identifier, {"address": address})

    def test_the_tool_creates_before_it_changes_so_an_alias_cannot_move_to_a_new_account_in_one_plan(self):
        def accounts(**aliases):
            mine = {"@type": "User", "domainId": "home"}
            return line(
                "upsert",
                "Account",
                {
                    name: {**mine, "name": name, "aliases": {str(n): {"name": one} for n, one in enumerate(whose)}}
                    for name, whose in aliases.items()
                },
                ["name"],
            )

        self.apply(accounts(alpar=["boss"]))
        with self.assertRaisesRegex(Refused, "primaryKeyViolation"):
            self.apply(accounts(alpar=[], kinga=["boss"]))
        self.apply(accounts(alpar=[], kinga=[]))
        self.apply(accounts(alpar=[], kinga=["boss"]))
        with self.assertRaisesRegex(Refused, "primaryKeyViolation"):
            self.apply(accounts(alpar=["boss"], kinga=[]))

    def test_the_tool_does_not_see_what_the_plan_itself_has_created(self):
        tag = line("upsert", "SpamTag", {"t": {"@type": "Score", "tag": "A", "score": 0}}, ["tag"])
        with self.assertRaisesRegex(Refused, "line 2: SpamTag: primaryKeyViolation"):
            self.apply(tag, tag)
        self.assertEqual(self.apply(tag, tag)["created"], 0)

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


if __name__ == "__main__":
    unittest.main()
