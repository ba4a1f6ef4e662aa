"""The run of a migration's app password, from the first try to its end, against the sandbox's fake of the server."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import subprocess
import sys
import tempfile
import threading
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../../support"))

import app_password
from fake_stalwart import DOMAIN, PASSWORD, FakeStalwart
from management import Jmap


class Running(unittest.TestCase):
    def setUp(self) -> None:
        self.server = FakeStalwart(self)
        self.server.declare("kinga")
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.file = os.path.join(folder.name, "password")

    def lease(self) -> app_password.Lease:
        return app_password.Lease(Jmap(self.server.url, f"kinga@{DOMAIN}%admin", PASSWORD), "old")

    def test_the_app_password_of_a_migration_is_tried_again_soon_and_else_renewed_well_before_it_expires(self) -> None:
        waits: list[float] = []
        troubles = iter(({"x:AppPassword/get"}, set(), {"x:AppPassword/set"}, set(), None))

        class Clock(threading.Event):
            def wait(self, timeout: float | None = None) -> bool:
                waits.append(timeout or 0)
                return next_trouble()

        def next_trouble() -> bool:
            trouble = next(troubles)
            self.server.broken.clear()
            self.server.broken.update(trouble or ())
            return trouble is None

        next_trouble()
        with contextlib.redirect_stdout(io.StringIO()):
            app_password.Run(self.lease(), self.file, Clock()).until_told()
        again, renewed = app_password.PAUSE, app_password.RENEW
        self.assertEqual(waits, [again, renewed, again, renewed])
        self.assertLess(renewed * 2, app_password.LEASE)

    def test_a_migration_that_cannot_remove_its_app_password_says_so_and_fails(self) -> None:
        run = app_password.Run(self.lease(), self.file, threading.Event())
        with contextlib.redirect_stdout(io.StringIO()) as output:
            run.make()
            self.server.broken.add("x:AppPassword/get")
            self.assertEqual(run.end(0), 1)
            self.server.broken.clear()
            self.assertEqual(run.end(0), 0)
        said = output.getvalue().splitlines()
        self.assertIn("the app password could not be ended: x:AppPassword/get: HTTP status 500", said)
        self.assertEqual(said[-1], "the app password of this run is ended")
        self.assertEqual(self.server.access.app_passwords("kinga"), {})

    def test_a_migrations_pod_that_is_told_to_end_takes_its_app_password_away_first(self) -> None:
        login = os.path.dirname(self.file)
        for name, text in (("account", f"kinga@{DOMAIN}"), ("password", PASSWORD)):
            with open(os.path.join(login, name), "w", encoding="utf-8") as file:
                file.write(text)
        made = os.path.join(login, "made")
        arguments = ["--migration=old", f"--url={self.server.url}", f"--login={login}", f"--password-file={made}"]
        for end in (signal.SIGTERM, signal.SIGINT):
            with subprocess.Popen(
                [sys.executable, "-B", app_password.__file__, *arguments], stdout=subprocess.PIPE, text=True
            ) as program:
                assert program.stdout
                self.assertEqual(program.stdout.readline(), "an app password for this run is made\n")
                self.assertEqual(len(self.server.access.app_passwords("kinga")), 1)
                program.send_signal(end)
                self.assertEqual(program.wait(60), 0)
            self.assertEqual(self.server.access.app_passwords("kinga"), {})


if __name__ == "__main__":
    unittest.main()
