"""Somebody leaves, and comes back: against the sandbox's fake of the server."""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../../support"))

import before_settings
from account_access import Access, Outcome
from fake_stalwart import DOMAIN, PASSWORD, FakeStalwart
from management import Jmap

UI = "https://github.com/stalwartlabs/webui/releases/download/v1.0.8/webui.zip"


class Leaving(unittest.TestCase):
    def setUp(self) -> None:
        self.server = FakeStalwart(self)
        self.server.declare("kinga", "alpar")
        self.run_with("kinga", "alpar")
        self.phone = self.server.app_password("kinga")

    def run_with(self, *declared: str, closed: tuple[str, ...] = ()) -> Outcome:
        return Access(Jmap(self.server.url, "admin", PASSWORD), DOMAIN, declared, closed).run()

    def may_sign_in(self, name: str) -> bool:
        return self.server.opens(f"{name}@{DOMAIN}%admin", PASSWORD)

    def test_removing_a_mailbox_ends_its_app_passwords_its_sign_in_and_the_administrators_access_to_it(self) -> None:
        self.assertTrue(self.server.opens("kinga", self.phone))
        self.assertEqual(self.server.settings.signed_in(f"kinga@{DOMAIN}"), "kinga")
        self.assertTrue(self.may_sign_in("kinga"))
        self.assertEqual(self.run_with("alpar").ended, 1)
        self.assertFalse(self.server.opens("kinga", self.phone))
        self.assertIsNone(self.server.settings.signed_in(f"kinga@{DOMAIN}"))
        self.assertFalse(self.may_sign_in("kinga"))
        self.assertEqual(self.server.access.app_passwords("kinga"), {})

    def test_mail_of_a_removed_mailbox_is_still_taken_in_and_kept_and_the_account_is_never_deleted(self) -> None:
        self.run_with("alpar")
        self.assertEqual(self.server.settings.recipient(f"kinga@{DOMAIN}"), "kinga")
        self.assertTrue(self.server.settings.permits("kinga", "emailReceive"))
        self.assertFalse([one for one in self.server.called if one[0] == "x:Account/set" and "destroy" in one[1]])

    def test_a_namesake_in_another_domain_is_somebody_else_and_is_closed_even_when_the_domain_is_removed(self) -> None:
        namesake = self.server.declare_elsewhere("kinga", "second.test")
        both = ("kinga", "alpar", "kinga@second.test")
        self.assertEqual(self.run_with(*both).failures, [])
        self.assertEqual(self.run_with("kinga", "alpar").ended, 1)
        self.assertTrue(self.server.is_closed(namesake))
        self.assertTrue(self.server.opens("kinga", self.phone))
        self.assertEqual(self.run_with(*both).returned, 1)
        self.assertFalse(self.server.is_closed(namesake))

    def test_an_account_made_by_hand_in_another_domain_is_left_alone(self) -> None:
        by_hand = self.server.declare_elsewhere("kinga", "second.test")
        self.run_with("alpar")
        self.assertFalse(self.server.is_closed(by_hand))

    def test_removing_a_mailbox_does_not_change_the_other_accounts(self) -> None:
        tablet = self.server.app_password("alpar")
        self.run_with("alpar")
        self.assertTrue(self.server.opens("alpar", tablet))

    def test_a_second_run_that_ends_access_changes_nothing(self) -> None:
        self.run_with("alpar")
        self.server.called.clear()
        outcome = self.run_with("alpar")
        self.assertEqual((outcome.ended, outcome.returned, outcome.failures), (0, 0, []))
        self.assertEqual([method for method, _ in self.server.called if method.endswith("/set")], [])

    def test_access_that_was_restored_by_hand_ends_again(self) -> None:
        self.run_with("alpar")
        identifier, _ = self.server.settings.found("kinga")
        self.server.settings.registry.update("Account", identifier, {"permissions": {"@type": "Inherit"}})
        self.assertTrue(self.may_sign_in("kinga"))
        self.run_with("alpar")
        self.assertFalse(self.may_sign_in("kinga"))

    def test_coming_back_does_not_revive_old_devices_of_a_mailbox(self) -> None:
        self.run_with("alpar")
        self.assertEqual(self.run_with("kinga", "alpar").returned, 1)
        self.assertTrue(self.may_sign_in("kinga"))
        self.assertFalse(self.server.opens("kinga", self.phone))

    def test_credentials_are_removed_before_access_is_restored_whatever_is_interrupted(self) -> None:
        self.run_with("alpar")
        # A device that was added in between, by hand: it must not live on either.
        self.server.access.app_passwords("kinga")["7"] = {"secret": "app_left", "description": "left"}
        self.server.broken.add("x:Account/set")
        calls = [one for one in self.server.called if one[0] == "x:Account/set"]
        self.run_with("kinga", "alpar")
        after = [one for one in self.server.called if one[0] == "x:Account/set"][len(calls) :]
        self.assertEqual([list(patch) for _, a in after for patch in a["update"].values()], [["credentials"]])

    def test_an_account_made_by_hand_is_left_alone(self) -> None:
        self.server.declare("guest")
        guest = self.server.app_password("guest")
        outcome = self.run_with("alpar", "kinga")
        self.assertEqual(outcome.ended, 0)
        self.assertTrue(self.server.opens("guest", guest))

    def test_a_declared_account_that_an_administrator_closed_stays_closed(self) -> None:
        identifier, _ = self.server.settings.found("kinga")
        closed = {"@type": "Merge", "enabledPermissions": {}, "disabledPermissions": {"authenticate": True}}
        self.server.settings.registry.update("Account", identifier, {"permissions": closed})
        self.run_with("alpar", "kinga")
        self.assertFalse(self.may_sign_in("kinga"))

    def test_a_name_that_was_deleted_and_made_again_by_hand_is_the_administrators(self) -> None:
        identifier, _ = self.server.settings.found("kinga")
        self.server.settings.registry.destroy("Account", identifier)
        self.run_with("alpar")
        self.server.declare("kinga")
        self.run_with("alpar")
        self.assertTrue(self.may_sign_in("kinga"))

    def test_nobody_signs_in_to_an_account_of_the_stacks_own(self) -> None:
        self.server.declare("service")
        app = self.server.app_password("service")  # made by somebody with that address, before it was closed
        for _ in range(2):
            outcome = self.run_with("kinga", "alpar", closed=("service",))
            self.assertEqual((outcome.ended, outcome.returned, outcome.failures), (0, 0, []))
            self.assertFalse(self.server.opens("service", app))
            self.assertIsNone(self.server.settings.signed_in(f"service@{DOMAIN}"))
            self.assertFalse(self.may_sign_in("service"))
        self.assertEqual(self.server.settings.recipient(f"service@{DOMAIN}"), "service")

    def test_an_account_of_the_stacks_own_that_becomes_a_mailbox_is_opened_without_its_old_devices(self) -> None:
        self.run_with("kinga", "alpar", closed=("service",))  # the plan makes the account after the first run
        self.server.declare("service")
        app = self.server.app_password("service")
        self.run_with("kinga", "alpar", closed=("service",))
        self.run_with("kinga", "alpar", "service")
        self.assertTrue(self.may_sign_in("service"))
        self.assertFalse(self.server.opens("service", app))
        self.run_with("kinga", "alpar", closed=("service",))
        self.assertFalse(self.may_sign_in("service"))

    def test_an_account_that_cannot_be_changed_does_not_stop_the_others(self) -> None:
        self.server.declare("zoe")
        self.run_with("kinga", "alpar", "zoe")
        identifier, _ = self.server.settings.found("alpar")
        update = self.server.settings.registry.update

        def refusing(kind: str, one: str, patch: object) -> None:
            from registry import Refused

            if one == identifier:
                raise Refused("forbidden: not this one")
            update(kind, one, patch)

        self.server.settings.registry.update = refusing
        outcome = self.run_with("zoe")
        self.assertEqual(outcome.failures, ["x:Account/set: forbidden"])
        self.assertFalse(self.may_sign_in("kinga"))

    def test_more_accounts_than_one_response_holds_are_all_closed(self) -> None:
        names = [f"person{n}" for n in range(250)]
        self.server.declare(*names)
        self.run_with("kinga", "alpar", *names)
        self.assertEqual(self.run_with("kinga", "alpar", *names[:10]).ended, 240)


class Running(unittest.TestCase):
    def setUp(self) -> None:
        self.server = FakeStalwart(self)
        self.server.declare("kinga", "alpar")
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.accounts, self.result = f"{folder.name}/accounts.json", f"{folder.name}/result.json"
        login = {"STALWART_URL": self.server.url, "STALWART_USER": "admin", "STALWART_PASSWORD": PASSWORD}
        before = dict(os.environ)
        os.environ.update(login)
        self.addCleanup(os.environ.update, before)
        self.write("kinga", "alpar")

    def write(self, *declared: str) -> None:
        with open(self.accounts, "w", encoding="utf-8") as file:
            json.dump({"domain": DOMAIN, "declared": declared, "closed": []}, file)

    def program(self, *extra: str) -> tuple[int, str]:
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            code = before_settings.main([f"--accounts={self.accounts}", f"--web-ui={UI}", *extra])
        return code, said.getvalue()

    def test_the_program_that_ends_access_reports_how_many_accounts_and_never_which(self) -> None:
        self.program()
        self.write("alpar")
        code, said = self.program()
        self.assertEqual(code, 0)
        self.assertIn("access ended for 1 account", said)
        self.assertNotIn("kinga", said)

    def test_before_the_plan_the_program_always_ends_with_0_and_its_report_is_correct(self) -> None:
        self.server.broken.add("x:Account/query")
        self.assertEqual(self.program(f"--result={self.result}")[0], 0)
        code, said = self.program(f"--result={self.result}", "--report")
        self.assertEqual(code, 1)
        self.assertIn("accounts could not be compared: x:Account/query: HTTP status 500", said)

    def test_a_server_that_does_not_answer_and_a_wrong_password_are_failures(self) -> None:
        for variable, value in (("STALWART_URL", "http://127.0.0.1:9"), ("STALWART_PASSWORD", "wrong")):
            with self.subTest(variable):
                os.environ[variable] = value
                self.assertEqual(self.program()[0], 1)

    def test_an_invalid_or_empty_list_of_accounts_ends_no_access(self) -> None:
        self.program()
        for text in ("", "[]", json.dumps({"domain": DOMAIN, "declared": [], "closed": ["homelab-mail"]})):
            with self.subTest(text):
                with open(self.accounts, "w", encoding="utf-8") as file:
                    file.write(text)
                self.program(f"--result={self.result}")
                self.assertEqual(self.program(f"--result={self.result}", "--report")[0], 1)
                self.assertTrue(self.server.opens(f"kinga@{DOMAIN}%admin", PASSWORD))

    def test_the_web_ui_is_replaced_once(self) -> None:
        self.assertIn("the web UI is the pinned release from now on", self.program()[1])
        self.assertEqual(self.server.actions, ["UpdateApps"])
        self.assertEqual(next(iter(self.server.settings.all("Application")))["resourceUrl"], UI)
        self.program()
        self.assertEqual(self.server.actions, ["UpdateApps"])

    def test_a_web_ui_that_could_not_be_downloaded_is_tried_again(self) -> None:
        self.server.has_web_ui = False
        for _ in range(2):
            code, said = self.program()
            self.assertEqual(code, 0)
            self.assertIn("the web UI could not be replaced: the server could not download it", said)
        self.assertEqual(self.server.actions, ["UpdateApps"] * 2)
        self.server.has_web_ui = True
        self.program()
        self.assertEqual(self.server.actions, ["UpdateApps"] * 2)

    def test_a_web_ui_that_cannot_be_replaced_is_no_failure(self) -> None:
        self.server.broken.add("x:Application/query")
        self.assertEqual(self.program()[0], 0)


if __name__ == "__main__":
    unittest.main()
