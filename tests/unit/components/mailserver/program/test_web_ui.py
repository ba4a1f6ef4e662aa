"""The pinned release of the web UI, against the sandbox's fake of the server."""

from __future__ import annotations

import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../../support"))

import web_ui
from fake_stalwart import PASSWORD, FakeStalwart
from management import Jmap

PINNED, OTHER = "https://example.org/webui.zip", "https://example.org/calendar.zip"


class Pinning(unittest.TestCase):
    def setUp(self) -> None:
        self.server = FakeStalwart(self)
        self.applications = {
            description: self.server.settings.registry.create(
                "Application", {"description": description, "resourceUrl": OTHER}
            )
            for description in (web_ui.DESCRIPTION, "A calendar")
        }

    def pin(self) -> bool:
        return web_ui.pin(Jmap(self.server.url, "admin", PASSWORD), PINNED)

    def address(self, description: str) -> str:
        return str(self.server.settings.registry.get("Application")[self.applications[description]]["resourceUrl"])

    def test_only_the_web_ui_is_pinned_and_another_application_of_the_administrators_keeps_its_address(self) -> None:
        self.assertIs(self.pin(), True)
        self.assertEqual([self.address(one) for one in self.applications], [PINNED, OTHER])
        self.assertIs(self.pin(), False)


if __name__ == "__main__":
    unittest.main()
