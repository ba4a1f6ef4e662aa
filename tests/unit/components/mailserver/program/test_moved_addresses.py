"""An address that moves from one account to another: against the sandbox's fake of the server."""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
import tempfile
import unittest
import unittest.mock

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../../support"))

import before_settings
from account_access import Access, Outcome, describe
from fake_stalwart import DOMAIN, PASSWORD, FakeStalwart
from management import Jmap


class Moving(unittest.TestCase):
    def setUp(self) -> None:
        self.server = FakeStalwart(self)
        self.server.declare("kinga", "alpar", "zoe")
        self.give("kinga", "office", "boss")
        self.run_with({})

    def give(self, name: str, *aliases: str, domain: str = DOMAIN) -> None:
        identifier, account = self.server.settings.found(name)
        domains = self.server.settings.registry.get("Domain").items()
        domain_id = next(one for one, value in domains if value["name"] == domain)
        added = [{"name": alias, "domainId": domain_id, "description": "by hand"} for alias in aliases]
        both = [*(account.get("aliases") or {}).values(), *added]
        aliases_of = {str(n): alias for n, alias in enumerate(both)}
        self.server.settings.registry.update("Account", identifier, {"aliases": aliases_of})

    def run_with(self, addresses: dict[str, str], *declared: str) -> Outcome:
        names = declared or ("kinga", "alpar", "zoe")
        return Access(Jmap(self.server.url, "admin", PASSWORD), DOMAIN, names, ("homelab-mail",), addresses).run()

    def aliases(self, name: str) -> list[tuple[str, str]]:
        found = (self.server.settings.found(name)[1].get("aliases") or {}).values()
        return [(alias["name"], alias.get("description")) for alias in found]

    def test_an_alias_is_taken_from_the_mailbox_that_had_it_and_its_other_aliases_stay_as_they_are(self) -> None:
        outcome = self.run_with({"office": "alpar", "boss": "kinga"})
        self.assertEqual(outcome, Outcome(moved=1))
        self.assertEqual(self.aliases("kinga"), [("boss", "by hand")])
        self.assertEqual(describe(outcome), ["1 address taken from one account for another"])

    def test_an_alias_becomes_the_address_of_a_new_mailbox_and_goes_to_an_account_of_the_stacks_own(self) -> None:
        outcome = self.run_with({"office": "office", "boss": "homelab-mail"}, "kinga", "alpar", "zoe", "office")
        self.assertEqual(self.aliases("kinga"), [])
        self.assertEqual(describe(outcome), ["2 addresses taken from one account for another"])

    def test_a_mailbox_that_left_the_configuration_gives_up_an_alias_that_another_one_is_declared_to_have(self) -> None:
        self.run_with({"office": "alpar"}, "alpar", "zoe")
        self.assertEqual(self.aliases("kinga"), [("boss", "by hand")])

    def test_aliases_that_nobody_else_is_declared_to_have_stay(self) -> None:
        self.server.called.clear()
        for addresses in ({}, {"office": "kinga", "alpar": "alpar"}):
            self.assertEqual(self.run_with(addresses), Outcome())
        self.assertEqual([method for method, _ in self.server.called if method.endswith("/set")], [])
        self.assertEqual(len(self.aliases("kinga")), 2)

    def test_the_same_name_in_another_domain_is_another_address(self) -> None:
        self.server.declare_elsewhere("somebody", "second.test")
        self.give("zoe", "office", domain="second.test")
        self.run_with({"office": "alpar"})
        self.assertEqual(self.aliases("zoe"), [("office", "by hand")])
        self.run_with({"office@second.test": "alpar"})
        self.assertEqual(self.aliases("zoe"), [])

    def test_an_account_made_by_hand_keeps_its_aliases(self) -> None:
        self.server.declare("guest")
        self.give("guest", "desk")
        self.run_with({"desk": "alpar"})
        self.assertEqual(self.aliases("guest"), [("desk", "by hand")])

    def run_program(self, plan: str) -> str:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        for name, text in (
            ("plan.ndjson", plan),
            ("accounts.json", json.dumps({"domain": DOMAIN, "declared": ["alpar", "zoe"], "closed": []})),
        ):
            with open(f"{folder.name}/{name}", "w", encoding="utf-8") as file:
                file.write(text)
        login = {"STALWART_URL": self.server.url, "STALWART_USER": "admin", "STALWART_PASSWORD": PASSWORD}
        options = [f"--accounts={folder.name}/accounts.json", f"--plan={folder.name}/plan.ndjson", "--web-ui=x"]
        said = io.StringIO()
        with unittest.mock.patch.dict(os.environ, login), contextlib.redirect_stdout(said):
            before_settings.main(options)
        return said.getvalue()

    def test_the_plan_tells_whose_an_address_is(self) -> None:
        alias = {"0": {"name": "office", "domainId": "#domain"}}
        account = {"@type": "User", "name": "alpar", "domainId": "#domain", "aliases": alias}
        plan = [
            {"@type": "upsert", "object": "Domain", "matchOn": ["name"], "value": {"domain": {"name": DOMAIN}}},
            {"@type": "upsert", "object": "Account", "matchOn": ["name"], "value": {"a": account}},
        ]
        self.assertIn("1 address taken", self.run_program("\n".join(map(json.dumps, plan))))
        self.assertEqual(self.aliases("kinga"), [("boss", "by hand")])

    def test_a_plan_that_makes_no_sense_does_not_keep_access_from_ending(self) -> None:
        for plan in ("{", '{"@type": "upsert", "object": "Account", "value": {"a": {"domainId": "#domain"}}}'):
            with self.subTest(plan):
                self.run_with({})
                self.assertIn("access ended for 1 account", self.run_program(plan))


if __name__ == "__main__":
    unittest.main()
