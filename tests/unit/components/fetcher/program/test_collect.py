"""From the inbox to the outbox: nothing is lost, nothing is taken twice, whatever the provider refuses."""

from __future__ import annotations

import datetime
import unittest
from typing import Any
from unittest import mock

from collect import Collected, Collector
from failures import Failures, Kind
from fake_imap import FakeImap, body
from folders import FETCHED, FOREVER, Layout, Retention
from imap_connection import CommandRefused, LostOverMessage, SessionLost
from junk_leftovers import JunkLeftovers
from kept_folders import KeptFolders

OUTBOX, KEPT = "Fetcher-Outbox", "Fetcher-Kept/2026-11-28"
DAY = datetime.date(2026, 11, 28)
NOON = datetime.time(12, tzinfo=datetime.timezone.utc)


class Collecting(unittest.TestCase):
    def setUp(self) -> None:
        self.day, self.said, self.now = DAY, list[str](), 0.0
        self.monotonic = 0.0
        self.layout = Layout()

    def collector(self, retention: Retention = 7) -> Collector:
        self.failures = Failures(lambda: self.now)
        self.kept = KeptFolders(retention, self.said.append, self.clock, lambda: self.monotonic)
        return Collector(retention, self.kept, self.failures, lambda: None)

    def clock(self) -> datetime.datetime:
        return datetime.datetime.combine(self.day, NOON)

    def collect(self, session: FakeImap, collector: Collector) -> Collected:
        imap: Any = session
        self.layout = collector.prepare(imap, self.layout)
        session.select("INBOX")
        return collector.collect(imap, self.layout)

    def refuse(self, command: str, *uids: int, words: str = "[CANNOT] no") -> Any:
        def trouble(asked: str, _: str, listed: list[int]) -> None:
            if asked == command and (not uids or set(uids) & set(listed)):
                raise CommandRefused(words)

        return trouble


class ADay(Collecting):
    def test_a_message_is_copied_to_the_days_folder_first_and_moved_second(self) -> None:
        session = FakeImap("a", "b")
        self.assertEqual(self.collect(session, self.collector()), Collected(2, (), False))
        self.assertEqual([d for d in session.done if d[2]], [("COPY", KEPT, (1, 2)), ("MOVE", OUTBOX, (1, 2))])
        self.assertEqual(
            (session.names("INBOX"), session.names(OUTBOX), session.names(KEPT)), ([], ["a", "b"], ["a", "b"])
        )

    def test_with_zero_no_message_is_kept(self) -> None:
        session = FakeImap("a")
        self.collect(session, self.collector(0))
        self.assertEqual((session.names(OUTBOX), list(session.mail)), (["a"], ["INBOX", OUTBOX]))

    def test_a_message_that_another_client_has_flagged_is_fetched_like_every_other(self) -> None:
        session = FakeImap("a")
        session.put("INBOX", body("b"), r"\Deleted", r"\Seen")
        self.collect(session, self.collector())
        self.assertEqual(session.names(OUTBOX), ["a", "b"])
        for folder in (OUTBOX, KEPT):  # in the outbox, the flag means that it is delivered
            self.assertFalse(any(r"\Deleted" in one.flags for one in session.mail[folder].values()))

    def test_a_message_whose_flag_cannot_be_removed_is_delivered_from_the_inbox(self) -> None:
        session = FakeImap("a")
        session.put("INBOX", body("b"), r"\Deleted")
        session.trouble = self.refuse("STORE")
        self.assertEqual(self.collect(session, self.collector()), Collected(1, (2,), False))
        self.assertEqual(session.names("INBOX"), ["b"])

    def test_a_message_that_cannot_be_moved_does_not_stop_the_others(self) -> None:
        session = FakeImap(*"abcdefgh")
        session.trouble = self.refuse("MOVE", 3)
        self.assertEqual(self.collect(session, self.collector()), Collected(7, (3,), False))
        self.assertEqual(sorted(session.names(OUTBOX)), sorted("abdefgh"))

    def test_where_no_message_can_be_moved_the_provider_is_not_asked_to_move_each(self) -> None:
        session = FakeImap(*map(str, range(200)))
        asked: list[str] = []

        def trouble(command: str, _: str, __: list[int]) -> None:
            asked.append(command)
            if command == "MOVE":
                raise CommandRefused("no")

        session.trouble = trouble
        self.assertEqual(len(self.collect(session, self.collector()).direct), 200)
        self.assertLess(asked.count("MOVE"), 30)

    def test_a_message_that_cannot_be_copied_is_delivered_all_the_same(self) -> None:
        session = FakeImap("a", "b", "c")
        session.trouble = self.refuse("COPY", 2)
        self.assertEqual(self.collect(session, self.collector()).moved, 3)
        self.assertEqual(session.names(KEPT), ["a", "c"])
        self.assertEqual(len(self.said), 1)

    def test_a_copied_message_is_not_copied_again_when_its_move_fails_repeatedly(self) -> None:
        session, collector = FakeImap("a", "b"), self.collector()
        session.trouble = self.refuse("MOVE")
        for _ in range(5):
            self.collect(session, collector)
        self.assertEqual(session.names(KEPT), ["a", "b"])

    def test_a_session_that_breaks_during_a_batch_continues_with_smaller_ones_until_the_message_is_found(self) -> None:
        session, collector = FakeImap(*map(str, range(40))), self.collector(0)

        def trouble(command: str, _: str, uids: list[int]) -> None:
            if command == "MOVE" and 20 in uids:
                raise SessionLost("connection lost: bye")

        session.trouble = trouble
        broken = 0
        for _ in range(60):
            try:
                self.collect(session, collector)
            except LostOverMessage:
                broken += 1
        self.assertEqual(session.names("INBOX"), ["19"])
        self.assertLess(broken, 12)
        self.assertEqual({key[2]: f.kind for key, f in self.failures.known.items()}, {20: Kind.PROVIDER})
        self.now += 900
        self.assertEqual(self.collect(session, collector).direct, (20,))

    def test_a_message_whose_copy_breaks_the_session_is_delivered_and_blocks_no_later_one(self) -> None:
        session, collector = FakeImap("bad"), self.collector()

        def trouble(command: str, _: str, uids: list[int]) -> None:
            if command == "COPY" and 1 in uids:
                raise SessionLost("connection lost: bye")

        session.trouble = trouble
        direct = set[int]()
        for number in range(20):
            session.put("INBOX", body(f"new {number}"))
            self.now += 20
            try:
                direct |= set(self.collect(session, collector).direct)
            except LostOverMessage:
                continue
        self.assertEqual((session.names("INBOX"), direct), (["bad"], {1}))
        self.assertEqual(len(session.names(OUTBOX)), 20)

    def test_a_folder_that_is_missing_although_it_was_made_stops_no_delivery(self) -> None:
        for refused in ("COPY", "MOVE"):
            session, collector = FakeImap("a"), self.collector()
            session.trouble = self.refuse(refused, words="[TRYCREATE] no such folder")
            with self.assertRaises(CommandRefused):
                self.collect(session, collector)
            found = self.collect(session, collector)
            self.assertEqual((found.moved, found.direct), (1, ()) if refused == "COPY" else (0, (1,)))

    def test_a_message_that_stays_despite_a_successful_move_is_not_moved_forever(self) -> None:
        session, collector = FakeImap("a"), self.collector()
        with mock.patch.object(session, "move", session.copy):
            found = [self.collect(session, collector) for _ in range(3)]
        self.assertEqual(found, [Collected(1, (), False), Collected(0, (1,), False), Collected(0, (1,), False)])
        self.assertEqual(session.names(OUTBOX), ["a"])

    def test_a_refused_folder_for_kept_messages_is_requested_again_on_the_same_day(self) -> None:
        session, collector = FakeImap("a"), self.collector()
        session.trouble = self.refuse("CREATE", words="[UNAVAILABLE] not now")
        session.mail[OUTBOX] = {}
        self.collect(session, collector)
        self.assertEqual((session.names(OUTBOX), session.names(KEPT)), (["a"], []))
        session.trouble = lambda *_: None
        session.put("INBOX", body("b"))
        self.monotonic += 601
        self.collect(session, collector)
        self.assertEqual(sorted(session.names(KEPT)), ["a", "b"])

    def test_a_message_that_cannot_be_moved_because_of_its_flag_is_kept_too(self) -> None:
        session = FakeImap()
        session.put("INBOX", body("a"), r"\Deleted")
        session.trouble = self.refuse("STORE")
        self.assertEqual(self.collect(session, self.collector()), Collected(0, (1,), False))
        self.assertEqual(session.names(KEPT), ["a"])

    def test_a_session_that_breaks_outside_of_a_message_counts_against_no_message(self) -> None:
        session, collector = FakeImap("a"), self.collector()

        def search(*_: str) -> list[int]:
            raise SessionLost("gone")

        session.search = search  # type: ignore[method-assign]
        with self.assertRaises(SessionLost) as caught:
            self.collect(session, collector)
        self.assertNotIsInstance(caught.exception, LostOverMessage)

    def test_without_move_a_message_is_copied_and_then_deleted_and_a_refusal_causes_no_second_copy(self) -> None:
        session, collector = FakeImap("a", moves=False), self.collector(0)
        session.trouble = self.refuse("EXPUNGE", words="[LIMIT] no")
        for _ in range(3):
            self.assertEqual(self.collect(session, collector).direct, ())
            self.now += 1000
        self.assertEqual((session.names(OUTBOX), session.names("INBOX")), (["a"], ["a"]))
        self.assertIn("refuses to take it out of the inbox: [LIMIT] no", self.failures.summary())
        session.trouble = lambda *_: None
        self.collect(session, collector)
        self.assertEqual((session.names(OUTBOX), session.names("INBOX"), self.failures.known), (["a"], [], {}))

    def test_a_message_that_arrives_during_a_search_is_found(self) -> None:
        session = FakeImap()
        session.coming = [[], ["a"]]
        self.assertEqual(self.collect(session, self.collector()).moved, 1)

    def test_a_provider_that_announces_new_mail_forever_does_not_keep_the_search_running(self) -> None:
        session = FakeImap()
        session.coming = [[] for _ in range(1000)]
        self.assertEqual(self.collect(session, self.collector()).moved, 0)
        self.assertGreater(len(session.coming), 900)


class Full(Collecting):
    def full_while(self, session: FakeImap, folders: int, *commands: str) -> None:
        def trouble(command: str, _: str, __: list[int]) -> None:
            kept = [name for name in session.mail if "Kept" in name and session.mail[name]]
            if command in commands and len(kept) > folders:
                raise CommandRefused("[OVERQUOTA] Quota exceeded")

        session.trouble = trouble

    def test_at_a_full_provider_the_oldest_kept_mail_is_deleted_first_and_reported(self) -> None:
        session = FakeImap("a")
        for day in ("2026-11-26", "2026-11-25", "2026-11-27"):
            session.put(f"Fetcher-Kept/{day}", body("old"))
        self.full_while(session, 1, "COPY", "CREATE")
        self.assertEqual(self.collect(session, self.collector()).moved, 1)
        self.assertEqual([n for n in session.mail if "Kept" in n], ["Fetcher-Kept/2026-11-27", KEPT])
        self.assertEqual(len([text for text in self.said if "oldest" in text]), 2)

    def test_with_forever_earlier_kept_mail_is_never_deleted_for_room(self) -> None:
        session = FakeImap("a")
        session.put("Fetcher-Kept/2026-11-25", body("kept"))
        self.full_while(session, 0, "COPY", "CREATE")
        self.collect(session, self.collector(FOREVER))
        self.assertEqual(session.names("Fetcher-Kept/2026-11-25"), ["kept"])

    def test_when_no_kept_mail_is_left_to_delete_new_mail_is_delivered_and_not_kept(self) -> None:
        session = FakeImap("a")

        def trouble(command: str, folder: str, _: list[int]) -> None:
            if command in ("COPY", "CREATE") and "Kept" in folder:
                raise CommandRefused("[OVERQUOTA] Quota exceeded")

        session.trouble = trouble
        self.assertEqual(self.collect(session, self.collector()), Collected(1, (), False))
        self.assertEqual(session.names(OUTBOX), ["a"])
        self.assertIn("new mail is not kept", self.said[-1])

    def test_when_there_is_no_room_even_for_a_move_mail_is_delivered_from_the_inbox(self) -> None:
        session = FakeImap("a", "b")

        def trouble(command: str, _: str, __: list[int]) -> None:
            if command in ("COPY", "MOVE"):
                raise CommandRefused("Quota exceeded (mailbox for user is full)")

        session.trouble = trouble
        self.assertEqual(self.collect(session, self.collector()).direct, (1, 2))

    def test_undelivered_mail_is_never_deleted_for_room(self) -> None:
        session = FakeImap("a")
        session.put(OUTBOX, body("waiting"))
        session.put("Fetcher-Refused", body("refused"))

        def trouble(command: str, _: str, __: list[int]) -> None:
            if command in ("COPY", "MOVE", "CREATE"):
                raise CommandRefused("[OVERQUOTA]")

        session.trouble = trouble
        self.collect(session, self.collector())
        self.assertEqual((session.names(OUTBOX), session.names("Fetcher-Refused")), (["waiting"], ["refused"]))


class Room(Collecting):
    def test_kept_mail_is_deleted_when_mail_delivered_from_the_inbox_finds_no_room_to_be_deleted(self) -> None:
        session, collector = FakeImap("a"), self.collector()
        session.put("Fetcher-Kept/2026-11-21", body("old"))

        def trouble(command: str, _: str, __: list[int]) -> None:
            if command == "EXPUNGE" and "Fetcher-Kept/2026-11-21" in session.mail:
                raise CommandRefused("[OVERQUOTA] Quota exceeded")

        session.trouble = trouble
        session.select("INBOX")
        imap: Any = session
        collector.finish(imap, self.layout)(1)
        self.assertEqual(list(session.mail.items()), [("INBOX", {})])


class Junk(Collecting):
    def leftovers(self, session: FakeImap) -> None:
        self.collector()
        junk, imap = JunkLeftovers(self.kept, self.said.append), session
        given: Any = imap
        junk.give_back(given, self.layout)
        session.clock = self.clock
        junk.expire(given, self.layout)

    def test_what_is_left_of_a_junk_folder_that_is_no_longer_fetched_goes_back_to_it(self) -> None:
        session = FakeImap()
        session.put("Junk", body("there"))
        session.put("Fetcher-Outbox-Junk", body("waiting"))
        session.put("Fetcher-Outbox-Junk", body("delivered"), r"\Deleted")
        session.put("Fetcher-Refused-Junk", body("refused"))
        session.put("Fetcher-Kept-Junk/2026-11-20", body("old"))
        session.put("Fetcher-Kept-Junk/2026-11-21", body("kept"))
        self.leftovers(session)
        self.assertEqual(session.names("Junk"), ["there", "waiting", "refused"])
        self.assertEqual([name for name in session.mail if "Kept" in name], ["Fetcher-Kept-Junk/2026-11-21"])
        self.assertIn("1 from Fetcher-Outbox-Junk moved back to Junk, which is not fetched any more", self.said)

    def test_mail_of_a_junk_folder_that_no_longer_exists_is_delivered(self) -> None:
        session = FakeImap()
        session.mail[OUTBOX] = {}
        session.put("Fetcher-Outbox-Junk", body("waiting"))
        self.leftovers(session)
        self.assertEqual(session.names(OUTBOX), ["waiting"])

    def test_a_provider_that_refuses_the_return_to_the_junk_folder_stops_no_delivery(self) -> None:
        session = FakeImap()
        session.mail["Junk"] = {}
        session.put("Fetcher-Outbox-Junk", body("waiting"))
        session.trouble = self.refuse("MOVE")
        self.leftovers(session)
        self.assertEqual(session.names("Fetcher-Outbox-Junk"), ["waiting"])
        self.assertIn("the provider refuses to empty Fetcher-Outbox-Junk", self.said[0])


class Days(Collecting):
    def dates(self, session: FakeImap) -> list[str]:
        return [name.removeprefix("Fetcher-Kept/") for name in session.mail if "Kept" in name]

    def expire(self, session: FakeImap) -> list[str]:
        imap: Any = session
        self.kept.expire(imap, self.layout)
        return self.dates(session)

    def keeping(self, *days: str) -> FakeImap:
        session = FakeImap()
        for day in days:
            session.put(f"Fetcher-Kept/{day}", body("old"))
        self.collector(7)
        return session

    def test_folders_of_kept_mail_are_deleted_when_their_days_are_over(self) -> None:
        session = self.keeping("2026-11-20", "2026-11-21")
        session.clock = self.clock
        self.assertEqual(self.expire(session), ["2026-11-21"])
        self.day += datetime.timedelta(days=1)
        self.monotonic += 86_400
        self.assertEqual(self.expire(session), [])
        self.assertEqual((list(session.mail), self.said), (["INBOX"], []))

    def test_a_node_whose_clock_jumps_ahead_ends_no_retention_early(self) -> None:
        session = self.keeping("2026-11-20", "2026-11-21", "2026-11-28")
        session.clock = self.clock
        self.assertEqual(self.expire(session), ["2026-11-21", "2026-11-28"])
        session.clock = lambda: datetime.datetime.combine(DAY, NOON)
        self.day = datetime.date(2027, 1, 15)
        self.monotonic += 3601
        self.assertEqual(self.expire(session), ["2026-11-21", "2026-11-28"])
        self.assertIn("the provider's clock differs from this node's by -48 days", self.said[0])
        self.day = datetime.date(2026, 12, 6)
        session.clock = self.clock
        self.monotonic += 8 * 86_400
        self.assertEqual(self.expire(session), [])

    def test_a_provider_whose_clock_is_ahead_ends_no_retention_early(self) -> None:
        session = self.keeping("2026-11-21")
        session.clock = lambda: datetime.datetime(2031, 1, 1, tzinfo=datetime.timezone.utc)
        self.assertEqual(self.expire(session), ["2026-11-21"])

    def test_mail_fetched_while_the_nodes_clock_is_behind_is_kept_for_its_days(self) -> None:
        session, collector = FakeImap("a"), self.collector(7)
        session.clock = lambda: datetime.datetime.combine(DAY, NOON)
        self.day = datetime.date(2026, 11, 1)
        self.collect(session, collector)
        self.assertEqual(self.dates(session), ["2026-11-28"])

    def test_where_the_providers_time_is_unknown_a_kept_folder_must_be_known_for_all_of_its_days(self) -> None:
        session = self.keeping("2026-11-01")
        for hours in range(7 * 24):
            self.monotonic = hours * 3600.0
            self.assertEqual(self.expire(session), ["2026-11-01"])
        self.monotonic = 7 * 86_400.0
        self.assertEqual(self.expire(session), [])

    def test_a_corrected_clock_does_not_end_the_retention_of_mail_kept_while_it_was_behind(self) -> None:
        session, collector = FakeImap("a"), self.collector(7)
        right, self.day = self.day, datetime.date(2020, 1, 1)
        self.collect(session, collector)
        self.day, self.monotonic = right, 1.5 * 86_400
        self.assertEqual(self.expire(session), ["2020-01-01"])
        self.monotonic = 6.9 * 86_400
        self.assertEqual(self.expire(session), ["2020-01-01"])
        self.monotonic = 7.1 * 86_400
        self.assertEqual(self.expire(session), [])

    def test_what_was_put_last_into_a_kept_folder_is_kept_for_all_of_its_days_too(self) -> None:
        session, collector = FakeImap("a"), self.collector(7)
        right, self.day = self.day, datetime.date(2020, 1, 1)
        self.collect(session, collector)
        session.put("INBOX", body("b"))
        self.monotonic = 5 * 86_400
        self.collect(session, collector)
        self.day, self.monotonic = right, 8 * 86_400
        self.assertEqual(self.expire(session), ["2020-01-01"])
        self.monotonic = 12.1 * 86_400
        self.assertEqual(self.expire(session), [])

    def test_reading_the_providers_time_leaves_no_message_even_after_a_crash(self) -> None:
        session = self.keeping("2026-11-01")
        session.put("Fetcher-Clock", body("from before a crash"))
        session.clock = self.clock
        self.expire(session)
        self.assertEqual(list(session.mail), ["INBOX"])

    def test_what_was_not_delivered_yesterday_is_kept_from_today_on(self) -> None:
        session, collector = FakeImap("a"), self.collector()
        self.collect(session, collector)
        self.day += datetime.timedelta(days=1)
        session.put("INBOX", body("b"))
        self.collect(session, collector)
        self.assertEqual(sorted(session.names("Fetcher-Kept/2026-11-29")), ["a", "b"])

    def test_where_folders_cannot_contain_folders_the_name_of_a_kept_folder_is_flat(self) -> None:
        session, collector = FakeImap("a"), self.collector()

        def trouble(command: str, folder: str, _: list[int]) -> None:
            if command == "CREATE" and "Kept/" in folder:
                raise CommandRefused("no")

        session.trouble = trouble
        self.collect(session, collector)
        self.assertEqual(session.names("Fetcher-Kept-2026-11-28"), ["a"])

    def test_where_no_folder_can_be_made_mail_is_delivered_and_it_is_reported_once(self) -> None:
        session, collector = FakeImap("a"), self.collector()

        def trouble(command: str, folder: str, _: list[int]) -> None:
            if command == "CREATE" and "Kept" in folder:
                raise CommandRefused("[LIMIT] too many folders")

        session.trouble = trouble
        for _ in range(3):
            self.collect(session, collector)
        self.assertEqual((session.names(OUTBOX), len(self.said)), (["a"], 1))


class Forever(Collecting):
    def test_with_forever_a_message_is_copied_first_and_marked_second_and_delivered_once(self) -> None:
        session, collector = FakeImap("a", "b"), self.collector(FOREVER)
        self.assertEqual(self.collect(session, collector).moved, 2)
        expected = [("COPY", OUTBOX, (1,)), ("STORE", "INBOX", (1,)), ("COPY", OUTBOX, (2,)), ("STORE", "INBOX", (2,))]
        self.assertEqual([d for d in session.done if d[2]], expected)
        self.assertEqual(self.collect(session, collector).moved, 0)
        self.assertEqual((session.names("INBOX"), session.names(OUTBOX)), (["a", "b"], ["a", "b"]))

    def test_with_forever_a_message_flagged_as_deleted_is_delivered_from_the_inbox(self) -> None:
        session = FakeImap("a")
        session.put("INBOX", body("b"), r"\Deleted")
        self.assertEqual(self.collect(session, self.collector(FOREVER)).direct, (2,))

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

    def test_where_no_mark_can_be_set_unread_mail_is_copied_and_it_is_reported(self) -> None:
        session = FakeImap("a", keywords=False)
        session.put("INBOX", body("read"), r"\Seen")
        collector = self.collector(FOREVER)
        self.assertEqual(self.collect(session, collector).moved, 1)
        self.assertEqual(session.names(OUTBOX), ["a"])
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

    def test_from_forever_to_zero_no_undelivered_mail_is_deleted(self) -> None:
        session = self.marked()
        self.collect(session, self.collector(0))
        self.assertEqual(sorted(session.names(OUTBOX)), ["delivered", "new"])


class Places(Collecting):
    def test_where_folders_must_be_below_the_inbox_the_kept_folders_are(self) -> None:
        session = FakeImap("a")
        self.layout = Layout(separator=".")

        def trouble(command: str, folder: str, _: list[int]) -> None:
            if command == "CREATE" and not folder.startswith("INBOX."):
                raise CommandRefused("nonexistent namespace")

        session.trouble = trouble
        self.collect(session, self.collector())
        self.assertEqual(session.names("INBOX.Fetcher-Outbox"), ["a"])
        self.assertEqual(session.names("INBOX.Fetcher-Kept.2026-11-28"), ["a"])

    def test_an_outbox_below_the_inbox_is_emptied_once_the_one_beside_it_can_be_made(self) -> None:
        session, collector = FakeImap("a"), self.collector(0)

        def trouble(command: str, folder: str, _: list[int]) -> None:
            if command == "CREATE" and not folder.startswith("INBOX/"):
                raise CommandRefused("[UNAVAILABLE] not now")

        session.trouble = trouble
        self.collect(session, collector)
        self.assertEqual(session.names("INBOX/Fetcher-Outbox"), ["a"])
        session.trouble, self.layout = lambda *_: None, Layout()
        self.collect(session, collector)
        self.assertEqual((session.names("INBOX/Fetcher-Outbox"), session.names(OUTBOX)), ([], ["a"]))

    def test_where_no_outbox_can_be_made_all_mail_is_delivered_from_the_inbox(self) -> None:
        session, collector = FakeImap("a", "b"), self.collector(0)

        def trouble(command: str, _: str, __: list[int]) -> None:
            if command == "CREATE":
                raise CommandRefused("[LIMIT] no more folders")

        session.trouble = trouble
        self.assertEqual(self.collect(session, collector).direct, (1, 2))
        self.assertIn("delivered from the inbox: [LIMIT] no more folders", self.said[0])
