"""The outbox is emptied by fetchmail, and message by message where fetchmail would fail."""

from __future__ import annotations

import contextlib
import os
from typing import Any
from unittest import mock

import fetchmail
from failures import Kind
from folders import Layout
from imap_connection import CommandRefused, LostOverMessage, SessionLost
from logins import MOST
from outbox_harness import LOGIN, OUTBOX, Emptying


class Outboxes(Emptying):
    def test_a_server_that_expunges_at_the_flag_is_never_emptied_by_fetchmail(self) -> None:
        self.session.expunges_at_once = True
        self.put("a", "b")
        self.assertEqual(self.empty(), "")
        self.assertEqual((self.runs, len(self.smtp.got), self.session.names(OUTBOX)), (0, 2, []))

    def test_fetchmail_empties_the_outbox_with_one_login(self) -> None:
        self.put("a", "b", "c")
        self.assertEqual(self.empty(), "")
        self.assertEqual((self.runs, self.logins.total, len(self.smtp.got)), (1, 1, 3))

    def test_what_was_left_in_the_outbox_the_day_before_is_kept_from_the_day_of_its_delivery(self) -> None:
        self.put("late")
        self.empty(filled=False)
        kept = [self.session.names(folder) for folder in self.session.mail if "Kept" in folder]
        self.assertEqual((kept, len(self.smtp.got)), ([["late"]], 1))

    def test_what_fetchmail_leaves_is_delivered_directly_even_when_fetchmail_reports_success(self) -> None:
        self.put("a", "b", "c")
        self.takes = 1
        self.empty()
        self.assertEqual((self.session.names(OUTBOX), len(self.smtp.got)), ([], 3))
        self.assertIn("INBOX: 2 delivered directly", self.said.getvalue())

    def test_a_message_without_a_plain_return_path_is_never_left_to_fetchmail(self) -> None:
        self.session.put(OUTBOX, b"Return-Path: <@relay.example:user@example.org>\r\nSubject: odd\r\n\r\nbody\r\n")
        self.empty()
        self.assertEqual((self.runs, len(self.smtp.got)), (0, 1))

    def test_while_one_message_blocks_the_outbox_fetchmail_is_not_started(self) -> None:
        self.put("bad", "a")

        def trouble(command: str, _: str, uids: list[int]) -> None:
            if command == "BODY" and uids == [1]:
                raise CommandRefused("[UNAVAILABLE] not now")

        self.session.trouble = trouble
        self.takes, self.lines = 0, ["fetchmail: IMAP< A0006 NO [UNAVAILABLE] not now"]
        self.empty()
        self.put("b", "c")
        self.empty()
        self.assertEqual((self.runs, self.session.names(OUTBOX)), (1, ["bad"]))
        self.session.trouble = lambda *_: None
        self.shared.failures.known.clear()
        self.takes = 99
        self.empty()
        self.assertEqual((self.runs, self.session.names(OUTBOX)), (2, []))

    def test_after_a_session_that_breaks_at_the_first_check_each_message_is_checked_by_itself(self) -> None:
        self.put("bad", "a")

        def trouble(command: str, _: str, uids: list[int]) -> None:
            if command == "FETCH" and 1 in uids:
                raise SessionLost("connection lost: Internal error")

        self.session.trouble = trouble
        for _ in range(2):
            with self.assertRaises(LostOverMessage):
                self.empty()
        self.empty()
        self.assertEqual((self.runs, self.session.names(OUTBOX)), (0, ["bad"]))
        self.assertEqual([f.kind for f in self.shared.failures.known.values()], [Kind.PROVIDER])

    def test_a_message_of_which_the_provider_refuses_to_tell_anything_does_not_stop_the_others(self) -> None:
        self.put("bad", "a", "b")

        def trouble(command: str, _: str, uids: list[int]) -> None:
            if command == "FETCH" and 1 in uids:
                raise CommandRefused("[SERVERBUG] Internal error")

        self.session.trouble = trouble
        self.empty()
        self.assertEqual((self.session.names(OUTBOX), len(self.smtp.got)), (["bad"], 2))
        self.assertIn("Internal error (UID 1)", self.shared.failures.summary())

    def test_what_was_left_the_day_before_is_delivered_though_there_is_no_room_to_keep_it(self) -> None:
        def trouble(command: str, folder: str, _: list[int]) -> None:
            if command == "CREATE" and "Kept" in folder:
                raise CommandRefused("[OVERQUOTA] full")

        self.put("late")
        self.session.trouble = trouble
        self.empty(filled=False)
        self.assertEqual((self.session.names(OUTBOX), len(self.smtp.got)), ([], 1))
        self.assertIn("the provider refuses a folder for kept messages: [OVERQUOTA] full", self.said.getvalue())

    def test_a_mail_server_that_is_not_running_is_not_tried_again_for_the_remaining_messages(self) -> None:
        self.put("a")
        self.takes, self.lost = 0, "cannot connect to mail:25: Connection refused"
        self.assertEqual(self.empty(), self.lost)
        self.assertEqual((self.smtp.got, self.session.names(OUTBOX)), ([], ["a"]))

    def test_a_mail_server_that_disconnected_during_a_message_gets_the_others_at_once(self) -> None:
        self.put("a", "b")
        self.takes, self.lost, self.status = 0, "connection to mail:25 lost: reset", 2
        self.assertEqual(self.empty(), "")
        self.assertEqual(len(self.smtp.got), 2)

    def test_when_fetchmail_may_not_log_in_the_open_session_delivers_and_fetchmail_pauses(self) -> None:
        self.put("a")
        self.takes, self.status = 0, 3
        self.lines = ["fetchmail: IMAP< A0001 NO [LIMIT] Too many connections", "fetchmail: Authorization failure on x"]
        self.empty()
        self.put("b")
        self.empty()
        self.assertEqual((self.runs, len(self.smtp.got)), (1, 2))
        self.assertIn("Too many connections", self.said.getvalue())

    def test_a_run_of_fetchmail_that_did_nothing_and_failed_is_reported(self) -> None:
        for status, takes, told in ((2, 0, True), (2, 1, False), (0, 0, False)):
            with self.subTest(status=status, takes=takes):
                self.setUp()
                self.put("a", "b")
                self.status, self.takes = status, takes
                self.empty()
                self.assertEqual("fetchmail ended with status 2" in self.said.getvalue(), told)

    def test_after_many_logins_the_open_session_delivers_instead_of_fetchmail(self) -> None:
        for _ in range(MOST):
            self.logins.take()
        self.put("a")
        self.empty()
        self.assertEqual((self.runs, len(self.smtp.got)), (0, 1))

    def test_an_image_without_fetchmail_still_delivers(self) -> None:
        self.put("a")
        imap: Any = self.session
        smtp: Any = self.smtp
        missing = FileNotFoundError("no fetchmail")
        with mock.patch.object(fetchmail, "run", side_effect=missing), contextlib.redirect_stdout(self.said):
            self.outbox.empty(imap, smtp, Layout(), LOGIN, True)
        self.assertEqual(len(self.smtp.got), 1)

    def test_an_old_password_is_redacted_too(self) -> None:
        self.shared.credentials.read()
        os.unlink(self.shared.credentials.password)
        self.assertNotIn("s3cret", self.shared.clean("who is s3cret"))

    def test_when_there_is_no_room_for_the_flag_the_oldest_kept_mail_is_deleted(self) -> None:
        self.session.mail["Fetcher-Kept/2026-11-20"] = {}
        self.session.mail["Fetcher-Kept/2026-11-21"] = {}

        def trouble(command: str, _: str, __: list[int]) -> None:
            if command == "EXPUNGE" and "Fetcher-Kept/2026-11-20" in self.session.mail:
                raise CommandRefused("[OVERQUOTA] not even for a flag")

        self.session.trouble = trouble
        self.put("one")
        self.takes = 0
        self.empty()
        self.assertEqual(self.session.names(OUTBOX), [])
        self.assertNotIn("Fetcher-Kept/2026-11-20", self.session.mail)
        self.assertIn("Fetcher-Kept/2026-11-21", self.session.mail)
        self.assertIn("deleted before its time", self.said.getvalue())

    def test_when_there_is_no_room_and_nothing_is_kept_the_providers_message_is_reported(self) -> None:
        def trouble(command: str, _: str, __: list[int]) -> None:
            if command == "EXPUNGE":
                raise CommandRefused("[OVERQUOTA] not even for a flag")

        self.session.trouble = trouble
        self.put("one")
        self.takes = 0
        self.empty()
        self.assertEqual(len(self.smtp.got), 1)
        self.assertIn("not even for a flag", self.shared.failures.summary())

    def test_thousands_of_messages_in_the_outbox_are_fetched_a_thousand_at_a_time(self) -> None:
        self.put(*(f"m{n}" for n in range(2500)))
        asked: list[int] = []

        def trouble(command: str, _: str, uids: list[int]) -> None:
            if command == "FETCH":
                asked.append(len(uids))

        self.session.trouble, self.takes = trouble, 9999
        self.empty()
        self.assertEqual((asked, self.runs, len(self.smtp.got)), ([1000, 1000, 500], 1, 2500))

    def test_messages_that_somebody_removed_from_the_outbox_are_reported_no_more(self) -> None:
        self.put("refused 1", "refused 2")
        self.takes = 0
        for left in (2, 1, 0):
            while len(self.session.mail[OUTBOX]) > left:
                self.session.mail[OUTBOX].popitem()
            self.empty(filled=False)
            self.assertEqual(len(self.shared.failures.known), left)

    def test_while_the_mail_server_is_not_running_fetchmail_does_not_log_in_for_the_rest(self) -> None:
        self.session.put(OUTBOX, b"Subject: not for fetchmail\r\n\r\nbody\r\n")
        self.put("a")
        self.smtp.down = True
        self.assertEqual(self.empty(), "cannot connect to mail:25: Connection refused")
        self.assertEqual((self.runs, self.logins.total), (0, 0))

    def test_what_waits_in_the_outbox_is_counted_while_fetchmail_delivers_it(self) -> None:
        waiting, fetch = list[int](), self.fetch

        def run(*given: Any) -> int:
            waiting.append(self.shared.status.waiting)
            return fetch(*given)

        self.fetch = run  # type: ignore[method-assign,assignment]
        self.put("a", "b", "c")
        self.empty()
        self.assertEqual((waiting, self.shared.status.waiting), ([3], 0))

    def test_an_empty_outbox_opens_no_connection(self) -> None:
        self.session.selected = "INBOX"
        self.empty(filled=False)
        self.assertEqual((self.session.selected, self.runs), ("INBOX", 0))
