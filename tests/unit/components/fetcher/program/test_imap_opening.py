"""What a provider says of a folder when it is opened."""

from __future__ import annotations

import time
import unittest

from imap_connection import CommandRefused, SessionLost
from scripted_imap import session


class Opening(unittest.TestCase):
    def test_a_folder_that_can_only_be_read_is_refused_and_the_session_goes_on(self) -> None:
        opened, server = session(self)
        server.answers["SELECT"] = [b"* 1 EXISTS\r\n%T OK [READ-ONLY] done\r\n", b"%T OK [READ-WRITE] done\r\n"]
        with self.assertRaisesRegex(CommandRefused, r'\[READ-ONLY\] "Fetcher-Refused" cannot be changed'):
            opened.select("Fetcher-Refused")
        self.assertIsNone(opened.selected)
        opened.select("INBOX")

    def test_keywords_are_stored_only_where_the_provider_lets_clients_make_some(self) -> None:
        opened, server = session(self)
        for told, keywords in (
            (b"(\\Seen \\*)", True),
            (b"(\\Seen \\Deleted)", False),
            (b"($Label1)", False),
            (b"()", False),
            (b"NIL", False),
        ):
            server.answers["SELECT"] = [b"* FLAGS (\\Seen \\*)\r\n* OK [PERMANENTFLAGS %b] x\r\n%%T OK\r\n" % told]
            opened.select("INBOX")
            self.assertEqual(opened.keywords, keywords, told)

    def test_the_next_uid_is_that_of_the_open_folder_where_it_is_told(self) -> None:
        opened, server = session(self)
        for told, found in ((b"* OK [UIDNEXT 9] x\r\n", 9), (b"", 0), (b"* OK [UIDNEXT x] x\r\n", 0)):
            server.answers["SELECT"] = [told + b"%T OK\r\n"]
            opened.select("INBOX")
            self.assertEqual(opened.next_uid, found)

    def test_a_folder_that_was_made_anew_while_it_was_open_ends_the_session(self) -> None:
        for validity, lost in ((b"7", False), (b"8", True)):
            opened, _ = session(
                self, {"UID SEARCH": b"* OK [UIDVALIDITY %b] new\r\n* SEARCH 1\r\n%%T OK\r\n" % validity}
            )
            if not lost:
                self.assertEqual(opened.search("ALL"), [1])
                continue
            with self.assertRaisesRegex(SessionLost, "INBOX was made anew while it was open"):
                opened.search("ALL")

    def test_a_server_that_wants_to_know_the_clients_name_is_told_once(self) -> None:
        opened, server = session(
            self, {"CAPABILITY": b"* CAPABILITY IMAP4rev1 ID\r\n%T OK\r\n", "ID": b"%T BAD hm\r\n"}
        )
        server.answers["SELECT"] = [b"%T NO SELECT Unsafe Login. Please contact us\r\n", b"%T OK\r\n", b"%T NO no\r\n"]
        opened.select("INBOX")
        self.assertEqual(server.count('ID ("name" "homelab-mail")'), 1)
        with self.assertRaises(CommandRefused):
            opened.select("Fetcher-Outbox")
        self.assertEqual(server.count("ID"), 1)

    def test_a_folder_without_a_validity_or_a_count_is_opened(self) -> None:
        opened, server = session(self)
        server.answers["SELECT"] = [b"%T OK\r\n"]
        opened.select("INBOX")
        self.assertEqual((opened.validity, opened.keywords), (b"", False))
        server.answers["UID SEARCH"] = [b"* OK [UIDVALIDITY 7] told late\r\n* SEARCH 4\r\n%T OK\r\n"]
        self.assertEqual(opened.search("ALL"), [4])

    def test_half_a_line_before_a_command_is_not_waited_for(self) -> None:
        opened, server = session(self, {"UID SEARCH": b"ISTS\r\n* SEARCH 4\r\n%T OK\r\n"})
        server.say(b"* 3 EX")
        time.sleep(0.1)
        self.assertEqual(opened.search("ALL"), [4])

    def test_flags_with_a_bracket_in_them_do_not_hide_the_others(self) -> None:
        opened, server = session(self)
        server.answers["SELECT"] = [b"* OK [PERMANENTFLAGS (\\Seen [x] $HomelabMailFetched \\*)] x\r\n%T OK\r\n"]
        opened.select("INBOX")
        self.assertEqual((opened.keywords, opened.marks), (True, True))
