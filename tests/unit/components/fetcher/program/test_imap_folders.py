"""What servers say of folders: which there are, how full they are, and which one is open."""

from __future__ import annotations

import time
import unittest
from unittest import mock

import imap_folders
from folders import Layout
from imap_connection import CommandRefused
from scripted_imap import Answer, session

OUTBOX = "Fetcher-Outbox"
EMPTY = b'* STATUS "Fetcher-Outbox" (MESSAGES 0)\r\n%T OK\r\n'


class Places(unittest.TestCase):
    def test_folders_are_where_the_namespace_is_or_else_where_list_says(self) -> None:
        cases: tuple[tuple[dict[str, Answer | list[Answer]], str, str], ...] = (
            ({"NAMESPACE": b'* namespace (("INBOX." ".")) NIL NIL\r\n%T OK\r\n'}, "INBOX.", "."),
            ({"NAMESPACE": b'* NAMESPACE (({6}\r\nINBOX. ".")) NIL NIL\r\n%T OK\r\n'}, "INBOX.", "."),
            ({"NAMESPACE": b"%T BAD no\r\n", "LIST": b'* LIST (\\Noselect) "\\\\" ""\r\n%T OK\r\n'}, "", "\\"),
            ({"NAMESPACE": b"%T OK\r\n", "LIST": [b"%T OK\r\n", b'* LIST () "." INBOX\r\n%T OK\r\n']}, "", "."),
            ({"NAMESPACE": b"* NAMESPACE NIL NIL NIL\r\n%T OK\r\n", "LIST": b"%T NO not now\r\n"}, "", "/"),
        )
        for answers, prefix, separator in cases:
            opened, server = session(self, answers)
            self.assertEqual(opened.layout("-Junk"), Layout(prefix, separator, "-Junk"))
            asked = [line for line in server.said if line.startswith("LIST")]
            self.assertEqual(asked, ['LIST "" ""', 'LIST "" "INBOX"'][: len(asked)])

    def test_a_prefix_goes_back_byte_for_byte(self) -> None:
        for prefix in (b"Bo\xc3\xaete/", b"Bo&AO4-te/", b'a"b/'):
            told = b'* NAMESPACE (({%d}\r\n%b "/")) NIL NIL\r\n%%T OK\r\n' % (len(prefix), prefix)
            opened, server = session(self, {"NAMESPACE": told})
            opened.create(opened.layout("").outbox)
            sent = prefix.replace(b'"', b'\\"')
            self.assertIn(b'CREATE "%bFetcher-Outbox"' % sent, [line.encode("latin-1") for line in server.said])


class There(unittest.TestCase):
    def test_a_folder_is_there_however_its_name_is_spelled(self) -> None:
        for written in (b'"Fetcher-Outbox"', b"Fetcher-Outbox", b"{14}\r\nFetcher-Outbox", b'"Fetcher\\-Outbox"'):
            opened, server = session(self, {"LIST": b"* list (\\X) NIL %b\r\n%%T OK\r\n" % written})
            self.assertFalse(opened.create(OUTBOX))
            self.assertEqual(server.count("CREATE"), 0)

    def test_a_folder_that_is_only_a_name_is_made(self) -> None:
        for attribute in (b"\\Noselect", b"\\NonExistent \\HasChildren", b"\\NOSELECT"):
            opened, server = session(self, {"LIST": b'* LIST (%b) "/" Fetcher-Outbox\r\n%%T OK\r\n' % attribute})
            self.assertTrue(opened.create(OUTBOX))
            self.assertEqual(server.count("CREATE"), 1)
            opened, _ = session(
                self,
                {
                    "LIST": b'* LIST (%b) "/" Fetcher-Outbox\r\n%%T OK\r\n' % attribute,
                    "CREATE": b"%T NO not possible\r\n",
                    "STATUS": b"%T NO no such folder\r\n",
                },
            )
            with self.assertRaisesRegex(CommandRefused, "not possible"):
                opened.create(OUTBOX)

    def test_a_folder_that_is_listed_twice_is_one_folder(self) -> None:
        line = b'* LIST () "/" Fetcher-Kept/2026-11-28\r\n'
        opened, server = session(self, {"LIST": line + line + b"%T OK\r\n"})
        self.assertEqual(opened.folders("Fetcher-Kept*"), ["Fetcher-Kept/2026-11-28"])
        self.assertEqual(server.said[-1], 'LIST "" "Fetcher-Kept*"')

    def test_a_folder_that_is_not_listed_is_there_if_the_provider_knows_it(self) -> None:
        for listing in (b"%T OK\r\n", b"%T NO not now\r\n"):
            opened, _ = session(self, {"LIST": listing, "CREATE": b"%T NO [ALREADYEXISTS] hm\r\n", "STATUS": EMPTY})
            self.assertFalse(opened.create(OUTBOX))
            self.assertEqual(opened.exists(OUTBOX), b"NO" in listing)

    def test_a_folder_is_deleted_by_its_name_and_the_one_that_is_open_only_once_another_one_is(self) -> None:
        opened, server = session(self)
        opened.remove("Fetcher-Kept/2026-11-20")
        self.assertEqual((opened.selected, server.said[-1]), ("INBOX", 'DELETE "Fetcher-Kept/2026-11-20"'))
        opened.close_folder()
        self.assertEqual(server.count("SELECT"), 1, "INBOX is open, and nobody deletes it")
        opened.select("Fetcher-Clock")
        opened.close_folder()
        self.assertEqual((opened.selected, server.said[-1]), ("INBOX", 'SELECT "INBOX"'))
        opened.select("Fetcher-Clock")
        opened.remove("Fetcher-Clock")
        self.assertIsNone(opened.selected, "whoever wants a folder opens one")


class Counting(unittest.TestCase):
    def test_a_count_is_found_however_it_is_told(self) -> None:
        for told in (
            b"(MESSAGES 3)",
            b"(UIDNEXT 9 messages 3 X NIL)",
            b'("MESSAGES" "3")',
        ):
            for folder in (b"Fetcher-Outbox", b'"Fetcher-Outbox"', b"{14}\r\nFetcher-Outbox", b"FETCHER"):
                opened, server = session(self, {"STATUS": b"* STATUS %b %b\r\n%%T OK\r\n" % (folder, told)})
                self.assertEqual((opened.count(OUTBOX), server.said[-1]), (3, f'STATUS "{OUTBOX}" (MESSAGES)'))

    def test_the_count_of_another_folder_is_not_this_ones(self) -> None:
        other = b"* STATUS Fetcher-Kept (MESSAGES 0)\r\n"
        opened, _ = session(self, {"STATUS": b"* STATUS Fetcher-Outbox (MESSAGES 3)\r\n" + other + b"%T OK\r\n"})
        self.assertEqual(opened.count(OUTBOX), 3)

    def test_a_message_count_that_cannot_be_parsed_is_not_zero(self) -> None:
        for told in (b"", b"* STATUS Fetcher-Outbox (MESSAGES NIL)\r\n", b"* STATUS Fetcher-Outbox ()\r\n"):
            opened, _ = session(self, {"STATUS": told + b"%T OK\r\n"})
            self.assertEqual(opened.count(OUTBOX), 1)

    def test_a_folder_whose_count_is_refused_is_opened_and_the_one_before_is_open_again(self) -> None:
        for refusal in (b"%T NO [SERVERBUG] no\r\n", b"%T BAD no\r\n"):
            opened, server = session(self, {"STATUS": refusal, "UID SEARCH": b"* SEARCH 3 4\r\n%T OK\r\n"})
            self.assertEqual(opened.count(OUTBOX), 2)
            self.assertEqual(server.said[-3:], [f'SELECT "{OUTBOX}"', "UID SEARCH ALL", 'SELECT "INBOX"'])
            self.assertEqual(opened.selected, "INBOX")

    def test_a_folder_is_not_empty_only_because_it_is_said_to_be(self) -> None:
        opened, server = session(self, {"STATUS": EMPTY, "UID SEARCH": b"* SEARCH 3 4\r\n%T OK\r\n"})
        self.assertEqual([opened.count(OUTBOX), opened.count(OUTBOX)], [2, 2])
        opened, server = session(self, {"STATUS": EMPTY, "UID SEARCH": b"* SEARCH\r\n%T OK\r\n"})
        self.assertEqual([opened.count(OUTBOX), opened.count(OUTBOX)], [0, 0])
        self.assertEqual(server.count("SELECT"), 3)  # opened once, and believed for a while then
        with mock.patch.object(imap_folders, "TRUSTED", 0.0):
            opened.count(OUTBOX)
        self.assertEqual(server.count("SELECT"), 5)

    def test_a_folder_that_cannot_be_opened_leaves_the_one_before_open(self) -> None:
        opened, server = session(self, {"STATUS": b"%T NO [NONEXISTENT] no\r\n"})
        server.answers["SELECT"] = [b"%T NO [NONEXISTENT] no\r\n", b"%T OK\r\n"]
        with self.assertRaises(CommandRefused):
            opened.count(OUTBOX)
        self.assertEqual(opened.selected, "INBOX")


class Searching(unittest.TestCase):
    def test_results_are_found_in_every_form(self) -> None:
        for told in (
            b"* SEARCH 4 5\r\n",
            b"* SEARCH 4 5 (MODSEQ 917)\r\n",
            b"* SEARCH 5\r\n* SEARCH\r\n* SEARCH 4 \r\n",
            b"* search  5  4 5   \r\n",
            b"* ESEARCH (TAG %T) UID ALL 4:5\r\n",
            b'* ESEARCH (TAG "%T") UID MIN 4 ALL 5:4 MAX 5 COUNT 2\r\n',
            b"* SEARCH\r\n* ESEARCH (TAG %T) ALL 4,5\r\n",
            b"* SEARCH 0 4 5 99999999999 x7\r\n".replace(b" x7", b""),
        ):
            opened, _ = session(self, {"UID SEARCH": told + b"%T OK\r\n"})
            self.assertEqual(opened.search("ALL"), [4, 5], told)

    def test_nothing_is_found_in_every_form(self) -> None:
        for told in (b"* SEARCH\r\n", b"* SEARCH \r\n", b"", b"* ESEARCH (TAG %T) UID\r\n", b"* SEARCH NIL\r\n"):
            opened, _ = session(self, {"UID SEARCH": told + b"%T OK\r\n"})
            self.assertEqual(opened.search("ALL"), [], told)

    def test_what_is_there_and_not_found_is_asked_for_in_another_way(self) -> None:
        opened, server = session(
            self,
            {
                "UID SEARCH": b"* SEARCH\r\n%T OK\r\n",
                "FETCH": [
                    b"* 1 FETCH (UID 4)\r\n* 2 FETCH (FLAGS ())\r\n* 2 FETCH (UID 7)\r\n%T OK\r\n",
                    b"%T OK\r\n",
                    b"%T BAD nothing\r\n",
                ],
            },
        )
        self.assertEqual([opened.search(*criteria) for criteria in (("DELETED",), ("ALL",))], [[], [4, 7]])
        self.assertEqual([opened.search("ALL") for _ in range(2)], [[], []])
        self.assertEqual(server.count("FETCH"), 2, "once it has none, it is not asked again")
        server.say(b"* 1 EXISTS\r\n")
        time.sleep(0.1)
        self.assertEqual((opened.search("ALL"), server.count("FETCH")), ([], 3))

    def test_what_is_asked_for_by_number_is_asked_for_in_parts(self) -> None:
        opened, server = session(self, {"FETCH": b"* 1 FETCH (UID 4)\r\n%T OK\r\n"})
        for count, parts in ((2, ["1:*"]), (3, ["1:*"]), (4, ["1:3", "4:*"]), (7, ["1:3", "4:6", "7:*"])):
            opened.there = count
            server.said.clear()
            with mock.patch.object(imap_folders, "PART", 3):
                self.assertEqual([each.uid for each in opened.by_number("(UID)")], [4] * len(parts))
            self.assertEqual(server.said, [f"FETCH {part} (UID)" for part in parts])

    def test_numbers_that_are_gone_meanwhile_are_no_reason_to_ask_no_more(self) -> None:
        def answer(line: str) -> bytes:
            part = line.split()[2]
            first, last = part.split(":")
            if last != "*" and int(last) > 5:
                return b"%T BAD Invalid messageset\r\n"
            uids = range(int(first), 6 if last == "*" else int(last) + 1)
            return b"".join(b"* %d FETCH (UID %d)\r\n" % (uid, uid) for uid in uids) + b"%T OK\r\n"

        opened, _ = session(self, {"FETCH": answer})
        opened.there = 12
        with mock.patch.object(imap_folders, "PART", 3):
            self.assertEqual([each.uid for each in opened.by_number("(UID)")], [1, 2, 3, 4, 5])

    def test_what_makes_no_sense_in_answer_to_numbers_is_a_refusal(self) -> None:
        opened, _ = session(self, {"FETCH": b"* 1 FETCH (UID 1 FLAGS " + b"(" * 100_000 + b"\r\n%T OK\r\n"})
        with self.assertRaisesRegex(CommandRefused, "what makes no sense"):
            list(opened.by_number("(UID FLAGS)"))

    def test_results_of_a_search_that_was_refused_are_not_those_of_the_next(self) -> None:
        opened, _ = session(
            self, {"UID SEARCH": [b"* SEARCH 1\r\n* ESEARCH UID ALL 2\r\n%T NO\r\n", b"* SEARCH 3\r\n%T OK\r\n"]}
        )
        with self.assertRaises(CommandRefused):
            opened.search("ALL")
        self.assertEqual(opened.search("ALL"), [3])
