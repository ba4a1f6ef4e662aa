"""From the inbox to the outbox: nothing is lost, nothing is taken twice, whatever the provider refuses."""

from __future__ import annotations

from unittest import mock

from collect import Collected
from collect_harness import KEPT, OUTBOX, Collecting
from failures import Kind
from fake_imap import FakeImap, body
from imap_connection import CommandRefused, LostOverMessage, SessionLost


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

    def test_without_move_few_are_copied_at_a_time_and_deleted_at_once(self) -> None:
        session = FakeImap(*(f"m{n}" for n in range(25)), moves=False)
        self.assertEqual(self.collect(session, self.collector()), Collected(20, (), True))
        self.assertEqual([len(session.mail[name]) for name in ("INBOX", OUTBOX)], [5, 20])

    def test_a_message_that_somebody_removed_from_the_inbox_is_reported_no_more(self) -> None:
        session, collector = FakeImap("a"), self.collector()
        self.failures.note(("INBOX", b"1", 1), Kind.PROVIDER, "the provider answered NO")
        self.collect(session, collector)
        self.assertIn("the provider answered NO", self.failures.summary())
        session.mail["INBOX"] = {}
        self.collect(session, collector)
        self.assertEqual(self.failures.summary(), "")

    def test_a_message_that_arrives_during_a_search_is_found(self) -> None:
        session = FakeImap()
        session.coming = [[], ["a"]]
        self.assertEqual(self.collect(session, self.collector()).moved, 1)

    def test_a_provider_that_announces_new_mail_forever_does_not_keep_the_search_running(self) -> None:
        session = FakeImap()
        session.coming = [[] for _ in range(1000)]
        self.assertEqual(self.collect(session, self.collector()).moved, 0)
        self.assertGreater(len(session.coming), 900)
