"""Who may sign in to the fake, and over JMAP for whom."""

import base64
import json
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../support"))

from fake_stalwart import DOMAIN, PASSWORD, FakeStalwart
from tokens import is_opaque

CLOSED = {"@type": "Merge", "enabledPermissions": {}, "disabledPermissions": {"authenticate": True}}


class SignIn(unittest.TestCase):
    def setUp(self):
        self.server = FakeStalwart(self)
        self.server.declare("kinga", "alpar")
        identifier, alpar = self.server.settings.found("alpar")
        boss = {"name": "boss", "domainId": alpar["domainId"]}
        self.server.settings.registry.update("Account", identifier, {"aliases": {"0": boss}})

    def jmap(self, login, method, arguments):
        header = "Basic " + base64.b64encode(login.encode()).decode()
        body = json.dumps({"methodCalls": [[method, arguments, "0"]]})
        code, text = self.server.jmap.answer(header, "/jmap", body)
        return code, json.loads(text)

    def result(self, login, method, arguments):
        return self.jmap(login, method, arguments)[1]["methodResponses"][0][1]

    def test_the_administrators_password_opens_every_mailbox(self):
        self.assertEqual(self.server.access.account(f"kinga@{DOMAIN}%admin", PASSWORD), "kinga")
        self.assertEqual(self.server.access.account(f" KINGA@{DOMAIN}%ADMIN", PASSWORD), "kinga")
        self.assertIsNone(self.server.access.account(f"nobody@{DOMAIN}%admin", PASSWORD))
        self.assertEqual(self.server.access.account("admin", PASSWORD), "")

    def test_a_password_that_resembles_a_hash_opens_nothing(self):
        for password in ("$ecret-and-long-enough", "_secret", "{secret}"):
            self.server.access.password = password
            self.assertIsNone(self.server.access.account("admin", password))

    def test_an_app_password_is_made_shown_once_and_ended_over_jmap(self):
        login = f"kinga@{DOMAIN}%admin:{PASSWORD}"
        made = self.result(login, "x:AppPassword/set", {"create": {"a": {"description": "iPhone"}}})["created"]["a"]
        self.assertRegex(made["secret"], "^app_")
        for user in ("kinga", f"kinga@{DOMAIN}"):
            self.assertEqual(self.server.access.account(user, made["secret"]), "kinga")
        self.assertIsNone(self.server.access.account("alpar", made["secret"]))
        self.assertIsNone(self.server.access.account("alpar%kinga", made["secret"]))
        shown = self.result(login, "x:AppPassword/get", {"ids": None})["list"]
        self.assertNotIn(made["secret"], json.dumps(shown))
        self.assertEqual(self.result(login, "x:AppPassword/set", {"destroy": [made["id"]]})["destroyed"], [made["id"]])
        self.assertIsNone(self.server.access.account("kinga", made["secret"]))

    def test_without_the_permission_nobody_gets_in_and_with_it_again_they_do(self):
        phone = self.server.app_password("kinga")
        identifier, _ = self.server.settings.found("kinga")
        admin = f"admin:{PASSWORD}"
        update = {"update": {identifier: {"permissions": CLOSED}}}
        self.assertIn(identifier, self.result(admin, "x:Account/set", update)["updated"])
        self.assertIsNone(self.server.access.account("kinga", phone))
        self.assertIsNone(self.server.access.account(f"kinga@{DOMAIN}%admin", PASSWORD))
        self.assertEqual(self.server.settings.recipient(f"kinga@{DOMAIN}"), "kinga")
        self.result(admin, "x:Account/set", {"update": {identifier: {"permissions": {"@type": "Inherit"}}}})
        self.assertEqual(self.server.access.account("kinga", phone), "kinga")
        self.result(admin, "x:Account/set", {"update": {identifier: {"credentials": {}}}})
        self.assertIsNone(self.server.access.account("kinga", phone))

    def test_an_account_shows_no_secret(self):
        secret = self.server.app_password("kinga")
        shown = self.result(f"admin:{PASSWORD}", "x:Account/get", {"ids": None})["list"]
        self.assertNotIn(secret, json.dumps(shown))
        self.assertIn("phone", json.dumps(shown))

    def test_a_token_with_an_alias_opens_its_owners_account_and_one_with_capitals_makes_a_second(self):
        self.assertEqual(self.server.settings.signed_in(f"boss@{DOMAIN}"), "alpar")
        self.assertEqual(self.server.settings.signed_in(f"Kinga@{DOMAIN}"), "Kinga")
        names = sorted(account["name"] for account in self.server.settings.accounts())
        self.assertEqual(names, ["Kinga", "alpar", "kinga"])
        self.assertIsNone(self.server.settings.signed_in("kinga@elsewhere.test"))

    def test_a_token_whose_header_is_not_canonical_is_not_asked_for_its_audience(self):
        header = base64.urlsafe_b64encode(b'{"alg":"RS256", "kid":"x"}').rstrip(b"=").decode()
        self.assertEqual(header[-1], "0")  # two bits of the last letter are not used
        self.assertFalse(is_opaque(f"{header}.e30.x"))
        self.assertTrue(is_opaque(f"{header[:-1]}1.e30.x"))
        self.assertTrue(is_opaque("opaque"))

    def test_refused_logins_of_the_administrator_and_of_unknown_domains_count_towards_a_ban(self):
        for user in ("admin", f"kinga@{DOMAIN}%admin", f"Kinga@{DOMAIN}%ADMIN", "kinga@elsewhere.test"):
            self.assertTrue(self.server.access.is_guess(user, "wrong"))
        for user in ("kinga", f"kinga@{DOMAIN}", f"nobody@{DOMAIN}"):
            self.assertFalse(self.server.access.is_guess(user, "wrong"))

    def test_a_revoked_app_password_counts_towards_a_ban_and_an_expired_or_malformed_one_does_not(self):
        access = self.server.access
        made = access.make("kinga", {"description": "phone", "expiresAt": "2020-01-01T00:00:00Z"})
        self.assertIsNone(access.account("kinga", made["secret"]))
        self.assertFalse(access.is_guess("kinga", made["secret"]))
        self.assertTrue(access.is_guess("alpar", made["secret"]))
        access.remove("kinga", made["id"])
        self.assertTrue(access.is_guess("kinga", made["secret"]))
        self.assertFalse(access.is_guess("kinga", "app_wrong"))

    def test_mail_finds_its_mailbox_however_the_address_is_written(self):
        self.assertEqual(self.server.settings.recipient(f"BOSS@{DOMAIN.upper()}"), "alpar")

    def test_only_the_administrator_may_read_settings(self):
        self.assertEqual(self.jmap("kinga:wrong", "x:Account/get", {"ids": None})[0], 401)
        _, answer = self.jmap(f"kinga@{DOMAIN}%admin:{PASSWORD}", "x:Account/get", {"ids": None})
        self.assertEqual(answer["methodResponses"][0][0], "error")


if __name__ == "__main__":
    unittest.main()
