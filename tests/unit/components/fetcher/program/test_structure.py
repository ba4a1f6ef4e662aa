"""A multipart message is complete when each of its parts is there, has something in it, and is closed."""

from __future__ import annotations

import time
import unittest

from structure import Structure, boundary

NESTED = (
    b'From: a@example.org\r\nContent-Type: multipart/mixed;\r\n boundary="ab c"\r\n\r\npreamble\r\n--ab c\r\n'
    b"Content-Type: multipart/alternative; charset=x; boundary=x\r\n\r\n--x\r\n\r\ntext\r\n--x\r\n"
    b"Content-Type: text/html\r\n\r\n<b>\r\n--x--\r\n--ab c\r\nContent-Type: image/png\r\n\r\nAAAA\r\n--ab c--\r\n"
)


def complete(text: bytes, step: int = 7) -> bool:
    structure = Structure()
    for start in range(0, len(text), step):
        structure.feed(text[start : start + step])
    return structure.complete


class Complete(unittest.TestCase):
    def test_a_nested_message_is_complete_in_pieces_of_any_length(self) -> None:
        for step in (1, 2, 7, 1000):
            self.assertTrue(complete(NESTED, step))
            self.assertTrue(complete(NESTED.replace(b"\r\n", b"\n"), step))

    def test_a_nested_message_that_is_cut_anywhere_is_not_complete(self) -> None:
        end = NESTED.rindex(b"--")
        for length in range(end + 2):
            self.assertFalse(complete(NESTED[:length]), NESTED[:length])
        for length in range(end + 2, len(NESTED) + 1):
            self.assertTrue(complete(NESTED[:length]), "a line end is no part of it")

    def test_blank_lines_at_the_end_of_a_part_are_no_sign_that_something_is_missing(self) -> None:
        for text in (b"text\r\n", b"text\r\n \r\n\r\n", b"\r\n text\r\n\r\n"):
            self.assertTrue(complete(NESTED.replace(b"text", text)), text)

    def test_a_nested_message_without_one_of_its_parts_or_ends_is_not_complete(self) -> None:
        for gone in (b"text", b"<b>", b"AAAA", b"--x--\r\n", b"--ab c--"):
            self.assertFalse(complete(NESTED.replace(gone, b"")), gone)

    def test_a_header_without_an_end_takes_no_more_memory_than_its_beginning(self) -> None:
        structure = Structure()
        structure.feed(NESTED[: NESTED.index(b"text")].replace(b"--x\r\n\r\n", b"--x\r\n") + b"a: b\r\n" * 100_000)
        self.assertLess(len(structure.header or b""), 200_000)
        kept = structure.header
        structure.feed(b"a: b\r\n" * 100)
        self.assertIs(structure.header, kept)

    def test_a_header_of_blanks_takes_no_more_time_than_one_of_letters(self) -> None:
        for start in (b";", b"; boundary", b"; boundary=", b"; x", b"; boundary=z; boundary*0"):
            before = time.process_time()
            boundary(b"Content-Type: multipart/mixed" + start + b" " * 40_000 + b"\n")
            self.assertLess(time.process_time() - before, 1, start)

    def test_a_line_takes_no_more_time_in_two_thousand_multiparts_than_in_one(self) -> None:
        structure, before = Structure(), time.process_time()
        for depth in range(2000):
            structure.feed(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (depth, depth))
        structure.feed(b"\r\n" + b"--zz\r\n" * 10_000)
        self.assertEqual(len(structure.open), 2000)
        self.assertLess(time.process_time() - before, 3)

    def test_millions_of_parts_are_not_stored(self) -> None:
        structure = Structure()
        structure.feed(b"Content-Type: multipart/mixed; boundary=x\r\n\r\n")
        structure.feed(b"--x\r\n\r\ntext\r\n" * 30_000 + b"--x--\r\n")
        self.assertFalse(structure.complete)
        self.assertTrue(structure.endless)
        self.assertLess(len(structure.leaves), 20_000)

    def test_a_boundary_may_have_the_forms_of_rfc_2231(self) -> None:
        for written in (
            b'boundary*0="ab"; boundary*1=" c"',
            b'boundary*1=" c";\r\n\tboundary*0=ab',
            b"boundary*=us-ascii'en'ab%20c",
            b"boundary*0*=us-ascii''ab%20; boundary*1=c",
            b"boundary*0*=us-ascii''ab; boundary*1*=%20c; charset=utf-8",
            b'BOUNDARY*0="a"; x="boundary=z"; boundary*1="b "; boundary*2=c',
            b'boundary="ab c"; boundary*0=other',
            b'charset="a;boundary=no"; boundary="a\\b c"',
            b'charset=x boundary="ab c"',
        ):
            text = NESTED.replace(b'boundary="ab c"', written, 1)
            self.assertTrue(complete(text), written)
            self.assertFalse(complete(text.replace(b"--ab c--", b"")), written)

    def test_a_boundary_may_have_signs_that_mean_something_elsewhere(self) -> None:
        for found, written in (
            (b"ab--", b"boundary=ab--"),
            (b"it's 'x'", b"boundary*0*=us-ascii''it; boundary*1*='s%20'x'"),
            (b"it's 'x'", b'boundary*0="it\'s "; boundary*1="\'x\'"'),
            (b"a%20b", b"boundary*0=a; boundary*1=%20b"),
            (b"abc", b"charset=x boundary=abc"),
            (b"abc", b'boundary=""; boundary=abc'),
            (b"abc", b"boundary=abc; boundary=other"),
            (b"abc", b"boundary*0=other; boundary=abc"),
        ):
            text = NESTED.replace(b'boundary="ab c"', written, 1).replace(b"--ab c", b"--" + found)
            self.assertTrue(complete(text), written)
            self.assertFalse(complete(text[: text.rindex(b"--")]), written)

    def test_a_message_that_is_no_multipart_is_not_known_to_be_complete(self) -> None:
        for text in (
            b"From: a@example.org\r\n\r\ntext\r\n",
            b"",
            b"Content-Type: multipart/mixed\r\nX-Other: a; boundary=x\r\n\r\n--x\r\n\r\na\r\n--x--\r\n",
        ):
            self.assertFalse(complete(text))


def mixed(*parts: bytes, end: bytes = b"--x--\r\n") -> bytes:
    head = b"Content-Type: multipart/mixed; boundary=x\r\n\r\n"
    return head + b"".join(b"--x\r\nContent-Type: a/b\r\n\r\n" + part + b"\r\n" for part in parts) + end


class TheProvidersStructure(unittest.TestCase):
    def agrees(self, text: bytes, *told: int) -> bool:
        answers = set[bool]()
        for step in (1, 7, 1000):
            structure = Structure()
            for start in range(0, len(text), step):
                structure.feed(text[start : start + step])
            self.assertFalse(structure.complete)
            answers.add(structure.agrees(list(told)))
        self.assertEqual(len(answers), 1)
        return answers.pop()

    def test_an_empty_part_is_accepted_if_it_is_empty_at_the_provider_too(self) -> None:
        for text in (b"", b"\r\n"):
            self.assertTrue(self.agrees(mixed(text, b"photo"), 0, 5))
            self.assertTrue(self.agrees(mixed(text, b"photo"), 2, 7000), "of what is there, nothing is asked")
            self.assertFalse(self.agrees(mixed(text, b"photo"), 5, 5))
            self.assertFalse(self.agrees(mixed(text, b"photo"), 5))
            self.assertFalse(self.agrees(mixed(text, b"photo")))
            self.assertTrue(self.agrees(mixed(b"photo", text), 5, 2))
        self.assertTrue(self.agrees(mixed(b"\r\n \r\n\r\n", b"photo"), 7, 5), "blank lines")
        self.assertTrue(self.agrees(mixed(b"photo", end=b"--x\r\nContent-Type: a/b\r\n--x--\r\n"), 5, 0))

    def test_a_multipart_without_parts_may_be_one_empty_part_at_the_provider(self) -> None:
        for text in (mixed(), mixed(end=b""), mixed(end=b"a preamble alone\r\n")):
            self.assertTrue(self.agrees(text, 0))
            self.assertTrue(self.agrees(text))
            self.assertFalse(self.agrees(text, 400))
        inner = b"--x\r\nContent-Type: multipart/related; boundary=y\r\n\r\n\r\n--x\r\n\r\nfile\r\n--x--\r\n"
        self.assertTrue(self.agrees(mixed(end=inner), 0, 4))
        self.assertTrue(self.agrees(mixed(end=inner), 4))
        self.assertFalse(self.agrees(mixed(end=inner), 9, 4))

    def test_a_boundary_without_an_end_is_accepted_if_every_part_is_as_long_at_the_provider(self) -> None:
        text = mixed(b"text", b"file", end=b"")
        self.assertTrue(self.agrees(text, 4, 6))
        self.assertFalse(self.agrees(text, 4, 5), "cut within the part")
        self.assertFalse(self.agrees(text, 9, 6))
        self.assertFalse(self.agrees(text, 4, 6, 300))
        self.assertTrue(self.agrees(text[:-2], 4, 4), "without a line end")
        self.assertFalse(self.agrees(text[:-2], 4, 5), "cut within the part")
        inner = b"--x\r\nContent-Type: multipart/related; boundary=y\r\n\r\n--y\r\n\r\ntext\r\n--x--\r\n"
        self.assertTrue(self.agrees(mixed(b"file", end=inner), 4, 4))
        self.assertFalse(self.agrees(mixed(b"file", end=inner), 4, 400))

    def test_an_end_in_a_header_or_before_a_part_is_a_cut_whatever_the_provider_states(self) -> None:
        for end in (b"--x\r\n", b"--x\r\nContent-Type: a/b\r\n", b"--x\r\n\r\n", b"--x\r\n\r\n\r\n"):
            for last in range(3):
                self.assertFalse(self.agrees(mixed(b"text", end=end), 4, last), end)

    def test_the_length_of_an_attached_message_counts(self) -> None:
        mail = b"Subject: a\r\nContent-Type: multipart/mixed; boundary=z\r\n\r\n--z\r\n\r\n\r\n--z--"
        self.assertTrue(self.agrees(mixed(b"", mail), 0, len(mail)))
        self.assertTrue(self.agrees(mixed(b"text", b"", b"Subject: a\r\n\r\n"), 4, 0, 14))


if __name__ == "__main__":
    unittest.main()
