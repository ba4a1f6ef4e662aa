"""Whatever a provider answers, it does not fill the pod's memory, and the reason is told."""

from __future__ import annotations

import contextlib
import time
import tracemalloc
import unittest
from unittest import mock

import fetch_response
import folders
import imap_reader
from direct_delivery import ABOUT
from folders import TooMuch, copied_uids, uids_found, uids_in
from imap_connection import CommandRefused, SessionLost
from scripted_imap import Answer, session

FIELD = b"* %d FETCH (UID %d BODY[HEADER.FIELDS (RETURN-PATH)] {%d}\r\n%b)\r\n"


def numbers(separator: bytes, first: int, last: int) -> bytes:
    return separator.join(b"%d" % number for number in range(first, last + 1))


class Answers(unittest.TestCase):
    def setUp(self) -> None:
        for name, value in (("LARGEST_ANSWER", 100_000), ("LARGEST_LITERAL", 2_000_000), ("BESIDE", 20_000)):
            patch = mock.patch.object(imap_reader, name, value)
            patch.start()
            self.addCleanup(patch.stop)

    def refused(self, name: str, answer: Answer, size: str) -> None:
        opened, _ = session(self, {name: answer})
        with self.assertRaisesRegex(SessionLost, f"an answer of more than {size} bytes"):
            opened.fetch("1:9", ABOUT) if name == "UID FETCH" else opened.search("ALL")

    def test_an_answer_is_no_longer_than_its_limit_in_lines_in_literals_and_in_the_number_of_responses(self) -> None:
        field = FIELD % (1, 1, 9_000, b"x" * 9_000)
        self.refused("UID FETCH", field * 12 + b"%T OK\r\n", "100,000")
        self.refused("UID SEARCH", (b"* SEARCH " + b"1 " * 5_000 + b"\r\n") * 11 + b"%T OK\r\n", "100,000")
        self.refused("UID SEARCH", b"* 1 RECENT\r\n" * 2_000 + b"%T OK\r\n", "100,000")

    def test_the_limit_holds_for_each_answer_by_itself(self) -> None:
        opened, server = session(self, {"UID SEARCH": (b"* SEARCH " + b"1 " * 40_000 + b"\r\n%T OK\r\n")})
        for _ in range(3):
            self.assertEqual(opened.search("ALL"), [1])
            server.say(b"* X " + b"x" * 50_000 + b"\r\n" + b"* 5 EXISTS\r\n" * 100)
            time.sleep(0.05)
        self.assertNotIn("X", opened.imap.untagged_responses, "what nobody asks for is forgotten")
        self.assertEqual(opened.imap.untagged_responses["EXISTS"], [b"5"])

    def test_what_is_said_between_two_commands_and_during_a_wait_has_the_same_limit(self) -> None:
        flood = b"* 1 RECENT\r\n" * 5_000
        opened, server = session(self)
        server.say(flood)
        time.sleep(0.1)
        with self.assertRaisesRegex(SessionLost, "an answer of more than 100,000 bytes"):
            opened.call("noop")
        opened, _ = session(self, {"IDLE": b"+ idling\r\n" + flood})
        with self.assertRaisesRegex(SessionLost, "an answer of more than 100,000 bytes"):
            opened.idle(5, mock.Mock(is_set=lambda: False), lambda: False)

    def test_with_a_piece_of_a_message_there_is_little_else(self) -> None:
        piece = b"* 1 FETCH (UID 7 BODY[]<0> {%d}\r\n%b)\r\n" % (1_500_000, b"x" * 1_500_000)
        opened, _ = session(self, {"UID FETCH": [piece + b"* 1 RECENT\r\n" * 100 + b"%T OK\r\n", b"%T OK\r\n"]})
        self.assertEqual(sum(map(len, opened.pieces(7, 1_500_000))), 1_500_000)
        for answer in (piece * 2, piece + b"* 1 RECENT\r\n" * 10_000):
            opened, _ = session(self, {"UID FETCH": answer + b"%T OK\r\n"})
            with self.assertRaisesRegex(SessionLost, "an answer of more than 2,020,000 bytes"):
                list(opened.pieces(7, 1_500_000))


class Contents(unittest.TestCase):
    def test_a_thousand_messages_with_a_header_field_as_long_as_a_message_are_within_the_limits(self) -> None:
        told = b"".join(FIELD % (uid, uid, 17_000, b"x" * 17_000) for uid in range(1, 1_001))
        opened, _ = session(self, {"UID FETCH": told + b"%T OK\r\n"})
        self.assertEqual(len(opened.fetch("1:1000", ABOUT)), 1000)

    def test_what_is_told_of_messages_is_not_taken_apart_if_it_is_too_long_or_too_deep(self) -> None:
        for text in (b"()" * 600_000, b"(" * 100_000):
            opened, server = session(self, {"UID FETCH": b"* 1 FETCH (UID 1 X (" + text + b"))\r\n%T OK\r\n"})
            for ask in (lambda opened=opened: opened.fetch("1", ABOUT), lambda opened=opened: [*opened.pieces(1, 9)]):
                with self.assertRaisesRegex(CommandRefused, "what makes no sense"):
                    ask()
            self.assertEqual(server.count("UID FETCH"), 2, "the session goes on")

    def test_no_text_takes_more_than_eighty_times_as_much_memory(self) -> None:
        units = (b"()", b"A1 A2 ", b"a" * 1000, b'"\\"" ', b"[a]", b"1 (UID 7)")
        for text in (*(unit * (100_000 // len(unit)) for unit in units), b'"' + b'\\"' * 50_000 + b'"'):
            tracemalloc.start()
            with contextlib.suppress(TooMuch):
                fetch_response.parse([text if text.startswith(b"1") else b"1 (UID 1 X (" + text + b"))"])
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            self.assertLess(peak, 80 * 100_000, text[:10])
        self.assertLessEqual(fetch_response.MOST_TEXT, 1 << 20)

    def test_text_that_nothing_closes_does_not_take_a_minute_to_be_read(self) -> None:
        for text in (b"[" * 1000, b'"' + b'\\"' * 1000):
            with self.assertRaisesRegex(TooMuch, "quotes or brackets that nothing closes"):
                fetch_response.parse([b"1 (UID 7 X (" + text])
            for lines in ([text], [text[:9]], [text[:3]] * 3):
                with contextlib.suppress(TooMuch):
                    self.assertEqual(fetch_response.parse([b"1 (UID 7 X ())", *lines])[0].uid, 7)
        started = time.process_time()
        self.assertEqual(uids_found([b"(" * 100_000, b"5"]), {5})
        self.assertLess(time.process_time() - started, 2)

    def test_a_search_finds_no_more_than_the_pod_can_bear(self) -> None:
        with mock.patch.object(folders, "MOST_FOUND", 1000):
            self.assertEqual(len(uids_found([numbers(b" ", 1, 1000)])), 1000)
            for lines in ([numbers(b" ", 1, 1001)], [b"1 2 3", *numbers(b" ", 4, 1500).split()]):
                with self.assertRaisesRegex(TooMuch, "more than 1,000 messages in one folder"):
                    uids_found(lines)
            for ranges in (b"1:99999999", b"1:900,2000:99999999,3000:99999999", numbers(b",", 1, 9999)):
                self.assertLessEqual(len(uids_found([b"UID ALL " + ranges])), 1001)

    def test_ranges_take_together_no_more_than_one(self) -> None:
        ranges = b",".join(b"%d:%d" % (first, first + 90_000) for first in range(0, 10_000_000, 100_000))
        self.assertLessEqual(len(uids_in(ranges)), 100_001)
        many = numbers(b",", 1, 200_000)
        self.assertEqual(copied_uids([b"1 %b %b" % (many, many)]), {})
