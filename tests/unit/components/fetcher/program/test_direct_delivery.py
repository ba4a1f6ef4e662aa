"""A message is taken away at the provider only after the mail server has taken all of it."""

from __future__ import annotations

import threading
import unittest
from collections.abc import Callable, Iterable
from typing import Any

from direct_delivery import DirectDelivery, Entry, Outcome, entry, envelope_sender
from failures import Failures, Kind
from fake_imap import FakeImap, body
from fetch_response import leaves, parse
from imap_connection import CommandRefused, LostOverMessage, SessionLost
from smtp_session import Rejected, Unreachable


class Smtp:
    endpoint = ("mail", 25)

    def __init__(self) -> None:
        self.got: list[bytes] = []
        self.answer: Callable[[bytes], Exception | None] = lambda _: None
        self.closed = 0

    def deliver(self, sender: str, _: int | None, pieces: Iterable[bytes]) -> None:
        self.sender = sender
        message = b"".join(pieces)
        trouble = self.answer(message)
        if trouble:
            raise trouble
        self.got.append(message)

    def close(self) -> None:
        self.closed += 1


class Delivering(unittest.TestCase):
    def setUp(self) -> None:
        self.stop, self.count, self.now = threading.Event(), 0, 0.0
        self.failures = Failures(lambda: self.now)
        self.direct = DirectDelivery(self.stop, lambda: None, self.arrived, lambda: self.count, self.failures)
        self.smtp, self.set_aside = Smtp(), list[int]()

    def arrived(self) -> None:
        self.count += 1

    def deliver(self, session: FakeImap, quarantine: bool = True) -> Outcome:
        if session.selected is None:
            session.select("INBOX")
        imap: Any = session
        smtp: Any = self.smtp

        def aside(uid: int, _: str) -> bool:
            self.set_aside.append(uid)
            session.delete([uid])
            return True

        entries = [Entry(uid) for uid in session.search("ALL")]
        return self.direct.deliver(
            imap, smtp, entries, lambda uid: session.delete([uid]), aside if quarantine else None
        )

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

    def test_a_message_that_arrives_short_is_not_delivered_or_deleted_and_is_named(self) -> None:
        for given in ((), (b"",), (b"Subject: half\r\n",)):
            session = FakeImap("a", "b")
            whole = session.pieces
            session.pieces = lambda uid, size, g=given, w=whole: iter(g) if uid == 1 else w(uid, size)  # type: ignore
            self.assertEqual(self.deliver(session).delivered, 1)
            self.assertEqual(session.names("INBOX"), ["a"])
            size = len(body("a"))
            said = f"the provider returned {sum(map(len, given))} of {size} bytes of message UID 1"
            self.assertEqual(self.failures.summary(), said)
            self.failures.known.clear()

    def test_a_slightly_wrong_size_blocks_no_message_that_stays_the_same(self) -> None:
        session = FakeImap("a")
        session.select("INBOX")
        same = [Entry(1, len(body("a")) + 3, b"\r\n")]
        imap: Any = session
        smtp: Any = self.smtp
        self.assertEqual(self.direct.deliver(imap, smtp, same, lambda _: None).delivered, 1)
        texts = iter([body("a"), body("a")[:-3] + b"x\r\n"])
        session.pieces = lambda *_: iter([next(texts)])  # type: ignore
        self.assertEqual(self.direct.deliver(imap, smtp, same, lambda _: None).delivered, 0)

    def estimated(self, text: bytes, size: int, **changes: Any) -> int:
        """How many of one are delivered whose size the provider has guessed."""
        session = FakeImap()
        session.put("INBOX", text)
        session.select("INBOX")
        for name, value in changes.items():
            setattr(session, name, value)
        self.failures.known.clear()
        imap: Any = session
        smtp: Any = self.smtp
        entries = [Entry(1, size, b"\r\n")]
        return self.direct.deliver(imap, smtp, entries, lambda uid: session.delete([uid])).delivered

    def test_a_size_that_is_a_guess_blocks_no_message_that_is_complete_by_itself(self) -> None:
        multipart = body("m").replace(b"\r\n\r\n", b"\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n", 1)
        multipart += b"--x\r\n\r\none\r\n--x\r\n\r\ntwo\r\n--x--\r\n" + b"\r\n" * 100
        plain = body("p") + b"text\r\n" * 100
        for text in (multipart, plain):
            self.assertEqual(self.estimated(text, len(text) * 5 // 4), 1)
            self.assertEqual(self.estimated(text, len(text) * 3 // 2), 0, "more than a guess")
            other = [text[:-1] + b"!"]
            self.assertEqual(self.estimated(text, len(text) * 5 // 4, halves=lambda *_, o=other: iter(o)), 0)
        self.assertEqual(self.estimated(multipart.replace(b"--x--", b"", 1), len(multipart) * 5 // 4), 0, "cut off")
        self.assertEqual(self.estimated(multipart.replace(b"two", b""), len(multipart) * 5 // 4), 0, "an empty part")
        for told in ([len(plain)], None, []):
            self.assertEqual(self.estimated(plain, len(plain) * 5 // 4, leaves=lambda _, n=told: n), 0, told)

    def test_a_photo_without_text_whose_size_is_a_guess_is_delivered(self) -> None:
        photo = body("p").replace(b"\r\n\r\n", b"\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n", 1)
        photo += b"--x\r\n\r\n\r\n--x\r\nContent-Type: image/jpeg\r\n\r\n" + b"AAAA" * 100 + b"\r\n--x--\r\n"
        size = len(photo) * 5 // 4
        self.assertEqual(self.estimated(photo, size, leaves=lambda _: [2, 400]), 1)
        for told in ([90, 400], [400], None):
            self.assertEqual(self.estimated(photo, size, leaves=lambda _, n=told: n), 0, told)

    def test_a_message_of_too_many_or_too_deep_parts_blocks_no_other(self) -> None:
        def deep(_: int) -> list[int] | None:
            return leaves(parse([b"1 (BODYSTRUCTURE %b%b)" % (b"(" * 5000, b")" * 5000)])[0].items["BODYSTRUCTURE"])

        plain = body("p") + b"text\r\n" * 100
        self.assertEqual(self.estimated(plain, len(plain) * 5 // 4, leaves=deep), 0)
        many = body("m").replace(b"\r\n\r\n", b"\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n", 1)
        many += b"--x\r\n\r\none\r\n" * 20_000 + b"--x--\r\n"
        self.assertEqual(self.estimated(many, len(many) * 5 // 4), 0)
        self.assertEqual(len(self.failures.known), 1)

    def test_a_message_of_a_subject_alone_is_delivered_if_the_providers_structure_confirms_it(self) -> None:
        for kind in (b"text/plain", b"multipart/mixed; boundary=x"):
            text = b"Return-Path: <a@example.org>\r\nContent-Type: %s\r\nSubject: only\r\n\r\n" % kind
            size, empty, nil = len(text) * 5 // 4, [text, b""], [text]
            for told, given, delivered in (([0], empty, 1), ([20], empty, 0), (None, empty, 0), ([0], nil, 0)):
                found = self.estimated(text, size, leaves=lambda _, n=told: n, halves=lambda *_, g=given: iter(g))
                self.assertEqual(found, delivered, (kind, told, given))

    def test_progress_is_reported_while_a_message_is_checked_again(self) -> None:
        text, alive = body("p") + b"text\r\n" * 100, list[int]()
        self.direct.alive = lambda: alive.append(1)
        self.estimated(text, len(text))
        once = len(alive)
        for size in (len(text) + 3, len(text) * 5 // 4):
            alive.clear()
            self.assertEqual(self.estimated(text, size), 1)
            self.assertGreater(len(alive), once, size)

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
        session.next = 1
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
        self.assertEqual((self.set_aside, session.names("INBOX")), ([1], []))

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


class Facts(unittest.TestCase):
    def test_the_sender_is_the_return_path_and_never_an_smtp_command(self) -> None:
        for path, sender in (
            (b"<a@example.org>", "a@example.org"),
            (b"<@relay.example,@r2.example:user@example.org>", "user@example.org"),
            (b"<>", ""),
            (b"<MAILER-DAEMON>", ""),
            (b"<a@b> SIZE=1\r\nRSET <", "a@b"),
            (b"<a b@example.org>", ""),
            (b"<\xc5\x91@x.org>", ""),
            (b"\r\n <folded@example.org>", "folded@example.org"),
            (b"nobody", ""),
        ):
            self.assertEqual(envelope_sender(b"Return-Path: " + path + b"\r\n\r\n"), sender, path)
        self.assertEqual(envelope_sender(b"\r\n"), "")

    def test_only_messages_with_a_plain_return_path_and_a_size_are_for_fetchmail(self) -> None:
        for path in (b"<a@example.org>", b"<>", b"<SRS0=x=y=example.net=kinga@example.org>"):
            self.assertTrue(Entry(1, 100, b"Return-Path: " + path + b"\r\n\r\n").for_fetchmail, path)
        for path in (b"<@r.example:u@example.org>", b"<MAILER-DAEMON>", b'<"a b"@example.org>', b" <a@example.org>"):
            self.assertFalse(Entry(1, 100, b"Return-Path: " + path + b"\r\n\r\n").for_fetchmail, path)
        twice = b"Return-Path: <a@example.org>\r\n" * 2 + b"\r\n"
        for each in (Entry(1), Entry(1, 0, b"Return-Path: <>\r\n\r\n"), Entry(1, 9, b"\r\n"), Entry(1, 9, twice)):
            self.assertFalse(each.for_fetchmail, each)

    def test_an_entry_has_what_the_provider_states_about_a_message(self) -> None:
        header = b"Return-Path: <>\r\n\r\n"
        data = [
            (b"1 (UID 7 FLAGS (\\Deleted) RFC822.SIZE 44 BODY[HEADER.FIELDS (RETURN-PATH)] {19}", header),
            b")",
            b"2 (FLAGS ())",
        ]
        self.assertEqual([entry(one) for one in parse(data)], [Entry(7, 44, header, True), None])
        quoted = [(b'1 (UID 7 RFC822.SIZE 44 BODY[HEADER.FIELDS ("Return-Path")] {19}', header), b")"]
        self.assertEqual([entry(one) for one in parse(quoted)], [Entry(7, 44, header)])
