"""A migration's app password, against the sandbox's fake of the server."""

from __future__ import annotations

import contextlib
import io
import json
import os
import socket
import sys
import tempfile
import threading
import unittest
from typing import Any
from unittest import mock

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../../support"))

import app_password
import before_settings
from fake_stalwart import DOMAIN, PASSWORD, FakeStalwart
from management import Jmap, Refused

ADDRESS = f"kinga@{DOMAIN}"


class Migrating(unittest.TestCase):
    def setUp(self) -> None:
        self.server = FakeStalwart(self)
        self.server.declare("kinga", "alpar")
        self.phone = self.server.app_password("kinga")
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.file = os.path.join(folder.name, "password")

    def lease(self, migration: str = "old") -> app_password.Lease:
        return app_password.Lease(Jmap(self.server.url, f"{ADDRESS}%admin", PASSWORD), migration)

    def kept(self) -> list[dict[str, Any]]:
        return [
            one
            for one in self.server.access.app_passwords("kinga").values()
            if one["description"].startswith(app_password.PREFIX)
        ]

    def told(self, stop: threading.Event, meanwhile: Any) -> tuple[int, str]:
        """The program, told to end once `meanwhile` is done."""
        folder = os.path.dirname(self.file)
        for name, text in (("account", ADDRESS), ("admin", PASSWORD)):
            with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                file.write(text)
        login = os.path.join(folder, "login")
        os.mkdir(login)
        os.symlink(os.path.join(folder, "account"), os.path.join(login, "account"))
        os.symlink(os.path.join(folder, "admin"), os.path.join(login, "password"))
        codes: list[int] = []
        with contextlib.redirect_stdout(io.StringIO()) as output:
            arguments = ["--migration=old", f"--url={self.server.url}", f"--login={login}"]
            arguments.append(f"--password-file={self.file}")
            thread = threading.Thread(target=lambda: codes.append(app_password.main(arguments, stop)))
            thread.start()
            try:
                meanwhile(output)
            finally:
                stop.set()
                thread.join(60)
        return codes[0], output.getvalue()

    def password(self) -> str:
        with open(self.file, encoding="utf-8") as file:
            return file.read().strip()

    def until_there(self, _output: object = None) -> None:
        for _ in range(600):
            if os.path.exists(self.file):
                return
            threading.Event().wait(0.05)
        self.fail("no password was made")

    def test_an_app_password_of_a_migration_opens_the_mailbox_during_the_run_and_not_afterwards(self) -> None:
        def meanwhile(_output: object) -> None:
            self.until_there()
            self.assertTrue(self.server.opens(ADDRESS, self.password()))
            self.assertEqual(os.stat(self.file).st_mode & 0o777, 0o600)

        code, said = self.told(threading.Event(), meanwhile)
        self.assertEqual(code, 0)
        self.assertFalse(self.server.opens(ADDRESS, self.password()))
        self.assertTrue(self.server.opens(ADDRESS, self.phone))
        self.assertNotIn(self.password(), said)
        self.assertNotIn(ADDRESS, said)

    def test_the_app_password_of_a_migration_is_made_once_the_server_answers(self) -> None:
        self.server.broken.add("x:AppPassword/get")

        def meanwhile(output: io.StringIO) -> None:
            while "500" not in output.getvalue():
                threading.Event().wait(0.05)
            self.server.broken.clear()
            self.until_there()

        with mock.patch.object(app_password, "PAUSE", 0.05):
            code, _ = self.told(threading.Event(), meanwhile)
        self.assertEqual((code, self.kept()), (0, []))

    def test_the_app_password_of_a_migration_is_valid_for_minutes_and_renewed_during_the_run(self) -> None:
        lease = self.lease()
        secret = lease.make()
        self.kept()[0]["expiresAt"] = app_password.later(5)
        lease.renew()
        self.assertGreater(self.kept()[0]["expiresAt"], app_password.later(app_password.LEASE - 30))
        self.kept()[0]["expiresAt"] = app_password.later(-5)
        self.assertFalse(self.server.opens(ADDRESS, secret))

    def test_the_app_password_of_a_migration_cannot_send_mail_or_make_a_permanent_password(self) -> None:
        self.lease().make()
        permissions = self.kept()[0]["permissions"]
        self.assertEqual(permissions["@type"], "Disable")
        for one in ("emailSend", "sievePutScript", "sysAppPasswordCreate", "sysAppPasswordUpdate", "sysApiKeyCreate"):
            self.assertIs(permissions["permissions"].get(one), True)

    def test_a_second_run_of_a_migration_is_refused_until_the_first_one_has_ended(self) -> None:
        first, second = self.lease(), self.lease()
        secret = first.make()
        with self.assertRaises(app_password.Busy):
            second.make()
        self.assertTrue(self.server.opens(ADDRESS, secret))
        first.end()
        second.make()
        self.assertEqual(len(self.kept()), 1)

    def test_the_app_password_of_a_killed_run_is_removed_by_the_next_run_once_it_has_expired(self) -> None:
        self.lease().make()
        self.kept()[0]["expiresAt"] = app_password.later(-1)
        self.lease().make()
        self.assertEqual(len(self.kept()), 1)

    def test_an_app_password_of_a_migration_that_names_no_end_is_replaced_like_an_expired_one(self) -> None:
        for end in (None, "never"):
            with self.subTest(end):
                self.lease().make()
                self.kept()[0]["expiresAt"] = end
                self.lease().make()
                self.assertEqual(len(self.kept()), 1)
                self.kept()[0]["expiresAt"] = app_password.later(-1)

    def test_a_run_that_has_no_app_password_or_whose_password_somebody_removed_ends_without_a_request_to_remove_one(
        self,
    ) -> None:
        lease = self.lease()
        lease.renew()
        lease.end()
        self.assertEqual(self.server.called, [])
        lease.make()
        self.assertIsNotNone(lease.identifier)
        self.server.access.app_passwords("kinga").pop(lease.identifier)
        lease.end()

    def test_an_app_password_that_the_mail_server_does_not_make_is_a_refusal_with_its_reason(self) -> None:
        self.server.apply({"@type": "update", "object": "Authentication", "value": {"maxAppPasswords": 1}})
        with self.assertRaisesRegex(Refused, "overQuota"):
            self.lease().make()
        for result in ({}, {"created": None}, {"created": {"new": {"id": "7"}}}):
            jmap = Jmap(self.server.url, f"{ADDRESS}%admin", PASSWORD)
            lease = app_password.Lease(jmap, "old")
            answer = mock.patch.object(jmap, "call", lambda *_, answer=result: answer)
            with self.subTest(result), answer, self.assertRaisesRegex(Refused, "no password in the answer"):
                lease.make()

    def test_another_migration_into_the_same_mailbox_has_an_app_password_of_its_own(self) -> None:
        self.lease("old").make()
        other = self.lease("older")
        other.make()
        other.end()
        self.assertEqual([one["description"] for one in self.kept()], ["homelab-mail migration old"])

    def test_the_refusal_of_an_app_password_names_no_account(self) -> None:
        lease = app_password.Lease(Jmap(self.server.url, f"nobody@{DOMAIN}%admin", PASSWORD), "old")
        with self.assertRaises(Refused) as caught:
            lease.make()
        self.assertNotIn("nobody", str(caught.exception))

    def test_a_truncated_response_is_a_refusal_like_any_other(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:

            def answer() -> None:
                connection, _ = server.accept()
                with connection:
                    connection.recv(65536)
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")

            thread = threading.Thread(target=answer)
            thread.start()
            lease = app_password.Lease(Jmap(f"http://127.0.0.1:{server.getsockname()[1]}", "x", PASSWORD), "old")
            with self.assertRaises(Refused):
                lease.make()
            thread.join(60)

    def settings_run(self, *declared: str) -> list[str]:
        accounts = os.path.join(os.path.dirname(self.file), "accounts.json")
        with open(accounts, "w", encoding="utf-8") as file:
            json.dump(
                {"domain": DOMAIN, "declared": ["alpar", "kinga"], "closed": [], "migrations": list(declared)}, file
            )
        environment = {"STALWART_URL": self.server.url, "STALWART_USER": "admin", "STALWART_PASSWORD": PASSWORD}
        with mock.patch.dict(os.environ, environment):
            return before_settings.prepare(accounts, "https://example.org/webui.zip")[1]

    def test_a_settings_run_ends_those_of_migrations_that_are_no_longer_declared(self) -> None:
        self.lease("gone").make()
        self.lease("here").make()
        alpar = Jmap(self.server.url, f"alpar@{DOMAIN}%admin", PASSWORD)
        app_password.Lease(alpar, "gone").make()
        self.settings_run("gone", "here")
        self.assertEqual(len(self.kept()), 2)
        said = self.settings_run("here")
        self.assertEqual([one["description"] for one in self.kept()], ["homelab-mail migration here"])
        self.assertTrue(self.server.opens(ADDRESS, self.phone))
        self.assertEqual(self.server.access.app_passwords("alpar"), {})
        self.assertIn("2 app password(s) of migrations ended that are no longer in the configuration", said)


if __name__ == "__main__":
    unittest.main()
