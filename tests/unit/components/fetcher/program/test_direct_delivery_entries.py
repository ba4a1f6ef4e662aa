"""What direct delivery knows of a message before it fetches it."""

from __future__ import annotations

import unittest

from direct_delivery import Entry, entry, envelope_sender
from fetch_response import parse


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
