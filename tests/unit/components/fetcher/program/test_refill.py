"""A backlog: while fetchmail runs, the outbox is filled again, in as few logins as possible."""

from __future__ import annotations

from typing import Any
from unittest import mock

import refill
from fake_imap import body
from folders import FETCHED
from imap_connection import CommandRefused
from refill_harness import NAMES, OUTBOX, Refilling


class Backlog(Refilling):
    def test_a_backlog_is_fetched_in_one_login_and_each_message_once(self) -> None:
        self.backlog()
        self.run_all()
        self.nothing_is_missing()
        self.assertEqual((self.runs, len(self.got), self.logins.total), (1, 20, 2))

    def test_a_login_is_for_a_limited_number_of_messages_and_another_follows(self) -> None:
        self.backlog()
        with mock.patch.object(refill, "IN_A_RUN", 6):
            self.run_all()
        self.nothing_is_missing()
        self.assertEqual((self.runs, len(self.got)), (3, 20))

    def test_a_message_that_is_not_kept_is_not_moved_while_fetchmail_runs(self) -> None:
        for kind, folder in (("COPY", "Fetcher-Kept"), ("CREATE", "Fetcher-Kept")):
            self.setUp()
            self.backlog()
            self.refusing(kind, folder, CommandRefused("[CANNOT] no"))
            self.run_all()
            self.assertEqual((sorted(self.names()), self.runs), (NAMES, 7))

    def test_what_was_delivered_at_a_time_with_forever_is_not_delivered_again_while_fetchmail_runs(self) -> None:
        for n in range(20):
            self.session.put("INBOX", body(f"delivered {n}"), FETCHED)
        self.backlog()
        self.run_all()
        self.assertEqual((sorted(self.names()), self.session.names("INBOX")), (NAMES, []))

    def test_with_retention_zero_no_message_is_moved_while_fetchmail_runs(self) -> None:
        self.worker = self.made("INBOX", "--retention=0")
        self.backlog()
        self.run_all()
        self.assertEqual((sorted(self.names()), self.runs), (NAMES, 7))

    def test_where_moves_report_no_uids_no_message_is_moved_while_fetchmail_runs(self) -> None:
        for untold in ("copy", "move"):
            self.setUp()
            self.backlog()
            real = getattr(self.session, untold)
            with mock.patch.object(self.session, untold, lambda uids, folder, real=real: real(uids, folder) and {}):
                self.run_all()
            self.nothing_is_missing()
            self.assertEqual(self.runs, 7)

    def test_a_message_that_is_not_for_fetchmail_waits_for_the_end_of_its_run(self) -> None:
        self.backlog()
        odd = [uid for uid in self.session.mail["INBOX"] if uid % 5 == 0]
        for uid in odd:
            one = self.session.mail["INBOX"][uid]
            one.body = one.body.replace(b"Return-Path: <a@", b"Return-Path: <@relay.example:a@")
        seen: list[str] = []
        self.during = lambda: seen.append(self.names()[-1])
        self.run_all()
        self.nothing_is_missing()
        self.assertEqual(len(self.got), 20)
        self.assertEqual(set(seen) & {NAMES[uid - 1] for uid in odd}, set())

    def test_only_messages_that_the_provider_confirms_as_copied_are_moved_while_fetchmail_runs(self) -> None:
        self.backlog()
        copy, move, meanwhile = self.session.copy, self.session.move, list[int]()

        def half(uids: Any, folder: str) -> dict[int, int]:
            return {uid: there for uid, there in copy(uids, folder).items() if uid % 2}

        def moved(uids: Any, folder: str) -> dict[int, int]:
            if self.running and self.session.selected == "INBOX":
                meanwhile.extend(uids)
            return move(uids, folder)

        with mock.patch.object(self.session, "copy", half), mock.patch.object(self.session, "move", moved):
            self.run_all()
        self.nothing_is_missing()
        self.assertGreater(len(meanwhile), 3)
        self.assertEqual([uid for uid in meanwhile if uid % 2 == 0], [])

    def test_a_message_that_the_provider_cannot_move_does_not_stop_the_later_ones(self) -> None:
        self.backlog()

        def trouble(command: str, folder: str, uids: list[int]) -> None:
            if command == "MOVE" and folder == OUTBOX and 8 in uids:
                raise CommandRefused("[SERVERBUG] no")

        self.session.trouble = trouble
        self.run_all()
        self.nothing_is_missing()
        self.assertEqual(len(self.got), 20)

    def test_a_full_provider_during_fetchmails_run_is_left_to_the_next_round_which_makes_room(self) -> None:
        self.backlog()
        self.session.mail["Fetcher-Kept/2020-01-01"] = {}

        def trouble(command: str, _: str, __: list[int]) -> None:
            if command == "COPY" and self.got and "Fetcher-Kept/2020-01-01" in self.session.mail:
                raise CommandRefused("[OVERQUOTA] full")

        self.session.trouble = trouble
        with mock.patch.object(self.worker.kept, "expire"):
            self.run_all()
        self.nothing_is_missing()
        self.assertNotIn("Fetcher-Kept/2020-01-01", self.session.mail)
