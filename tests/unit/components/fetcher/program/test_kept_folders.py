"""Kept mail stays for all of its days and no longer, whichever clock is wrong."""

from __future__ import annotations

import datetime
from typing import Any

from collect_harness import DAY, KEPT, NOON, OUTBOX, Collecting
from fake_imap import FakeImap, body
from folders import Retention
from imap_connection import CommandRefused


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

    def test_an_old_folder_that_the_provider_does_not_delete_is_reported_once_and_the_others_go(self) -> None:
        session = self.keeping("2026-11-01", "2026-11-02")
        session.clock = self.clock

        def trouble(command: str, folder: str, _: list[int]) -> None:
            if command == "DELETE" and folder.endswith("01"):
                raise CommandRefused("[INUSE] no")

        session.trouble = trouble
        for _ in range(3):
            self.assertEqual(self.expire(session), ["2026-11-01"])
            self.monotonic += 3601
        self.assertEqual(self.said, ["the provider refuses to delete Fetcher-Kept/2026-11-01: [INUSE] no"])

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

    def test_what_a_killed_pod_left_in_the_folder_for_the_time_goes_though_no_kept_folder_is_old(self) -> None:
        session = self.keeping(f"{self.day:%Y-%m-%d}")
        session.put("Fetcher-Clock", body("from before a crash"))
        self.expire(session)
        self.assertNotIn("Fetcher-Clock", session.mail)

    def test_a_folder_for_the_time_that_the_provider_does_not_delete_stops_nothing(self) -> None:
        session = self.keeping("2026-11-01")
        session.clock = self.clock
        session.put("Fetcher-Clock", body("from before a crash"))

        def trouble(command: str, folder: str, _: list[int]) -> None:
            if command == "DELETE" and folder == "Fetcher-Clock":
                raise CommandRefused("[INUSE] no")

        session.trouble = trouble
        self.assertEqual(self.expire(session), [])

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

        session.trouble, self.monotonic = trouble, 1_000_000.0
        for _ in range(3):
            self.collect(session, collector)
        self.assertEqual((session.names(OUTBOX), len(self.said)), (["a"], 1))
        session.trouble = lambda *_: None
        for seconds, name, kept in ((599, "b", []), (2, "c", ["a", "b", "c"])):
            self.monotonic += seconds
            session.put("INBOX", body(name))
            self.collect(session, collector)
            self.assertEqual(session.names(KEPT), kept)

    def test_a_new_process_copies_what_waits_in_the_outbox_to_no_kept_folder_that_is_there_already(self) -> None:
        session = FakeImap("a")
        self.collect(session, self.collector())
        session.put("INBOX", body("b"))
        self.collect(session, self.collector())
        self.assertEqual((session.names(OUTBOX), session.names(KEPT)), (["a", "b"], ["a", "b"]))


class Moving(Collecting):
    """What is delivered in the end, after it was set aside."""

    def moved(self, retention: Retention, trouble: Any = lambda *_: None) -> tuple[list[str], list[str]]:
        """What is in the folder for what was refused then, and in the one for kept messages."""
        self.collector(retention)
        session: Any = FakeImap()
        uid = session.put("Fetcher-Refused", body("delivered"))
        session.put("Fetcher-Refused", body("other"))
        session.select("Fetcher-Refused")
        session.trouble = trouble
        self.kept.move(session, self.layout, uid)
        self.done = [command for command, *_ in session.done]
        return session.names("Fetcher-Refused"), session.names(KEPT)

    def test_it_is_kept_like_everything_else_and_deleted_where_nothing_is_kept(self) -> None:
        self.assertEqual(self.moved(7), (["other"], ["delivered"]))
        self.assertNotIn("EXPUNGE", self.done)
        self.assertEqual(self.moved(0), (["other"], []))

    def test_it_is_deleted_where_the_provider_is_full_and_stays_where_the_move_is_refused(self) -> None:
        self.assertEqual(self.moved(7, self.refuse("MOVE", words="[OVERQUOTA] full")), (["other"], []))
        with self.assertRaisesRegex(CommandRefused, "not now"):
            self.moved(7, self.refuse("MOVE", words="[LIMIT] not now"))
