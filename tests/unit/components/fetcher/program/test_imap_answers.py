"""Odd answers of a provider to a session's commands about messages."""

from __future__ import annotations

import hashlib
import re
import unittest
from unittest import mock

import imap_reader
import imap_session
from direct_delivery import ABOUT, entry
from imap_connection import CommandRefused, SessionLost
from scripted_imap import session

SIZE = 5_000
LARGE = hashlib.shake_256(b"large").digest(SIZE)
PATH = b"Return-Path: <a@example.org>\r\n\r\n"


class Fetching(unittest.TestCase):
    def fetched(self, told: bytes) -> bytes | None:
        opened, _ = session(self, {"UID FETCH": told + b"%T OK\r\n"})
        found = list(opened.pieces(7, 5))
        return b"".join(found) if found else None

    def test_a_message_is_found_in_every_form_of_its_text(self) -> None:
        for told in (
            b"* 1 FETCH (UID 7 BODY[]<0> {5}\r\nhello)\r\n",
            b"* 1 FETCH (UID 7 BODY[]<0> ~{5}\r\nhello)\r\n",
            b"* 1 FETCH (UID 7 BODY[]<0> {5+}\r\nhello)\n",
            b"* 1 FETCH (UID 7 BODY[] ~{5+}\r\nhello )\r\n",
            b'* 1 FETCH (BODY[]<0> "hello" UID 7)\r\n',
            b"* 1 FETCH (BODY[] {5}\r\nhello UID 7)\r\n",
            b"* 1 fetch (uid 7 body[]<0.5> {5}\r\nhello)\r\n",
            b"* 1 FETCH (UID 7 RFC822 {5}\r\nhello)\r\n",
            b"* 1 FETCH (UID 7 BODY.PEEK[] {5}\r\nhello)\r\n",
            b"* 1 FETCH (UID 7 FLAGS ())\r\n* 1 FETCH (UID 7 BODY[] {5}\r\nhello)\r\n* 1 FETCH (UID 7 FLAGS (x))\r\n",
            b"* 9 FETCH (UID 8 BODY[] {5}\r\nother)\r\n* 2 EXPUNGE\r\n\r\n* 1 FETCH(UID 7 BODY[] {5}\r\nhello)\r\n",
            b"* 1 FETCH (UID 7 BODY[] NIL)\r\n* 1 FETCH (UID 7 BODY[] {5}\r\nhello)\r\n",
        ):
            self.assertEqual(self.fetched(told), b"hello", told)

    def test_a_message_is_never_guessed(self) -> None:
        for told in (
            b"",
            b"* 1 FETCH (UID 7 BODY[] NIL)\r\n",
            b"* 1 FETCH (BODY[]<0> {5}\r\nhello)\r\n",
            b"* 1 FETCH (UID 7 FLAGS ())\r\n* 1 FETCH (BODY[]<0> {5}\r\nhello)\r\n",
            b"* 7 FETCH (UID 1 BODY[] {5}\r\nhello)\r\n",
            b"* 1 FETCH (UID 7 BODY[1] {5}\r\nhello)\r\n",
            b"* 1 FETCH (UID 7 BODY[]<5> {5}\r\nhello)\r\n",
        ):
            self.assertIsNone(self.fetched(told), told)

    def test_what_is_told_of_a_message_in_several_lines_is_put_together(self) -> None:
        told = (
            b"* 1 FETCH (UID 7 FLAGS (\\Seen \\DELETED))\r\n"
            b"* 2 FETCH (UID 8 RFC822.SIZE 9 FLAGS ())\r\n"
            b"* 1 FETCH (RFC822.SIZE 99)\r\n"
            b"* 1 FETCH (UID 7 RFC822.SIZE 120)\r\n"
            b'* 1 FETCH (UID 7 BODY[HEADER.FIELDS ("RETURN-PATH")] {%d}\r\n%b)\r\n' % (len(PATH), PATH)
        )
        opened, _ = session(self, {"UID FETCH": told + b"%T OK\r\n"})
        first, second = [entry(message) for message in opened.fetch("7:8", ABOUT)]
        assert first
        assert second
        self.assertEqual((first.uid, first.size, first.return_path, first.deleted), (7, 120, PATH, True))
        self.assertEqual((second.uid, second.size, second.deleted), (8, 9, False))

    def test_a_long_set_is_asked_for_in_parts(self) -> None:
        opened, server = session(self)
        uids = ",".join(map(str, range(1_000_001, 1_004_000, 2)))
        opened.fetch(uids, "(FLAGS)")
        opened.store(map(int, uids.split(",")), "+FLAGS", "x")
        asked = [line.split()[2] for line in server.said if line.startswith("UID FETCH")]
        self.assertEqual(
            (",".join(asked), max(map(len, asked)) <= 4000, server.count("UID STORE")), (uids, True, len(asked))
        )


class Sizes(unittest.TestCase):
    def test_a_size_that_no_message_can_have_is_none(self) -> None:
        for told, size in (
            (b"5", 5),
            (b'"5"', 5),
            (b"0", 0),
            (b"NIL", None),
            (b"-1", None),
            (b"4294967295", None),
            (b"9223372036854775808", None),
            (b"9" * 5000, None),
            (b"5.0", None),
            (b"(5)", None),
            (b'""', None),
        ):
            opened, _ = session(self, {"UID FETCH": b"* 1 FETCH (UID 7 RFC822.SIZE %b)\r\n%%T OK\r\n" % told})
            found = [entry(message) for message in opened.fetch("7", ABOUT)]
            self.assertEqual([each.size for each in found if each], [size], told)


class WholeForPieces(unittest.TestCase):
    """A server that gives the whole message for each piece, and the message is too large for the memory."""

    def got(self, server_gives: str) -> tuple[bytes, int, int]:
        kept = 0

        def fetch(line: str) -> bytes:
            found = re.search(r"\[\]<(\d+)\.(\d+)>", line)
            assert found
            start, length = map(int, found.groups())
            text = {"whole": LARGE, "rest": LARGE[start:], "piece": LARGE[start : start + length]}[server_gives]
            name = b"BODY[]" if server_gives == "whole" else b"BODY[]<%d>" % start
            return b"* 1 FETCH (UID 7 %b {%d}\r\n%b)\r\n%b OK\r\n" % (name, len(text), text, line.split()[0].encode())

        opened, server = session(self, {"UID FETCH": fetch})
        opened.alive = mock.Mock()
        read, message = opened.imap.read, opened.pieces(7, SIZE)

        def measured(size: int) -> bytes:
            nonlocal kept
            text = read(size)
            frame = message.gi_frame  # type: ignore[attr-defined] # a generator's
            before = [one for one in frame.f_locals.values() if isinstance(one, bytes)]
            kept = max(kept, len(text) + sum(len(one) for one in before if len(one) > 32))  # not the digests
            return text

        with (
            mock.patch.object(opened.imap, "read", measured),
            mock.patch.object(imap_reader, "LARGEST_LITERAL", 2_000),
            mock.patch.object(imap_session, "PIECE", 700),
        ):
            return b"".join(message), kept, server.count("UID FETCH")

    def test_a_message_that_is_too_large_for_one_response_is_fetched_whole_and_not_kept_whole(self) -> None:
        for server_gives, asked in (("whole", 3), ("rest", 3), ("piece", 8)):
            text, kept, count = self.got(server_gives)
            self.assertEqual((text == LARGE, kept <= 2_000, count), (True, True, asked), server_gives)

    def test_a_response_that_would_fill_the_memory_ends_the_session_before_it_is_read(self) -> None:
        for told in (b"{50000000}", b"{99999999999999999999}", b"~{50000000+}"):
            opened, _ = session(self, {"UID SEARCH": b"* SEARCH %b\r\n" % told})
            with self.assertRaisesRegex(SessionLost, "bytes in one response"):
                opened.search("ALL")

    def test_a_message_whose_length_changes_or_that_has_no_end_is_left_alone(self) -> None:
        for first, then in ((3_000, 3_001), (1 << 31, 0)):
            opened, _ = session(
                self,
                {
                    "UID FETCH": [
                        b"* 1 FETCH (UID 7 BODY[] {%d}\r\n%b)\r\n%%T OK\r\n" % (size, b"x" * min(size, 3_001))
                        for size in (first, then)
                    ]
                },
            )
            with (
                mock.patch.object(imap_reader, "LARGEST_LITERAL", 2_000),
                self.assertRaisesRegex(SessionLost, "bytes in one response"),
            ):
                list(opened.pieces(7, 3_000))


class Taking(unittest.TestCase):
    def test_messages_that_stay_though_they_are_said_to_be_deleted_are_told(self) -> None:
        for capabilities, expunge in (
            (b"IMAP4rev1 UIDPLUS", {"UID EXPUNGE": b"%T OK\r\n"}),
            (b"IMAP4rev1", {"EXPUNGE": b"%T OK\r\n"}),
        ):
            capability = b"* CAPABILITY %b\r\n%%T OK\r\n" % capabilities
            there = {"UID SEARCH DELETED": b"* SEARCH 2\r\n%T OK\r\n", "UID SEARCH": b"* SEARCH 1 2\r\n%T OK\r\n"}
            opened, _ = session(self, {"CAPABILITY": capability, **expunge, **there})
            with self.assertRaisesRegex(CommandRefused, "it says that 2 are deleted, and 1 are there"):
                opened.delete([2, 3])

    def test_messages_that_are_told_to_be_gone_are_not_looked_for(self) -> None:
        for told in (
            {"UID EXPUNGE": b"* 9 EXPUNGE\r\n* 4 EXPUNGE\r\n%T OK\r\n"},
            {"UID STORE": b"* 1 EXPUNGE\r\n* 1 EXPUNGE\r\n%T OK\r\n"},
        ):
            opened, server = session(self, told)
            opened.delete([2, 3])
            self.assertEqual(server.count("UID SEARCH"), 0)

    def test_an_expunge_that_is_told_in_another_way_is_looked_for(self) -> None:
        opened, server = session(self, {"UID EXPUNGE": b"* 9 EXISTS\r\n* VANISHED 2:3\r\n%T OK\r\n"})
        opened.delete([2, 3])
        self.assertEqual(server.count("UID SEARCH"), 1)

    def test_without_an_expunge_by_uid_after_all_the_plain_one_takes_only_its_own(self) -> None:
        opened, server = session(
            self,
            {
                "UID EXPUNGE": b"%T BAD Unknown command\r\n",
                "UID SEARCH DELETED": [b"* SEARCH 2 9\r\n%T OK\r\n", b"* SEARCH 2\r\n%T OK\r\n"],
                "EXPUNGE": b"* 1 EXPUNGE\r\n%T OK\r\n",
            },
        )
        opened.delete([2])
        self.assertIn(r"UID STORE 9 -FLAGS.SILENT (\Deleted)", server.said)
        opened.delete([2])
        self.assertEqual([server.count("UID EXPUNGE"), server.count("EXPUNGE")], [1, 2])

    def test_without_a_move_after_all_the_session_says_that_it_has_none(self) -> None:
        for answer, moves in ((b"%T BAD Unknown command\r\n", False), (b"%T NO [LIMIT] no\r\n", True)):
            opened, _ = session(self, {"UID MOVE": answer})
            with self.assertRaises(CommandRefused):
                opened.move([2, 3], "Fetcher-Outbox")
            self.assertEqual(opened.moves, moves)

    def test_a_set_that_is_too_long_for_a_server_is_no_missing_move(self) -> None:
        opened, _ = session(self, {"UID MOVE": b"%T BAD Too long argument\r\n"})
        with self.assertRaises(CommandRefused):
            opened.move(range(1_000_000, 1_003_000, 2), "Fetcher-Outbox")
        self.assertTrue(opened.moves)

    def test_the_uids_of_what_was_moved_are_believed_only_if_they_can_be_right(self) -> None:
        for told, found in (
            (b"* OK [COPYUID 124 2:3 8:9] moved [all]\r\n%T OK\r\n", {2: 8, 3: 9}),
            (b"%T OK [copyuid 124 2,3 9,8] moved\r\n", {2: 9, 3: 8}),
            (b"[COPYUID 124 2:3 8:9]\r\n%T OK\r\n", {2: 8, 3: 9}),  # Exchange 2013
            (b"* OK [COPYUID 124 2 8] x\r\n* OK [COPYUID 124 3 9] y\r\n%T OK\r\n", {2: 8, 3: 9}),
            (b"%T OK moved\r\n", {}),
            (b"%T OK [COPYUID 124 none] moved\r\n", {}),
            (b"%T OK [COPYUID 124 3:2 8:9] moved\r\n", {}),
            (b"%T OK [COPYUID 124 2:4 8:10] moved\r\n", {}),
            (b"%T OK [COPYUID] moved\r\n", {}),
        ):
            opened, _ = session(self, {"UID MOVE": told, "UID COPY": told})
            for ask in (opened.move, opened.copy):
                self.assertEqual(ask([2, 3], "Fetcher-Outbox"), found, told)

    def test_refused_commands_do_not_end_the_session(self) -> None:
        opened, _ = session(self, {"UID STORE": b"%T NO [READ-ONLY] not now\r\n"})
        for _ in range(2):
            with self.assertRaisesRegex(CommandRefused, "not now"):
                opened.store([1], "+FLAGS", r"\Deleted")
        self.assertEqual(opened.search("ALL"), [])
