"""With `keep: forever`, a search that finds too little leaves no message undelivered."""

from __future__ import annotations

from typing import Any
from unittest import mock

import reasons
from collect import Collected, Collector
from collect_harness import OUTBOX, Collecting
from fake_imap import FakeImap, body
from fetch_response import Message
from folders import FETCHED, FOREVER
from imap_connection import CommandRefused


class Overlooking(Collecting):
    def setUp(self) -> None:
        super().setUp()
        self.monotonic = 1_000_000.0  # the node has been running for days
        clock = mock.patch("overlooked.time.monotonic", lambda: self.monotonic)
        clock.start()
        self.addCleanup(clock.stop)
        self.hidden: set[int] = set()

    def provider(self, *names: str, hidden: set[int], keywords: bool = True) -> FakeImap:
        """Its searches do not find these."""
        session, self.hidden = FakeImap(*names, keywords=keywords), hidden
        search = session.search

        def poor(*criteria: str) -> list[int]:
            return [uid for uid in search(*criteria) if session.selected != "INBOX" or uid not in self.hidden]

        session.search = poor  # type: ignore[method-assign]
        return session

    def turns(self, session: FakeImap, collector: Collector, seconds: float, count: int = 1) -> Collected:
        for _ in range(count):
            self.monotonic += seconds
            self.now += seconds
            found = self.collect(session, collector)
        return found

    def test_a_message_that_no_search_finds_is_delivered_once_and_reported(self) -> None:
        for keywords in (True, False):
            self.setUp()
            session, collector = self.provider("a", "b", "c", hidden={2}, keywords=keywords), self.collector(FOREVER)
            self.assertEqual(self.collect(session, collector).moved, 3)
            for _ in range(100):
                self.turns(session, collector, 25)
                self.assertEqual((session.names(OUTBOX), self.failures.known), (["a", "b", "c"], {}))
            self.assertIn(FETCHED if keywords else r"\Seen", session.mail["INBOX"][2].flags)
            self.assertEqual(self.said.count(reasons.search_overlooks(1)), 1)

    def test_the_flags_are_asked_for_once_an_hour_and_once_a_minute_after_a_search_was_wrong(self) -> None:
        session, collector = self.provider("a", hidden=set()), self.collector(FOREVER)
        with mock.patch.object(session, "by_number", mock.Mock(side_effect=session.by_number)) as asked:
            self.collect(session, collector)
            self.turns(session, collector, 60, 59)
            self.assertEqual(asked.call_count, 1)
            self.hidden = {session.put("INBOX", body("b"))}
            self.turns(session, collector, 60)
            self.assertEqual((asked.call_count, session.names(OUTBOX)), (2, ["a", "b"]))
            self.turns(session, collector, 60, 5)
            self.hidden.add(session.put("INBOX", body("c")))
            self.turns(session, collector, 60)
            self.assertEqual((asked.call_count, session.names(OUTBOX)), (8, ["a", "b", "c"]))

    def test_a_mark_that_only_a_search_shows_is_believed(self) -> None:
        for keywords in (True, False):
            self.setUp()
            session, collector = self.provider("a", hidden=set(), keywords=keywords), self.collector(FOREVER)
            session.put("INBOX", body("b"), FETCHED if keywords else r"\Seen")
            fetch = session.fetch

            def without_flags(uids: str, items: str, fetch: Any = fetch) -> Any:
                return [message._replace(items={**message.items, "FLAGS": []}) for message in fetch(uids, items)]

            with mock.patch.object(session, "fetch", without_flags):
                self.collect(session, collector)
                self.turns(session, collector, 3600, 3)
            self.assertEqual(session.names(OUTBOX), ["a"])
            self.assertNotIn(reasons.search_overlooks(1), self.said)

    def test_flags_that_make_no_sense_stop_no_mail(self) -> None:
        session, collector = self.provider("a", hidden=set()), self.collector(FOREVER)
        session.put("INBOX", body("b"), FETCHED)
        told = [
            Message(2, {"UID": b"2"}),
            Message(2, {"UID": b"2", "FLAGS": b"NIL"}),
            Message(2, {"FLAGS": []}),
            Message(2, {"UID": b"2", "FLAGS": [[b"x"], FETCHED.upper().encode()]}),
        ]
        with mock.patch.object(session, "by_number", lambda _: told):
            self.collect(session, collector)
            self.turns(session, collector, 3600, 3)
        self.assertEqual((session.names(OUTBOX), self.said), (["a"], []))

    def test_a_message_that_loses_its_mark_later_and_that_no_search_finds_is_reported_and_comes_once(self) -> None:
        session, collector = self.provider("a", hidden=set()), self.collector(FOREVER)
        self.collect(session, collector)
        session.mail["INBOX"][1].flags.clear()
        self.hidden = {1}
        self.turns(session, collector, 3600, 2)
        self.assertEqual((session.names(OUTBOX), self.said), (["a"], [reasons.search_overlooks(1)]))

    def test_a_uid_that_was_overlooked_in_an_inbox_that_was_made_anew_means_no_other_message(self) -> None:
        session, collector = self.provider("a", hidden={1}), self.collector(FOREVER)
        session.trouble = self.refuse("STORE", words="[LIMIT] no")
        self.collect(session, collector)
        session.trouble, session.mail["INBOX"], session.last = lambda *_: None, {}, {**session.last, "INBOX": 0}
        session.put("INBOX", body("fetched before"), FETCHED)
        with mock.patch.object(session, "validity", b"2"):
            self.turns(session, collector, 1, 100)
        self.assertEqual(session.names(OUTBOX), ["a"])

    def test_what_comes_while_the_flags_are_asked_for_is_not_overlooked(self) -> None:
        session, collector = self.provider("a", hidden=set()), self.collector(FOREVER)
        by_number = session.by_number

        def late(items: str) -> Any:
            session.put("INBOX", body("b"))
            return by_number(items)

        with mock.patch.object(session, "by_number", late):
            self.assertEqual(self.collect(session, collector).moved, 1)
        self.turns(session, collector, 60)
        self.assertEqual((session.names(OUTBOX), self.said), (["a", "b"], []))

    def test_a_message_that_no_search_finds_and_that_does_not_take_the_mark_comes_once(self) -> None:
        session, collector = self.provider("a", "b", hidden={2}), self.collector(FOREVER)
        store = session.store

        def forgetful(uids: Any, change: str, flags: str) -> None:
            store([uid for uid in uids if uid != 2], change, flags)

        with mock.patch.object(session, "store", forgetful):
            self.collect(session, collector)
            for _ in range(100):
                self.turns(session, collector, 25)
        self.assertEqual((session.names(OUTBOX), self.said), (["a", "b"], [reasons.search_overlooks(1)]))
        self.assertIn("it says that it is marked, and it is not (UID 2)", self.failures.summary())

    def test_a_message_that_no_search_finds_and_of_which_the_mark_is_refused_comes_once(self) -> None:
        session, collector = self.provider("a", hidden={1}), self.collector(FOREVER)
        session.trouble = self.refuse("STORE", words="[LIMIT] no")
        self.collect(session, collector)
        self.turns(session, collector, 30, 100)
        self.assertEqual(session.names(OUTBOX), ["a"])
        self.assertIn("[LIMIT] no", self.failures.summary())
        self.assertEqual(self.said.count(reasons.search_overlooks(1)), 1)

    def test_a_provider_that_refuses_to_tell_the_flags_goes_on_delivering(self) -> None:
        session, collector = self.provider("a", hidden=set()), self.collector(FOREVER)
        session.trouble = self.refuse("FETCH")
        self.assertEqual(self.collect(session, collector), Collected(1))

    def test_where_the_opposite_cannot_be_searched_for_nothing_is_taken_for_overlooked(self) -> None:
        session, collector = self.provider("a", "b", hidden={2}), self.collector(FOREVER)
        search = session.search

        def without_keyword(*criteria: str) -> list[int]:
            if "KEYWORD" in criteria:
                raise CommandRefused("BAD no such key")
            return search(*criteria)

        with mock.patch.object(session, "search", without_keyword):
            self.assertEqual(self.collect(session, collector), Collected(1))
        self.assertEqual(self.said, [])
