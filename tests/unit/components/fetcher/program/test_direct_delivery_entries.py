"""What direct delivery knows of a message before it fetches it."""

from __future__ import annotations

import unittest
from typing import Any
from unittest import mock

from direct_delivery import Entry, Outcome, entry, envelope_sender
from direct_delivery_harness import Delivering
from fake_imap import FakeImap, body
from fetch_response import Message, parse
from smtp_session import Rejected


class Entries(unittest.TestCase):
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
        sizeless = Entry(1, 0, b"Return-Path: <>\r\n\r\n")
        for each in (Entry(1), Entry(1, 9), sizeless, Entry(1, 9, b"\r\n"), Entry(1, 9, twice)):
            self.assertFalse(each.for_fetchmail, each)

    def test_an_entry_has_what_the_provider_states_about_a_message(self) -> None:
        header = b"Return-Path: <>\r\n\r\n"
        data = [
            (b"1 (UID 7 FLAGS (\\Deleted) RFC822.SIZE 44 BODY[HEADER.FIELDS (RETURN-PATH)] {19}", header),
            b")",
            b"2 (FLAGS ())",
        ]
        self.assertEqual([entry(one) for one in parse(data)], [Entry(7, 44, header, True), None])
        self.assertEqual(entry(parse([b"1 (UID 7 RFC822.SIZE 4294967295)"])[0]), Entry(7), "-1, as some write it")
        quoted = [(b'1 (UID 7 RFC822.SIZE 44 BODY[HEADER.FIELDS ("Return-Path")] {19}', header), b")"]
        self.assertEqual([entry(one) for one in parse(quoted)], [Entry(7, 44, header)])


class Asked(Delivering):
    def direct_delivery(self, session: FakeImap, *entries: Entry, budget: float = 300) -> Outcome:
        session.select("INBOX")
        imap: Any = session
        smtp: Any = self.smtp
        return self.direct.deliver(imap, smtp, entries, lambda uid: session.delete([uid]), budget=budget)

    def test_the_sender_is_asked_for_where_it_is_not_known_even_if_the_size_is(self) -> None:
        for known in (Entry(1), Entry(1, len(body("a")))):
            self.direct_delivery(FakeImap("a"), known)
            self.assertEqual(self.smtp.sender, "a@example.org")

    def test_what_the_provider_says_of_another_message_is_not_taken_for_this_one(self) -> None:
        session = FakeImap("a")
        fetch = session.fetch
        path = b"Return-Path: <b@example.org>\r\n\r\n"
        other: dict[str, Any] = {"UID": b"9", "RFC822.SIZE": b"1", "BODY[HEADER.FIELDS (RETURN-PATH)]": path}
        with mock.patch.object(session, "fetch", lambda *given: [Message(9, other), *fetch(*given)]):
            self.direct_delivery(session, Entry(1))
        self.assertEqual((self.smtp.got, self.smtp.sender), ([body("a")], "a@example.org"))

    def test_a_message_of_which_the_provider_says_nothing_is_delivered_if_it_is_there(self) -> None:
        for told in ([], [Message(1, {"UID": b"1", "FLAGS": []})]):
            session = FakeImap("a")
            with mock.patch.object(session, "fetch", lambda *_, told=told: told):
                self.direct_delivery(session, Entry(1))
            self.assertEqual((self.smtp.got.pop(), self.smtp.sender, session.names("INBOX")), (body("a"), "", []))

    def test_what_there_is_no_time_for_is_left_and_it_is_said(self) -> None:
        session = FakeImap("a")
        self.assertEqual(self.direct_delivery(session, Entry(1), budget=-1), Outcome(unfinished=True))
        self.assertEqual(session.names("INBOX"), ["a"])

    def test_many_messages_that_are_refused_for_good_do_not_hold_up_those_behind_them(self) -> None:
        self.smtp.answer = lambda text: Rejected(554, b"no", True) if b"bad" in text else None
        session = FakeImap(*["bad"] * 40, "good")
        self.direct_delivery(session, *map(Entry, session.mail["INBOX"]))
        self.assertEqual(self.smtp.got, [body("good")])

    def test_where_nothing_is_set_aside_a_message_that_is_refused_for_good_stays_and_is_tried_again(self) -> None:
        self.smtp.answer = lambda _: Rejected(554, b"no", True)
        session = FakeImap("bad")
        for _ in range(5):
            self.direct_delivery(session, Entry(1))
            self.now, self.count = self.now + 1000, self.count + 1
        self.smtp.answer = lambda _: None
        self.direct_delivery(session, Entry(1))
        self.assertEqual((self.smtp.got, self.failures.known), ([body("bad")], {}))
