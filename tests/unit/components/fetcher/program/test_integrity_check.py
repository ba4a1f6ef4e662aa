"""What fetchmail would alter is held back, however the network cuts it; nothing else is."""

from __future__ import annotations

import unittest
from collections.abc import Iterable, Iterator

from integrity_check import PassingMessage, Tally

RECEIVED = (
    b"Received: from imap.example.org\r\n\tby fetchmail-kinga with IMAP (fetchmail-6.4.37)\r\n"
    b"\tfor <kinga@example.org> (single-drop); Sat, 28 Nov 2026 07:39:45 +0000 (UTC)\r\n"
)
SENDER = "a@example.org"
RETURN_PATH = b"Return-Path: <a@example.org>\r\n"
HEADER = RECEIVED + b"From: a@example.org\r\nSubject: hello\r\n\r\n"
END = b"\r\n.\r\n"


def in_two(message: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The message, cut at every place."""
    return ((message[:n], message[n:]) for n in range(1, len(message)))


def held(pieces: Iterable[bytes]) -> bool:
    """Whether it is held back by the time that its end is seen."""
    inspector = PassingMessage(0, SENDER)
    for piece in pieces:
        end, spoiled = inspector.feed(piece)
        if spoiled:
            return True
        if end is not None:
            return False
    raise AssertionError("the end of the message was not seen")


class Held(unittest.TestCase):
    def test_an_ordinary_message_passes_the_integrity_check(self) -> None:
        message = HEADER + b"a line\r\n..a line with a dot\r\n" + b"x" * 200 + END
        for pieces in in_two(message):
            self.assertFalse(held(pieces), pieces)
        self.assertFalse(held(message[n : n + 1] for n in range(len(message))))

    def test_a_header_line_that_begins_with_a_dot_is_held_back(self) -> None:
        message = RECEIVED + b"From: a@example.org\r\n.Odd: line\r\n\r\nbody" + END
        for pieces in in_two(message):
            self.assertTrue(held(pieces), pieces)
        self.assertTrue(held([RECEIVED + b".Odd: the very first line\r\n\r\nbody" + END]))

    def test_a_message_with_a_nul_is_held_back(self) -> None:
        message = HEADER + b"a\0b" + END
        for pieces in in_two(message):
            self.assertTrue(held(pieces), pieces)

    def test_a_line_as_long_as_fetchmail_cuts_is_held_back(self) -> None:
        for length in (PassingMessage.LONG, PassingMessage.LONG + 1, 20000):
            message = HEADER + b"x" * length + END
            self.assertTrue(held([message]))
            for size in (1000, 4096, 8191):
                self.assertTrue(held(message[n : n + size] for n in range(0, len(message), size)), (length, size))

    def test_a_long_line_that_fetchmail_does_not_cut_passes(self) -> None:
        message = HEADER + b"x" * (PassingMessage.LONG - 100) + b"\r\n" + b"y" * (PassingMessage.LONG - 100) + END
        self.assertFalse(held([message]))
        for size in (1000, 4096, 8191):
            self.assertFalse(held(message[n : n + size] for n in range(0, len(message), size)), size)


class TheEnd(unittest.TestCase):
    def test_text_after_the_end_is_not_part_of_the_message(self) -> None:
        message, more = HEADER + b"body" + END, b"QUIT\r\n"
        self.assertEqual(PassingMessage(0, SENDER).feed(message + more), (len(message), False))

    def test_the_end_of_a_message_is_found_in_whatever_pieces_it_arrives(self) -> None:
        message = HEADER + b"body" + END
        for first, second in in_two(message):
            inspector = PassingMessage(0, SENDER)
            self.assertEqual(inspector.feed(first), (None, False))
            self.assertEqual(inspector.feed(second), (len(second), False))

    def test_a_dot_in_the_body_is_not_the_end(self) -> None:
        self.assertEqual(PassingMessage(0, SENDER).feed(HEADER + b"a\r\n..\r\nb.\r\n"), (None, False))


class Altered(unittest.TestCase):
    def test_a_header_without_a_line_end_is_held_back(self) -> None:
        message = RECEIVED + b"From: a@example.org\r\nSubject: endE)\r\n\r\n.\r\n"
        for pieces in in_two(message):
            self.assertTrue(held(pieces), pieces)

    def test_a_bracket_at_the_end_of_a_header_with_a_body_passes(self) -> None:
        message = RECEIVED + b"From: a@example.org\r\nSubject: hello :)\r\n\r\nbody" + END
        for pieces in in_two(message):
            self.assertFalse(held(pieces), pieces)

    def test_a_first_header_line_that_is_folded_is_held_back(self) -> None:
        for blank in (b"\t", b" "):
            message = RECEIVED + blank + b"folded first\r\nFrom: a@example.org\r\n\r\nbody" + END
            for pieces in in_two(message):
                self.assertTrue(held(pieces), pieces)

    def test_a_header_with_a_cr_alone_is_held_back(self) -> None:
        without_body = RECEIVED + b"From: a@b.c\rSubject: CR only\r\rbody\r\n\r\n.\r\n"
        with_body = RECEIVED + b"From: a@b.c\rSubject: CR in the header\r\n\r\nbody" + END
        for message in (without_body, with_body):
            for pieces in in_two(message):
                self.assertTrue(held(pieces), pieces)


def size_of(message: bytes) -> int:
    """What a provider states of what fetchmail makes this of."""
    return len(RETURN_PATH + message.removeprefix(RECEIVED).replace(b"\r\n..", b"\r\n."))


class Sizes(unittest.TestCase):
    WHOLE = HEADER + b"a line\r\n..a dot\r\n...\r\nthe end\r\n"

    def held(self, size: int | None, message: bytes, cut: int) -> bool:
        passing = PassingMessage(size, SENDER)
        data = message + b".\r\n"
        spoiled = [passing.feed(part)[1] for part in (data[:cut], data[cut:]) if part]
        return any(spoiled)

    def test_a_message_of_the_stated_size_passes_in_whatever_pieces_it_arrives(self) -> None:
        for cut in range(len(self.WHOLE) + 3):
            self.assertFalse(self.held(size_of(self.WHOLE), self.WHOLE, cut), cut)
            self.assertFalse(self.held(size_of(self.WHOLE) - 5, self.WHOLE, cut), cut)

    def test_a_message_one_byte_short_is_held_back_in_whatever_pieces_it_arrives(self) -> None:
        for cut in range(len(self.WHOLE) + 3):
            self.assertTrue(self.held(size_of(self.WHOLE) + 1, self.WHOLE, cut), cut)

    def test_a_message_with_an_empty_body_or_without_any_text_is_held_back(self) -> None:
        self.assertTrue(self.held(4404, HEADER, 10))
        self.assertTrue(self.held(4404, RECEIVED + b"From: FETCHMAIL-DAEMON\r\n\r\n", 10))

    def test_a_header_that_gets_an_empty_line_is_held_back_and_one_that_has_it_passes(self) -> None:
        for cut in range(len(HEADER)):
            self.assertTrue(self.held(size_of(HEADER) - 2, HEADER, cut), cut)
            self.assertFalse(self.held(size_of(HEADER), HEADER, cut), cut)

    def test_a_message_without_a_stated_size_is_held_back(self) -> None:
        self.assertTrue(self.held(None, self.WHOLE, 10))


class Tallies(unittest.TestCase):
    def tally(self, *pieces: bytes) -> Tally:
        made = Tally()
        for piece in pieces:
            made.feed(piece)
        return made

    def test_a_message_is_complete_with_the_stated_size_or_more(self) -> None:
        self.assertTrue(self.tally(b"12345").whole(5))
        self.assertTrue(self.tally(b"12", b"345").whole(4))
        self.assertFalse(self.tally(b"1234").whole(5))

    def test_an_empty_answer_is_never_a_message_of_a_size(self) -> None:
        for pieces in ((), (b"",)):
            self.assertFalse(self.tally(*pieces).whole(4404))
            self.assertFalse(self.tally(*pieces).slightly_short(4404))
            self.assertFalse(self.tally(*pieces).slightly_short(5))

    def test_a_size_of_zero_is_accepted_of_an_empty_string_and_never_of_nil(self) -> None:
        self.assertTrue(self.tally(b"").whole(0))
        self.assertFalse(self.tally().whole(0))
        self.assertTrue(self.tally(b"there is something").whole(0))
        self.assertTrue(self.tally(b"there is something").whole(None))
        self.assertFalse(self.tally(b"").whole(None))

    def test_a_few_bytes_or_one_per_line_end_may_be_an_error_of_the_size(self) -> None:
        message = b"From: a@example.org\r\n\r\n" + b"a line of text\r\n" * 50
        bytewise = [message[n : n + 1] for n in range(len(message))]
        for pieces in (bytewise, *in_two(message)):  # a line end may be cut in two
            made = self.tally(*pieces)
            self.assertTrue(made.slightly_short(len(message) + 16))
            self.assertTrue(made.slightly_short(len(message) + 52))
            self.assertFalse(made.slightly_short(len(message) + 17))
            self.assertFalse(made.slightly_short(len(message) + 500))

    def test_a_missing_short_body_is_not_an_error_of_the_size(self) -> None:
        header = b"From: a@example.org\r\nTo: b@example.org\r\n\r\n"
        for cut in (5, len(header) - 3, len(header)):
            made = self.tally(header[:cut], header[cut:])
            self.assertTrue(made.slightly_short(len(header) + 2))
            for missing in (3, 6, 16):
                self.assertFalse(made.slightly_short(len(header) + missing))

    def test_a_text_that_does_not_end_like_a_message_is_cut(self) -> None:
        self.assertFalse(self.tally(b"From: a@example.org\r\n\r\nand then").slightly_short(35))
