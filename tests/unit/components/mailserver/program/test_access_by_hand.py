"""Ended access that somebody gave back by hand, against the sandbox's fake of the server."""

from __future__ import annotations

import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../../support"))

from account_access import NO_ACCESS, Access
from fake_stalwart import DOMAIN, PASSWORD, FakeStalwart
from management import Jmap


class ByHand(unittest.TestCase):
    def test_ended_access_that_an_administrator_gave_back_beside_the_refusal_ends_again(self) -> None:
        server = FakeStalwart(self)
        server.declare("kinga", "alpar")

        def run_with(*declared: str) -> int:
            return Access(Jmap(server.url, "admin", PASSWORD), DOMAIN, declared).run().ended

        run_with("kinga", "alpar")
        run_with("alpar")
        identifier, _ = server.settings.found("kinga")
        given_back = {**NO_ACCESS, "enabledPermissions": {"authenticate": True}}
        server.settings.registry.update("Account", identifier, {"permissions": given_back})
        self.assertEqual(run_with("alpar"), 1)
        self.assertEqual(server.settings.found("kinga")[1]["permissions"], NO_ACCESS)
        self.assertEqual(run_with("alpar"), 0)


if __name__ == "__main__":
    unittest.main()
