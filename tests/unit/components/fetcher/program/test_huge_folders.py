"""An inbox of so many messages that all of them together would not fit into the pod's memory."""

from __future__ import annotations

from unittest import mock

import overlooked
from collect_harness import KEPT, OUTBOX, Collecting
from failures import Kind
from fake_imap import FakeImap, body
from folders import FETCHED, FOREVER, Retention
from refill_harness import NAMES, Refilling


class Huge(Collecting):
    def setUp(self) -> None:
        super().setUp()
        patch = mock.patch("imap_folders.FIRST", 4)
        patch.start()
        self.addCleanup(patch.stop)

    def turns(self, session: FakeImap, retention: Retention) -> None:
        collector, session.bearable = self.collector(retention), 10
        for _ in range(20):
            self.collect(session, collector)
            if not collector.fresh(session):  # type: ignore[arg-type]
                return

    def test_it_is_fetched_part_by_part(self) -> None:
        for retention in (7, 0, FOREVER):
            session = FakeImap(*NAMES)
            self.turns(session, retention)
            self.assertEqual(session.names(OUTBOX), NAMES)

    def test_with_forever_what_comes_last_is_found_behind_very_many_that_are_marked(self) -> None:
        session = FakeImap()
        for name in NAMES:
            session.put("INBOX", body(name), FETCHED)
        session.put("INBOX", body("new"))
        self.turns(session, FOREVER)
        self.assertEqual(session.names(OUTBOX), ["new"])

    def test_a_few_that_cannot_be_fetched_now_do_not_hide_those_behind_them(self) -> None:
        session, collector = FakeImap(*NAMES), self.collector(FOREVER)
        for uid in range(1, 4):
            self.failures.note(("INBOX", session.validity, uid), Kind.PROVIDER, "it cannot be read")
        session.bearable = 10
        for _ in range(20):
            self.collect(session, collector)
        self.assertEqual(session.names(OUTBOX), NAMES[3:])

    def test_what_was_delivered_at_a_time_with_forever_is_not_delivered_again(self) -> None:
        session = FakeImap()
        for name in NAMES:
            session.put("INBOX", body(name), FETCHED)
        self.turns(session, 7)
        self.assertEqual((session.names("INBOX"), session.names(OUTBOX), session.names(KEPT)), ([], [], NAMES))

    def test_what_the_search_overlooks_is_found_among_very_many_that_are_marked(self) -> None:
        session, collector = FakeImap(*NAMES), self.collector(FOREVER)
        for uid in session.mail["INBOX"]:
            session.mail["INBOX"][uid].flags.add(FETCHED)
        hidden, search, session.bearable = session.put("INBOX", body("new")), session.search, 10

        def poor(*criteria: str) -> list[int]:
            return [uid for uid in search(*criteria) if session.selected != "INBOX" or uid != hidden]

        with mock.patch.object(session, "search", poor):
            self.collect(session, collector)
        self.assertEqual(session.names(OUTBOX), ["new"])

    def test_new_mail_does_not_wait_for_looks_at_the_flags_only(self) -> None:
        session, collector, asked = FakeImap("a"), self.collector(FOREVER), list[float]()
        by_number = session.by_number

        def slow(items: str) -> object:
            asked.append(self.monotonic)
            self.monotonic += 20
            return by_number(items)

        with mock.patch("overlooked.time.monotonic", lambda: self.monotonic), mock.patch.object(overlooked, "LOOK", 60):
            collector.forever.overlooked.pause = overlooked.DOUBT
            with mock.patch.object(session, "by_number", slow):
                for _ in range(20):
                    self.monotonic += 60
                    self.collect(session, collector)
        self.assertEqual(len(asked), 3, "not for more than a twentieth of the time")


class HugeBacklog(Refilling):
    def test_a_backlog_of_very_many_is_fetched_in_one_login(self) -> None:
        for marked in (0, 15):
            self.setUp()
            self.backlog()
            for n in range(marked):
                self.session.put("INBOX", body(f"delivered {n}"), FETCHED)
            self.session.bearable = 10
            with mock.patch("imap_folders.FIRST", 4):
                self.run_all()
            self.assertEqual((sorted(self.names()), self.session.names("INBOX")), (NAMES, []))
            self.assertEqual(self.runs, 1)
