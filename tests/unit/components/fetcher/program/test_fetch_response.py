"""An answer to FETCH is found by its UID and its item, whatever else a server says in between."""

from __future__ import annotations

import unittest
from typing import Any

from fetch_response import Value, leaves, parse, piece

BODY = "BODY[]<0>"


def find(data: list[Any], uid: int, item: str) -> tuple[bool, Value]:
    """Whether the data has the item of the message, and it."""
    found: tuple[bool, Value] = (False, None)
    for message in parse(data):
        if message.uid == uid and item in message.items:
            found = (True, message.items[item])
    return found


class Finding(unittest.TestCase):
    def test_a_literal_of_a_fetch_response_is_found(self) -> None:
        self.assertEqual(find([(b"1 (UID 7 BODY[]<0> {5}", b"hello"), b")"], 7, BODY), (True, b"hello"))
        self.assertEqual(find([(b"1 (UID 7 BODY[]<0> {0}", b""), b")"], 7, BODY), (True, b""))

    def test_a_quoted_string_of_a_fetch_response_is_found(self) -> None:
        self.assertEqual(find([b'1 (UID 7 BODY[]<0> "a \\"b\\" \\\\ (c)")'], 7, BODY), (True, b'a "b" \\ (c)'))
        self.assertEqual(find([b'1 (UID 7 BODY[]<0> "")'], 7, BODY), (True, b""))

    def test_a_nil_of_a_fetch_response_is_found_and_is_empty(self) -> None:
        self.assertEqual(find([b"1 (UID 7 BODY[]<0> NIL)"], 7, BODY), (True, None))

    def test_items_of_a_fetch_response_may_have_any_order(self) -> None:
        data = [(b"1 (FLAGS (\\Seen) BODY[]<0> {3}", b"abc"), b" RFC822.SIZE 3 UID 7)"]
        self.assertEqual(find(data, 7, BODY), (True, b"abc"))
        self.assertEqual(find(data, 7, "RFC822.SIZE"), (True, b"3"))

    def test_the_answer_about_another_message_is_not_taken_for_this_ones(self) -> None:
        data = [(b"2 (UID 8 BODY[]<0> {5}", b"other"), b")", b"1 (UID 7 FLAGS (\\Deleted))"]
        self.assertEqual(find(data, 7, BODY), (False, None))
        mixed = [*data, (b"1 (BODY[]<0> {4}", b"mine"), b" UID 7)", b"3 (FLAGS ())"]
        self.assertEqual(find(mixed, 7, BODY), (True, b"mine"))

    def test_text_inside_a_message_is_not_taken_for_an_answer(self) -> None:
        inside = b"x)\r\n* 9 FETCH (UID 7 BODY[]<0> NIL)\r\n"
        self.assertEqual(find([(b"1 (UID 7 BODY[]<0> {%d}" % len(inside), inside), b")"], 7, BODY), (True, inside))
        self.assertEqual(find([b'1 (UID 7 X "BODY[]<0> NIL" BODY[]<0> "y")'], 7, BODY), (True, b"y"))

    def test_several_literals_in_one_fetch_response_are_found(self) -> None:
        name = "BODY[HEADER.FIELDS (RETURN-PATH)]"
        data = [(b"1 (UID 7 BODY[HEADER.FIELDS (RETURN-PATH)] {4}", b"a\r\n\r"), (b" BODY[TEXT] {2}", b"zz"), b")"]
        self.assertEqual(find(data, 7, name), (True, b"a\r\n\r"))
        self.assertEqual(find(data, 7, "BODY[TEXT]"), (True, b"zz"))

    def test_names_of_fields_may_be_quoted_and_lower_case(self) -> None:
        data = [(b'1 (uid 7 body[header.fields ("Return-Path")] {4}', b"a\r\n\r"), b")"]
        self.assertEqual(find(data, 7, "BODY[HEADER.FIELDS (RETURN-PATH)]"), (True, b"a\r\n\r"))

    def test_a_piece_is_found_under_whatever_name_servers_give_it(self) -> None:
        self.assertEqual(piece(parse([b'1 (UID 7 BODY[]<5> "ab")']), 7, 5), b"ab")
        self.assertEqual(piece(parse([b'1 (UID 7 BODY[]<5.2> "ab")']), 7, 5), b"ab")
        self.assertEqual(piece(parse([b'1 (UID 7 BODY[] "ab")']), 7, 1), b"b")
        for other in (b'1 (UID 7 BODY[]<55> "ab")', b'1 (UID 8 BODY[]<5> "ab")', b"1 (UID 7 BODY[]<5> NIL)", b""):
            self.assertIsNone(piece(parse([other]), 7, 5))

    def test_a_body_structure_gives_the_length_of_each_part(self) -> None:
        text = b'("TEXT" "PLAIN" ("CHARSET" "utf-8") NIL NIL "7BIT" 0 0 NIL NIL)'
        photo = b'("IMAGE" "JPEG" ("NAME" "a (1).jpg") NIL NIL "BASE64" 400 NIL NIL)'
        mail = b'("MESSAGE" "RFC822" NIL NIL NIL "7BIT" 90 (NIL NIL) (%s %s "MIXED") 3)' % (text, photo)
        for given, found in (
            (text, [0]),
            (b'(%s%s "MIXED" ("BOUNDARY" "x") NIL)' % (text, photo), [0, 400]),
            (b'((%s%s "RELATED")%s "MIXED")' % (text, photo, mail), [0, 400, 90]),
            (b'(NIL "MIXED")', []),
            (b'(%s(NIL "RELATED") "MIXED")' % photo, [400]),
            (b'("TEXT" "PLAIN")', None),
            (b'(%s("TEXT") "MIXED")' % photo, None),
            (b"NIL", None),
            (b"()", None),
        ):
            self.assertEqual(leaves(parse([b"1 (UID 7 BODYSTRUCTURE %s)" % given])[0].items["BODYSTRUCTURE"]), found)

    def test_flags_are_parsed_as_a_list(self) -> None:
        self.assertEqual(
            parse([b"3 (UID 9 FLAGS (\\Seen \\Deleted $x))"])[0].items["FLAGS"], [b"\\Seen", b"\\Deleted", b"$x"]
        )

    def test_an_invalid_fetch_response_is_skipped(self) -> None:
        for data in ([None], [b""], [b"1"], [b"1 ("], [b"1 (UID"], [b"x y z"], [b"1 2 (UID 7)"], [b'1 (UID "']):
            parse(data)
        self.assertEqual(find([b"garbage", b"1 (UID 7 BODY[]<0> NIL"], 7, BODY), (True, None))
