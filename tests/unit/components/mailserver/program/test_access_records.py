"""The record of declared accounts, and what others did on the server: against the sandbox's fake of it."""

from __future__ import annotations

import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../../support"))

from account_access import NO_ACCESS, RECORD, Access, Outcome
from fake_stalwart import DOMAIN, PASSWORD, FakeStalwart
from management import Jmap


class Records(unittest.TestCase):
    def setUp(self) -> None:
        self.server = FakeStalwart(self)
        self.server.declare("kinga", "alpar", "service")

    def run_with(self, *declared: str, closed: tuple[str, ...] = ()) -> Outcome:
        return Access(Jmap(self.server.url, "admin", PASSWORD), DOMAIN, declared, closed).run()

    def may_sign_in(self, name: str) -> bool:
        return self.server.opens(f"{name}@{DOMAIN}%admin", PASSWORD)

    def test_ended_access_that_an_administrator_gave_back_beside_the_refusal_ends_again(self) -> None:
        self.run_with("kinga", "alpar")
        self.run_with("alpar")
        identifier, _ = self.server.settings.found("kinga")
        given_back = {**NO_ACCESS, "enabledPermissions": {"authenticate": True}}
        self.server.settings.registry.update("Account", identifier, {"permissions": given_back})
        self.assertEqual(self.run_with("alpar").ended, 1)
        self.assertEqual(self.server.settings.found("kinga")[1]["permissions"], NO_ACCESS)
        self.assertEqual(self.run_with("alpar").ended, 0)

    def test_a_mailbox_that_became_an_account_of_the_stacks_own_is_opened_when_it_is_a_mailbox_again(self) -> None:
        self.run_with("kinga", "service")
        self.run_with("kinga", closed=("service",))
        self.assertFalse(self.may_sign_in("service"))
        self.assertEqual(self.run_with("kinga", "service").returned, 1)
        self.assertTrue(self.may_sign_in("service"))
        phone = self.server.app_password("service")
        self.assertEqual(self.run_with("kinga", "service"), Outcome())
        self.assertTrue(self.server.opens("service", phone))  # only what was made before is gone

    def test_lookup_entries_of_others_are_no_record_of_accounts(self) -> None:
        registry = self.server.settings.registry
        for name in ("alpar", "a word"):
            entry = {"namespace": "own", "key": name, "value": "x", "isGlobPattern": False}
            registry.create(RECORD.removeprefix("x:"), entry)
        self.assertEqual(self.run_with("kinga"), Outcome())
        self.assertTrue(self.may_sign_in("alpar"))
        kept = [one["key"] for one in registry.get("MemoryLookupKeyValue").values() if one["namespace"] == "own"]
        self.assertEqual(kept, ["alpar", "a word"])


if __name__ == "__main__":
    unittest.main()
