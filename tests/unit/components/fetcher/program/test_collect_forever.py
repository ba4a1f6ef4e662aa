"""With `keep: forever` the originals stay, and a change of it loses no mail."""

from __future__ import annotations

from typing import Any
from unittest import mock

from collect import Collected
from collect_harness import KEPT, OUTBOX, Collecting
from fake_imap import FakeImap, body
from folders import FETCHED, FOREVER
from imap_connection import CommandRefused


class Forever(Collecting):
    def test_with_forever_a_message_is_copied_first_and_marked_second_and_delivered_once(self) -> None:
        session, collector = FakeImap("a", "b"), self.collector(FOREVER)
        self.assertEqual(self.collect(session, collector).moved, 2)
        expected = [("COPY", OUTBOX, (1,)), ("STORE", "INBOX", (1,)), ("COPY", OUTBOX, (2,)), ("STORE", "INBOX", (2,))]
        self.assertEqual([d for d in session.done if d[2]], expected)
        self.assertEqual(self.collect(session, collector).moved, 0)
        self.assertEqual((session.names("INBOX"), session.names(OUTBOX)), (["a", "b"], ["a", "b"]))
        self.assertEqual(self.said, [])

    def test_with_forever_a_message_flagged_as_deleted_is_delivered_from_the_inbox(self) -> None:
        session = FakeImap("a")
        session.put("INBOX", body("b"), r"\Deleted")
        self.assertEqual(self.collect(session, self.collector(FOREVER)).direct, (2,))

    def test_with_forever_the_original_of_what_was_delivered_from_the_inbox_stays_and_is_marked(self) -> None:
        session, collector = FakeImap("a"), self.collector(FOREVER)
        imap: Any = session
        session.select("INBOX")
        collector.finish(imap, self.layout)(1)
        self.assertEqual((session.names("INBOX"), session.mail["INBOX"][1].flags), (["a"], {FETCHED}))

    def test_with_forever_a_message_that_cannot_be_copied_is_delivered_from_the_inbox_and_unmarked(self) -> None:
        session = FakeImap("a")

        def trouble(command: str, _: str, __: list[int]) -> None:
            if command == "COPY":
                raise CommandRefused("[OVERQUOTA] full")

        session.trouble = trouble
        self.assertEqual(self.collect(session, self.collector(FOREVER)).direct, (1,))
        self.assertEqual(session.mail["INBOX"][1].flags, set())

    def test_with_forever_a_message_that_cannot_be_marked_is_not_copied_again(self) -> None:
        session, collector = FakeImap("a"), self.collector(FOREVER)

        def trouble(command: str, _: str, __: list[int]) -> None:
            if command == "STORE":
                raise CommandRefused("[LIMIT] no")

        session.trouble = trouble
        for _ in range(4):
            self.collect(session, collector)
            self.now += 1000
        self.assertEqual(session.names(OUTBOX), ["a"])
        self.assertIn("[LIMIT] no", self.failures.summary())
        session.trouble = lambda *_: None
        self.collect(session, collector)
        self.assertIn(FETCHED, session.mail["INBOX"][1].flags)
        self.assertEqual((session.names(OUTBOX), self.failures.known), (["a"], {}))

    def test_with_forever_a_message_that_bears_no_mark_although_it_is_said_to_is_fetched_once_and_reported(
        self,
    ) -> None:
        session, collector = FakeImap("a", "b"), self.collector(FOREVER)
        imap: Any = session
        with mock.patch.object(session, "store", lambda *_: None):
            self.collect(session, collector)
            for _ in range(3):
                found = self.collect(session, collector)
                self.assertEqual((found.moved, found.direct), (0, ()))
                self.assertFalse(collector.fresh(imap))
                self.now += 1000
        self.assertEqual(session.names(OUTBOX), ["a", "b"])
        self.assertIn("it says that it is marked, and it is not (UID 1, 2)", self.failures.summary())
        for _ in range(2):
            self.collect(session, collector)
        self.assertEqual((session.names(OUTBOX), self.failures.known), (["a", "b"], {}))

    def test_with_forever_a_message_that_was_delivered_from_the_inbox_does_not_come_again_for_want_of_a_mark(
        self,
    ) -> None:
        session, collector = FakeImap(), self.collector(FOREVER)
        imap: Any = session
        session.put("INBOX", body("a"), r"\Deleted")
        self.assertEqual(self.collect(session, collector).direct, (1,))
        with mock.patch.object(session, "store", lambda *_: None):
            collector.finish(imap, self.layout)(1)
            self.assertEqual(self.collect(session, collector), Collected())

    def test_with_forever_a_message_that_was_not_copied_although_it_is_said_to_be_gets_no_mark(self) -> None:
        session, collector = FakeImap("a"), self.collector(FOREVER)
        with mock.patch.object(session, "copy", lambda *_: {}):
            for _ in range(2):
                self.assertEqual(self.collect(session, collector).direct, (1,))
        self.assertEqual(session.mail["INBOX"][1].flags, set())

    def test_with_forever_a_mark_that_is_refused_after_it_was_said_to_be_set_stops_no_other_message(self) -> None:
        session, collector = FakeImap("a"), self.collector(FOREVER)
        with mock.patch.object(session, "store", lambda *_: None):
            self.collect(session, collector)
        session.put("INBOX", body("b"))

        def trouble(command: str, _: str, uids: list[int]) -> None:
            if command == "STORE" and uids == [1]:
                raise CommandRefused("[LIMIT] no")

        session.trouble = trouble
        self.assertEqual(self.collect(session, collector).moved, 1)
        self.assertEqual(session.names(OUTBOX), ["a", "b"])
        self.assertIn("[LIMIT] no (UID 1)", self.failures.summary())

    def test_with_forever_a_turn_is_for_a_hundred_messages_and_it_is_said_that_there_are_more(self) -> None:
        session, collector = FakeImap(*(f"m{n}" for n in range(150))), self.collector(FOREVER)
        self.assertEqual(self.collect(session, collector), Collected(100, (), True))
        self.assertEqual(self.collect(session, collector), Collected(50, (), False))

    def test_with_forever_a_provider_need_not_tell_the_uids_of_copies(self) -> None:
        session = FakeImap("a")
        with mock.patch.object(session, "copy", lambda *given, copy=session.copy: copy(*given) and {}):
            self.assertEqual(self.collect(session, self.collector(FOREVER)), Collected(1))
        self.assertIn(FETCHED, session.mail["INBOX"][1].flags)

    def test_where_no_mark_can_be_set_unread_mail_is_copied_and_it_is_reported(self) -> None:
        session = FakeImap("a", keywords=False)
        session.put("INBOX", body("read"), r"\Seen")
        collector = self.collector(FOREVER)
        self.assertEqual(self.collect(session, collector).moved, 1)
        self.assertEqual(session.names(OUTBOX), ["a"])
        self.assertEqual(session.mail["INBOX"][1].flags, {r"\Seen"})
        self.assertIn("stores no keywords", self.said[0])

    def test_kept_folders_of_an_earlier_setting_are_left_alone(self) -> None:
        session, _ = FakeImap(), self.collector(FOREVER)
        session.put("Fetcher-Kept/2020-01-01", body("old"))
        imap: Any = session
        self.kept.expire(imap, self.layout)
        self.assertIn("Fetcher-Kept/2020-01-01", session.mail)


class Changing(Collecting):
    def marked(self) -> FakeImap:
        session = FakeImap("new")
        session.put("INBOX", body("delivered"), FETCHED)
        return session

    def test_from_forever_to_days_delivered_mail_is_kept_and_not_delivered_again(self) -> None:
        session = self.marked()
        self.collect(session, self.collector(7))
        self.assertEqual((session.names("INBOX"), session.names(OUTBOX)), ([], ["new"]))
        self.assertEqual(sorted(session.names(KEPT)), ["delivered", "new"])

    def test_from_forever_to_days_at_a_full_provider_new_mail_is_delivered(self) -> None:
        session = self.marked()

        def trouble(command: str, folder: str, _: list[int]) -> None:
            if "Kept" in folder and command in ("CREATE", "COPY"):
                raise CommandRefused("[OVERQUOTA] Quota exceeded")

        session.trouble = trouble
        self.assertEqual(self.collect(session, self.collector(7)), Collected(1, (), False))
        self.assertEqual((session.names("INBOX"), session.names(OUTBOX)), (["delivered"], ["new"]))

    def test_from_forever_to_days_a_message_that_bears_no_mark_is_delivered_though_it_is_found_with_the_others(
        self,
    ) -> None:
        session = self.marked()
        search = session.search

        def everything(*criteria: str) -> list[int]:
            return search(*(["ALL"] if "KEYWORD" in criteria else criteria))

        with mock.patch.object(session, "search", everything):
            self.collect(session, self.collector(7))
        self.assertEqual((session.names(OUTBOX), sorted(session.names(KEPT))), (["new"], ["delivered", "new"]))

    def test_from_forever_to_days_what_stays_though_it_is_said_to_be_moved_is_not_moved_again(self) -> None:
        session, collector, moves = self.marked(), self.collector(7), list[str]()

        def moved(_: object, folder: str) -> dict[int, int]:
            moves.append(folder)
            return {}

        with mock.patch.object(session, "move", moved):
            for _ in range(3):
                self.collect(session, collector)
        self.assertEqual(moves, [KEPT, OUTBOX])

    def test_from_forever_to_zero_no_undelivered_mail_is_deleted(self) -> None:
        session = self.marked()
        self.collect(session, self.collector(0))
        self.assertEqual(sorted(session.names(OUTBOX)), ["delivered", "new"])
