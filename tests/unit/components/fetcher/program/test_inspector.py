"""What fetchmail would alter is held back, however the network cuts it; nothing else is."""

from __future__ import annotations

import unittest
from collections.abc import Iterable, Iterator

from inspector import Inspector

HEADER = b"From: a@example.org\r\nSubject: hello\r\n\r\n"
END = b"\r\n.\r\n"


def in_two(message: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The message, cut at every place."""
    return ((message[:n], message[n:]) for n in range(1, len(message)))


def held(pieces: Iterable[bytes]) -> bool:
    """Whether it is held back by the time that its end is seen."""
    inspector = Inspector()
    for piece in pieces:
        end, spoiled = inspector.feed(piece)
        if spoiled:
            return True
        if end is not None:
            return False
    raise AssertionError("the end of the message was not seen")


class Held(unittest.TestCase):
    def test_an_ordinary_message_passes(self) -> None:
        message = HEADER + b"a line\r\n..a line with a dot\r\n" + b"x" * 200 + END
        for pieces in in_two(message):
            self.assertFalse(held(pieces), pieces)
        self.assertFalse(held(message[n : n + 1] for n in range(len(message))))

    def test_a_header_line_that_begins_with_a_dot_is_held_back(self) -> None:
        message = b"From: a@example.org\r\n.Odd: line\r\n\r\nbody" + END
        for pieces in in_two(message):
            self.assertTrue(held(pieces), pieces)
        self.assertTrue(held([b".Odd: the very first line\r\n\r\nbody" + END]))

    def test_a_message_with_a_nul_is_held_back(self) -> None:
        message = HEADER + b"a\0b" + END
        for pieces in in_two(message):
            self.assertTrue(held(pieces), pieces)

    def test_a_line_as_long_as_fetchmail_cuts_is_held_back(self) -> None:
        for length in (Inspector.LONG, Inspector.LONG + 1, 20000):
            message = HEADER + b"x" * length + END
            self.assertTrue(held([message]))
            for size in (1000, 4096, 8191):
                self.assertTrue(held(message[n : n + size] for n in range(0, len(message), size)), (length, size))

    def test_a_line_that_fetchmail_does_not_cut_passes(self) -> None:
        message = HEADER + b"x" * (Inspector.LONG - 100) + b"\r\n" + b"y" * (Inspector.LONG - 100) + END
        self.assertFalse(held([message]))
        for size in (1000, 4096, 8191):
            self.assertFalse(held(message[n : n + size] for n in range(0, len(message), size)), size)


class TheEnd(unittest.TestCase):
    def test_what_follows_the_end_is_told_apart_from_the_message(self) -> None:
        message, more = HEADER + b"body" + END, b"QUIT\r\n"
        self.assertEqual(Inspector().feed(message + more), (len(message), False))

    def test_the_end_is_found_however_it_is_cut(self) -> None:
        message = HEADER + b"body" + END
        for first, second in in_two(message):
            inspector = Inspector()
            self.assertEqual(inspector.feed(first), (None, False))
            self.assertEqual(inspector.feed(second), (len(second), False))

    def test_a_dot_in_the_body_is_not_the_end(self) -> None:
        self.assertEqual(Inspector().feed(HEADER + b"a\r\n..\r\nb.\r\n"), (None, False))
