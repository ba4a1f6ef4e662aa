"""How much of a response is kept, and that the work goes on while it is read."""

from __future__ import annotations

import unittest
from unittest import mock

from direct_delivery import ABOUT, entry, envelope_sender
from scripted_imap import session

PATH = b"Return-Path: <a@example.org>\r\n"


class Literals(unittest.TestCase):
    def test_the_work_goes_on_while_a_large_message_is_read(self) -> None:
        text = b"x" * (3 << 20)
        opened, _ = session(
            self, {"UID FETCH": b"* 1 FETCH (UID 7 BODY[] {%d}\r\n%b)\r\n%%T OK\r\n" % (len(text), text)}
        )
        opened.alive = mock.Mock()
        self.assertEqual(sum(map(len, opened.pieces(7, len(text)))), len(text))
        self.assertEqual(opened.alive.call_count, 48)

    def test_of_a_header_field_that_is_as_long_as_a_message_only_the_beginning_is_kept(self) -> None:
        path = PATH + b"Return-Path: <b@example.org>\r\n" * 100_000 + b"\r\n"
        about = b"* 1 FETCH (UID %d RFC822.SIZE 9 BODY[HEADER.FIELDS (RETURN-PATH)] {%d}\r\n%b FLAGS (\\Seen))\r\n"
        told = b"".join(about % (uid, len(path), path) for uid in (7, 8))
        opened, _ = session(self, {"UID FETCH": told + b"%T OK\r\n"})
        found = [each for each in map(entry, opened.fetch("7:8", ABOUT)) if each]
        self.assertEqual(
            [(each.uid, each.size, each.seen, each.for_fetchmail) for each in found],
            [(7, 9, True, False), (8, 9, True, False)],
        )
        self.assertEqual({len(each.return_path or b"") for each in found}, {16 * 1024})
        self.assertEqual({envelope_sender(each.return_path or b"") for each in found}, {"a@example.org"})
