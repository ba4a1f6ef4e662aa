"""A worker's sessions at the provider, one after the other: what is delivered, what is told, and how long it waits."""

from __future__ import annotations

import contextlib
import datetime
import itertools
import os
import time
import unittest
from typing import Any
from unittest import mock

import staging
import worker
from fake_imap import FakeImap, body
from imap_connection import CommandRefused, LoginRefused, LostOverMessage, SessionLost
from logins import MOST
from worker import Worker
from worker_harness import LOGIN, Harness, Smtp


class Sessions(Harness):
    def test_mail_in_the_inbox_is_delivered_and_kept_before_the_worker_waits(self) -> None:
        for name in ("a", "b"):
            self.session.put("INBOX", body(name))
        self.run_session()
        self.assertEqual((len(self.got), self.session.names("INBOX"), self.session.waits), (2, [], 1))
        self.assertEqual(self.session.selected, "INBOX")
        kept = [self.session.names(folder) for folder in self.session.mail if "Kept" in folder]
        self.assertEqual(kept, [["a", "b"]])
        self.assertEqual(self.worker.unready_reason(), "")

    def test_mail_of_a_source_goes_to_the_mailbox_and_the_log_names_the_source(self) -> None:
        os.makedirs(os.path.join(self.home, "sources", "old"))
        for name, text in (("user", "old@example.net"), ("password", "other")):
            self.write(os.path.join(self.home, "sources", "old", name), text)
        self.worker = self.made("INBOX", "--source=old,imap.example.net:993,0", source=True)
        login = self.worker.credentials.read()
        self.assertEqual(login, ("old@example.net", "other", LOGIN.user))
        self.session.put("INBOX", body("a"))
        self.session.expunges_at_once = True
        assert login
        opened, handed = mock.Mock(return_value=self.session), mock.Mock(return_value=Smtp(self.got))
        with (
            mock.patch.object(worker, "ImapSession", opened),
            mock.patch.object(worker, "SmtpSession", handed),
            contextlib.redirect_stdout(self.said),
        ):
            self.worker.session(login)
        opened.assert_called_once_with(("server", 1), login)
        self.assertEqual({call.args[1] for call in handed.call_args_list}, {LOGIN.user})
        self.assertEqual((len(self.got), self.session.names("INBOX")), (1, []))
        self.assertIn(" old INBOX: 1 delivered directly", self.said.getvalue())

    def test_a_flag_that_another_client_sets_just_before_the_move_does_not_mean_delivered(self) -> None:
        for retention in (7, 0):
            self.setUp()
            self.worker = self.made("INBOX", f"--retention={retention}")
            self.session.put("Fetcher-Outbox", body("put there"))
            self.session.put("INBOX", body("flagged"))
            self.session.put("INBOX", body("other"))

            def trouble(command: str, folder: str, uids: list[int]) -> None:
                if command == "MOVE" and folder == "Fetcher-Outbox":
                    self.session.here[uids[0]].flags.add(r"\Deleted")

            self.session.trouble = trouble
            self.run_session()
            names = [name for name in ("flagged", "other") if any(name.encode() in one for one in self.got)]
            self.assertEqual(names, ["flagged", "other"])
            self.assertEqual(len(self.got), 3)

    def test_a_refused_login_is_repeated_after_growing_pauses_and_reported(self) -> None:
        def refuses(*_: object) -> None:
            raise LoginRefused("the provider refuses the login: no")

        self.opens = refuses
        self.assertEqual([self.run_session() for _ in range(6)], [30, 60, 120, 240, 480, 600])
        self.assertEqual(self.worker.unready_reason(), "INBOX: the provider refuses the login: no")
        self.assertEqual(self.said.getvalue().count("\n"), 1, "one line per change")
        self.assertTrue(self.worker.status.refused())

    def test_an_inbox_that_cannot_be_opened_is_an_error_with_growing_pauses(self) -> None:
        self.refusing("SELECT", "INBOX", CommandRefused("[UNAVAILABLE] Server is down for maintenance"))
        pauses = [self.run_session() for _ in range(5)]
        self.assertEqual(pauses, sorted(pauses))
        self.assertGreater(pauses[-1], 4 * pauses[0])
        said = "INBOX: the provider answered [UNAVAILABLE] Server is down for maintenance"
        self.assertEqual(self.worker.unready_reason(), said)

    def test_a_missing_junk_folder_is_no_error(self) -> None:
        self.worker = self.made("Junk", "--junk-sink=mail:2525")
        self.assertGreaterEqual(self.run_session(), 1.0)
        self.assertEqual(self.worker.unready_reason(), "")

    def test_an_earlier_junk_folder_that_ends_the_session_does_not_stop_the_inbox(self) -> None:
        self.session.put("INBOX", body("a"))
        self.session.put("Fetcher-Refused-Junk", body("unreadable"))
        self.session.mail["Junk"] = {}
        self.refusing("MOVE", "Junk", SessionLost("connection to imap:993 lost: BYE"))
        for _ in range(4):
            self.run_session()
        self.assertEqual((len(self.got), self.session.names("Fetcher-Refused-Junk")), (1, ["unreadable"]))
        self.assertIn("Fetcher-Refused-Junk is left as it is", self.said.getvalue())
        self.assertEqual(self.worker.unready_reason(), "")

    def test_what_an_earlier_junk_folder_left_in_staging_returns_to_junk_whatever_flags_it_has(self) -> None:
        self.session.mail["Junk"] = {}
        for flags in ([], [r"\Deleted"]):
            self.session.put("Fetcher-Staging-Junk", body("left"), *flags)
        self.run_session()
        self.assertEqual((self.session.names("Junk"), self.session.names("Fetcher-Staging-Junk")), (["left"] * 2, []))

    def test_what_a_lost_session_moves_to_staging_late_is_delivered_within_a_minute(self) -> None:
        self.run_session()
        self.session.put("Fetcher-Staging", body("late"))
        now = time.monotonic()
        for seconds, delivered in ((30, 0), (61, 1)):
            self.stop.clear()
            with mock.patch.object(staging, "time", mock.Mock(monotonic=lambda later=now + seconds: later)):
                self.run_session()
            self.assertEqual(len(self.got), delivered)
        self.assertEqual(self.session.names("Fetcher-Staging"), [])

    def test_without_an_outbox_mail_is_kept_and_no_message_is_reported_as_staying(self) -> None:
        def trouble(command: str, folder: str, _: list[int]) -> None:
            if command == "CREATE" and folder.endswith("Outbox"):
                raise CommandRefused("[CANNOT] not this name")

        self.session.put("INBOX", body("a"))
        self.session.trouble = trouble
        self.run_session()
        kept = [self.session.names(folder) for folder in self.session.mail if "Kept" in folder]
        self.assertEqual((len(self.got), self.session.names("INBOX"), kept), (1, [], [["a"]]))
        self.assertEqual(self.worker.failures.known, {})

    def test_an_error_never_shows_a_password(self) -> None:
        self.refusing("SELECT", "INBOX", CommandRefused(f"LOGIN {LOGIN[0]} {LOGIN[1]} failed"))
        self.run_session()
        for secret in LOGIN:
            self.assertNotIn(secret, self.said.getvalue() + self.worker.unready_reason())

    def test_no_login_is_made_beyond_the_limit(self) -> None:
        while not self.logins.take():
            pass
        self.stop.set()
        self.opens = mock.Mock()
        self.run_session()
        self.opens.assert_not_called()
        self.assertEqual(self.logins.recent(), MOST)

    def test_an_inbox_that_the_provider_does_not_list_is_fetched(self) -> None:
        self.session.put("INBOX", body("a"))
        there = self.session.exists
        with mock.patch.object(self.session, "exists", lambda folder: folder != "INBOX" and there(folder)):
            self.run_session()
        self.assertEqual(len(self.got), 1)

    def test_kept_mail_is_deleted_when_its_days_are_over(self) -> None:
        self.session.clock = lambda: datetime.datetime.now(datetime.timezone.utc)
        for day in ("2020-01-01", "2999-01-01"):
            self.session.put(f"Fetcher-Kept/{day}", body(day))
        self.run_session()
        self.assertEqual([name for name in self.session.mail if "Kept" in name], ["Fetcher-Kept/2999-01-01"])

    def test_after_a_session_that_breaks_during_a_message_the_next_one_starts_at_once(self) -> None:
        with mock.patch.object(self.worker, "turn", side_effect=LostOverMessage("connection lost")):
            self.assertEqual([self.run_session() for _ in range(5)], [1.0] * 5)

    def test_new_credentials_end_a_pause_and_its_reasons_at_once(self) -> None:
        self.write(os.path.join(self.home, "password"), "another")
        started = time.monotonic()
        with contextlib.redirect_stdout(self.said):
            self.worker.sleep(600, LOGIN)
        self.assertLess(time.monotonic() - started, 60)
        self.assertIn("credentials changed", self.said.getvalue())

    def test_a_provider_that_ends_a_long_wait_is_fine_and_one_that_disconnects_at_once_is_not(self) -> None:
        imap: Any = self.session
        self.session.select("INBOX")
        for lasted, well in ((31.0, True), (1.0, False)):
            now = iter([0.0, lasted])
            with (
                mock.patch("time.monotonic", lambda now=now: next(now)),
                mock.patch.object(self.session, "idle", side_effect=SessionLost("gone")),
                contextlib.nullcontext() if well else self.assertRaises(SessionLost),
            ):
                self.assertFalse(self.worker.wait(imap, "INBOX", LOGIN))

    def test_mail_announced_before_the_wait_prevents_it(self) -> None:
        session: Any = FakeImap("a")
        session.select("INBOX")
        session.idle = mock.Mock()
        made: Any = mock.Mock(spec=["collector", "outbox", "held", "stop", "until_due", "over"])
        made.until_due.return_value = 60.0
        # Where very many fail and new mail is fetched all the same, as without an outbox, it does not wait either.
        states = ((False, True), (True, False), (False, False))
        cases = ((True, True, 0), (True, False, 1), (False, True, 1))
        for (announced, fresh, waits), (made.held, made.outbox.blocked) in itertools.product(cases, states):
            session.idle.reset_mock()
            session.news = mock.Mock(return_value=announced)
            made.collector.fresh.return_value = fresh
            self.assertTrue(Worker.wait(made, session, "INBOX", LOGIN))
            self.assertEqual(session.idle.call_count, waits)


if __name__ == "__main__":
    unittest.main()
