"""What servers say of folders is read as they write it, and a name is compared however it is spelled."""

from __future__ import annotations

import unittest

from folder_names import listed, messages, namespace, quoted, spelled


class Names(unittest.TestCase):
    def test_a_namespace_response_is_parsed_as_servers_write_it(self) -> None:
        for told, found in (
            ([b'(("INBOX." ".")) NIL NIL'], ("INBOX.", ".")),
            ([b'(("" "/")("#mh/" "/")) (("~" "/")) NIL'], ("", "/")),
            ([b'(("" "\\\\")) NIL NIL'], ("", "\\")),
            ([b'(("" NIL)) NIL NIL'], ("", "")),
            ([b'(("INBOX" ".")) NIL NIL'], ("INBOX.", ".")),
            ([b'( ( "INBOX/" "/" "X-PARAM" ("A" "B") ) ) nil nil'], ("INBOX/", "/")),
            ([(b"(({8}", b'a"b\\\xc3\xa9/'), b' "/")) NIL NIL'], ('a"b\\\xc3\xa9/', "/")),
            ([b'(("x")) NIL NIL'], ("x", "")),
        ):
            self.assertEqual(namespace(list(told)), found)
        for nothing in (
            [b"NIL NIL NIL"],
            [None],
            [],
            [b"()"],
            [b"(())"],
            [b'("x")'],
            [b"((NIL NIL))"],
            [(b"(({3}", b"a\r\n"), b"))"],
        ):
            self.assertIsNone(namespace(list(nothing)))

    def test_a_list_response_is_parsed_as_servers_write_it(self) -> None:
        data = [
            b'(\\HasNoChildren) "/" "Fetcher-Kept/2026-11-28"',
            b'() "." INBOX.Junk',
            (b'() "/" {4}', b'a"b\\'),
            b"",
            None,
            b'(\\Noselect) "\\\\" [Gmail]\\All Mail ("CHILDINFO" ("SUBSCRIBED"))',
            b'() nil ""',
            b"() NIL",
            b"nonsense",
            b'(\\HasNoChildren "/" Unclosed',
            b"() . Bare",
        ]
        self.assertEqual(
            [tuple(each) for each in listed(data)],
            [
                ("/", "Fetcher-Kept/2026-11-28", True),
                (".", "INBOX.Junk", True),
                ("/", 'a"b\\', True),
                ("\\", "[Gmail]\\All Mail", False),
                ("", "", True),
                (".", "Bare", True),
            ],
        )
        self.assertEqual(quoted('a"b\\c'), '"a\\"b\\\\c"')

    def test_a_name_is_the_same_however_it_is_spelled(self) -> None:
        for one, other in (
            ("inbox", "INBOX"),
            ("Inbox.Fetcher-Outbox", "INBOX.Fetcher-Outbox"),
            ("Bo&AO4-te/Fetcher-Outbox", "Bo\xc3\xaete/Fetcher-Outbox"),
            ("Boi\xcc\x82te", "Bo\xc3\xaete"),
            ("A&-B", "A&-B"),
            ("&Jjo-!", "\xe2\x98\xba!"),
        ):
            self.assertEqual(spelled(one), spelled(other))
        for one, other in (
            ("Fetcher-Outbox", "fetcher-outbox"),
            ("inboxes", "INBOXES"),
            ("&AO4-", "&AO8-"),
            ("&A-", "&B-"),
            ("A&-B", "AB"),
        ):
            self.assertNotEqual(spelled(one), spelled(other))
        self.assertEqual(spelled("&2AA-"), "&2AA-", "half a character")

    def test_a_count_belongs_to_the_folder_that_it_is_told_of(self) -> None:
        data = [b"Other (MESSAGES 9)", (b"{5}", b"Inbox"), b" (UIDNEXT 4 MESSAGES 3)", b"Third (MESSAGES 1)"]
        self.assertEqual(messages(data, "INBOX"), 3)
        self.assertIsNone(messages(data, "Fetcher-Outbox"))
        self.assertEqual(messages([b"FETCHER-OUTBOX (MESSAGES 4)"], "Fetcher-Outbox"), 4)
        for nothing in ([], [None], [b"INBOX"], [b"INBOX (MESSAGES)"], [b"INBOX (MESSAGES -1)"]):
            self.assertIsNone(messages(list(nothing), "INBOX"))
