"""A message is taken away at the provider only after the mail server has taken all of it."""

from __future__ import annotations

from typing import Any

from direct_delivery import Entry
from direct_delivery_harness import Delivering
from failures import Kind
from fake_imap import FakeImap, body
from imap_connection import CommandRefused, LostOverMessage, SessionLost
from smtp_session import Rejected, Unreachable


class Directly(Delivering):
    def test_whatever_the_mail_server_answers_the_message_stays_and_the_next_one_is_tried(self) -> None:
        troubles: list[Exception] = [
            Rejected(452, b"full", True),
            Rejected(554, b"no", True),
            ConnectionError("gone"),
            TimeoutError("timed out"),
        ]
        for trouble in troubles:
            session = FakeImap("a", "b")
            self.smtp.answer = lambda text, trouble=trouble: trouble if b"Subject: a" in text else None  # type: ignore
            self.assertEqual(self.deliver(session).delivered, 1, trouble)
            self.assertEqual(session.names("INBOX"), ["a"], trouble)
            self.failures.known.clear()

    def test_a_message_the_provider_withholds_for_half_an_hour_is_set_aside_while_others_get_through(self) -> None:
        session = FakeImap("a")

        def trouble(command: str, _: str, uids: list[int]) -> None:
            if command == "BODY" and uids == [1]:
                raise CommandRefused("[UNAVAILABLE] storage is offline")

        session.trouble = trouble
        for minute in range(40):
            self.now = minute * 60.0
            if minute == 20:
                self.assertEqual(self.set_aside, [])
                session.put("INBOX", body("b"))
            self.deliver(session)
        self.assertEqual((self.set_aside, self.count, self.failures.known), ([1], 1, {}))

    def test_while_no_message_gets_through_a_withheld_one_is_set_aside_after_a_day_only(self) -> None:
        session = FakeImap("a", "b")

        def trouble(command: str, _: str, __: list[int]) -> None:
            if command == "BODY":
                raise CommandRefused("[UNAVAILABLE] storage is offline")

        session.trouble = trouble
        for hour in range(24):
            self.now = hour * 3600.0
            self.deliver(session)
        self.assertEqual(self.set_aside, [])
        self.now = 24 * 3600.0
        self.deliver(session)
        self.assertEqual(self.set_aside, [1, 2])

    def test_a_message_that_the_provider_cannot_read_is_reported_and_does_not_stop_the_others(self) -> None:
        session = FakeImap("a", "b", "c")

        def trouble(command: str, _: str, uids: list[int]) -> None:
            if command == "BODY" and uids == [2]:
                raise CommandRefused("[UNAVAILABLE] storage is offline")

        session.trouble = trouble
        self.assertEqual(self.deliver(session).delivered, 2)
        self.assertEqual(self.failures.summary(), "the provider answered [UNAVAILABLE] storage is offline (UID 2)")

    def test_a_message_that_makes_the_provider_disconnect_comes_last_in_the_next_session(self) -> None:
        session = FakeImap("a", "b", "c")

        def trouble(command: str, _: str, uids: list[int]) -> None:
            if command == "FETCH" and uids == [1]:
                raise SessionLost("connection lost: Internal error")

        session.trouble = trouble
        with self.assertRaises(LostOverMessage):
            self.deliver(session)
        self.assertEqual(self.deliver(session).delivered, 2)
        self.assertEqual(session.names("INBOX"), ["a"])

    def test_a_message_that_makes_the_mail_server_disconnect_comes_last_and_in_a_new_session(self) -> None:
        asked: list[str] = []

        def hang_up(text: bytes) -> Exception | None:
            asked.append(text.split(b"Subject: ")[1][:1].decode())
            return ConnectionError("reset") if asked[-1] == "a" else None

        self.now, session, self.smtp.answer = 1.0, FakeImap("a"), hang_up
        self.deliver(session)
        self.assertEqual(self.smtp.closed, 1)
        self.now += 1000
        session.put("INBOX", body("b"))
        self.deliver(session)
        self.assertEqual(asked, ["a", "b", "a"])

    def test_a_mail_server_that_is_not_running_is_not_tried_for_every_message(self) -> None:
        asked: list[bytes] = []

        def away(text: bytes) -> Exception:
            asked.append(text)
            return Unreachable("cannot connect to mail:25: Connection refused")

        self.smtp.answer = away
        outcome = self.deliver(FakeImap(*"abcdefgh"))
        self.assertEqual((outcome.unreachable, len(asked)), ("cannot connect to mail:25: Connection refused", 1))
        self.assertEqual(self.failures.known, {})

    def test_a_mail_server_that_refuses_every_message_for_now_is_left_alone_for_a_while(self) -> None:
        self.smtp.answer = lambda _: Rejected(452, b"disk full", True)
        self.deliver(FakeImap(*map(str, range(200))))
        self.assertLess(len(self.failures.known), 30)

    def test_a_delivered_message_that_cannot_be_deleted_is_not_delivered_again(self) -> None:
        session = FakeImap("a")

        def trouble(command: str, _: str, __: list[int]) -> None:
            if command == "EXPUNGE":
                raise CommandRefused("[LIMIT] no")

        session.trouble = trouble
        for _ in range(4):
            self.deliver(session)
            self.now += 1000
        self.assertEqual(len(self.smtp.got), 1)
        self.assertIn("delivered, and the provider refuses to delete it: [LIMIT] no", self.failures.summary())
        session.trouble = lambda *_: None
        self.deliver(session)
        self.assertEqual((session.names("INBOX"), len(self.smtp.got), self.failures.known), ([], 1, {}))

    def test_another_message_that_gets_the_uid_of_one_that_was_delivered_is_delivered_too(self) -> None:
        session = FakeImap("a")
        session.select("INBOX")
        imap: Any = session
        smtp: Any = self.smtp

        def lost(_: int) -> None:
            raise SessionLost("gone")

        with self.assertRaises(LostOverMessage):
            self.direct.deliver(imap, smtp, [Entry(1, len(body("a")), b"\r\n")], lost)
        session.here.clear()  # it was deleted all the same
        session.last["INBOX"] = 0
        session.put("INBOX", body("another"))
        self.now += 3600
        entries = [Entry(1, len(body("another")), b"\r\n")]
        self.direct.deliver(imap, smtp, entries, lambda uid: session.delete([uid]))
        self.assertEqual(self.smtp.got, [body("a"), body("another")])

    def test_a_session_that_breaks_before_the_deletion_does_not_deliver_the_message_again(self) -> None:
        session = FakeImap("a")

        def trouble(command: str, _: str, __: list[int]) -> None:
            if command == "EXPUNGE":
                raise SessionLost("gone")

        session.trouble = trouble
        with self.assertRaises(LostOverMessage):
            self.deliver(session)
        session.trouble, self.now = lambda *_: None, 1000.0
        self.deliver(session)
        self.assertEqual((session.names("INBOX"), len(self.smtp.got)), ([], 1))

    def test_a_deletion_that_breaks_sessions_for_hours_does_not_deliver_the_message_again(self) -> None:
        session = FakeImap("a")

        def trouble(command: str, _: str, __: list[int]) -> None:
            if command == "EXPUNGE":
                raise SessionLost("gone")

        session.trouble = trouble
        for _ in range(10):
            with self.assertRaises(LostOverMessage):
                self.deliver(session)
            self.now += 1000
            self.count += 1
        self.assertEqual((self.set_aside, len(self.smtp.got)), ([], 1))

    def test_a_message_permanently_refused_three_times_while_others_get_through_is_set_aside(self) -> None:
        session = FakeImap("bad")
        self.smtp.answer = lambda text: Rejected(554, b"no", True) if b"bad" in text else None
        for _ in range(4):
            self.deliver(session)
            self.now += 1000
        self.assertEqual(self.set_aside, [])  # nothing gets through
        session.put("INBOX", body("good"))
        self.deliver(session)
        self.now += 1000
        self.deliver(session)
        self.assertEqual((self.set_aside, session.names("INBOX"), self.failures.known), ([1], [], {}))

    def test_a_message_that_is_refused_for_now_is_never_set_aside(self) -> None:
        session = FakeImap("bad")
        self.count = 1
        self.smtp.answer = lambda _: Rejected(452, b"full", True)
        for _ in range(10):
            self.deliver(session)
            self.now += 1000
        self.assertEqual(self.set_aside, [])

    def test_a_worker_that_is_told_to_stop_delivers_no_more(self) -> None:
        self.stop.set()
        self.assertEqual(self.deliver(FakeImap("a")).delivered, 0)

    def test_a_message_that_another_client_removed_is_no_failure(self) -> None:
        session = FakeImap()
        session.select("INBOX")
        imap: Any = session
        smtp: Any = self.smtp
        self.direct.deliver(imap, smtp, [Entry(99)], lambda _: None)
        self.assertEqual((self.smtp.got, self.failures.known), ([], {}))

    def test_each_failure_has_its_kind(self) -> None:
        self.smtp.answer = lambda text: (
            Rejected(550, b"no", True) if b"Subject: a" in text else ConnectionError("reset")
        )
        self.deliver(FakeImap("a", "b"))
        self.assertEqual([f.kind for f in self.failures.known.values()], [Kind.PERMANENT, Kind.DROPPED])
