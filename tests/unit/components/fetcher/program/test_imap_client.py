"""What servers say when a session begins, and lines that no standard has: none of it stops the session by itself."""

from __future__ import annotations

import base64
import re
import time
import unittest
from typing import Callable
from unittest import mock

import imap_client
import imap_reader
from direct_delivery import ABOUT
from imap_connection import CommandRefused, LoginRefused, SessionLost
from imap_session import ImapSession
from scripted_imap import LOGIN, provider, session


class Greeting(unittest.TestCase):
    def refused(self, greeting: bytes) -> tuple[str, list[str]]:
        server = provider(self, greeting=greeting)
        with mock.patch.object(imap_reader, "TO_GREET", 0.3), self.assertRaises(OSError) as caught:
            ImapSession(server.endpoint, LOGIN)
        return str(caught.exception), server.said

    def test_no_password_is_sent_to_a_server_that_says_that_somebody_is_logged_in(self) -> None:
        said, commands = self.refused(b"* PREAUTH hello\r\n")
        self.assertRegex(said, r"no password was sent to 127.0.0.1:\d+, which says that somebody is logged in already")
        self.assertEqual(commands, [])

    def test_a_server_that_speaks_no_imap_is_named_with_its_words_and_gets_no_password(self) -> None:
        for greeting in (
            b"220 mail.example.org ESMTP\r\n",
            b"+OK POP3 ready\r\n",
            b"HTTP/1.1 400 Bad Request\r\n\r\n",
            b"* 220 hi\r\n",
        ):
            with mock.patch.object(imap_client, "TO_STRANGER", 0.2):
                said, commands = self.refused(greeting)
            words = re.escape(greeting.decode().strip())
            self.assertRegex(said, rf"127.0.0.1:\d+ does not speak IMAP over TLS: {words}$")
            self.assertEqual(commands, [])

    def test_of_a_server_that_says_nothing_it_is_not_said_that_it_speaks_no_imap(self) -> None:
        said, commands = self.refused(b"")
        self.assertEqual((said.endswith("timed out"), commands), (True, []))

    def test_a_greeting_that_refuses_is_the_reason(self) -> None:
        for greeting in (
            b"* BYE Too many connections\r\n",
            b"* NO [UNAVAILABLE] Down for maintenance\r\n",
            b"* BAD no\r\n",
        ):
            said, commands = self.refused(greeting)
            self.assertEqual(said, f"the provider answered {greeting.decode()[2:].strip()}")
            self.assertEqual(commands, [])

    def test_lines_before_the_greeting_do_not_matter(self) -> None:
        for before in (b"\r\n\r\n", b"* FLAGS (\\Seen)\r\n", b"Welcome to our service\r\n", b"* 3 EXISTS\n"):
            session(self, greeting=before + b"* OK [ALERT] use the app {5}\r\n")

    def test_a_greeting_may_be_in_small_letters_or_have_no_text(self) -> None:
        for greeting in (b"* ok\r\n", b"* Ok ready\n", b"* OK \xe9\xff\0\r\n"):
            session(self, greeting=greeting)


class LoggingIn(unittest.TestCase):
    def test_the_capabilities_are_those_after_the_login(self) -> None:
        before, after = b"* CAPABILITY IMAP4rev1 MOVE\r\n%T OK\r\n", b"* CAPABILITY IMAP4rev1 idle\r\n%T OK\r\n"
        for login in (b"%T OK\r\n", b"* OK [ALERT] hi {3}\r\n%T OK [CAPABILITY IMAP4rev1 X] in\r\n"):
            opened, _ = session(self, {"CAPABILITY": [before, after], "LOGIN": login})
            self.assertEqual(opened.capabilities, ["IMAP4REV1", "IDLE"])

    def test_a_server_that_answers_no_capability_is_used_with_what_it_told_unasked(self) -> None:
        for answer in (b"%T OK\r\n", b"%T BAD what?\r\n", b"%T NO\r\n"):
            opened, _ = session(self, {"CAPABILITY": answer}, b"* OK [CAPABILITY IMAP4rev1 MOVE] [ready] {9}\r\n")
            self.assertEqual(opened.capabilities, ["IMAP4REV1", "MOVE"])
            opened, _ = session(self, {"CAPABILITY": answer, "LOGIN": b"%T OK [CAPABILITY IMAP4rev1 IDLE] in\r\n"})
            self.assertEqual(opened.capabilities, ["IMAP4REV1", "IDLE"])
            opened, _ = session(self, {"CAPABILITY": answer})
            self.assertEqual(opened.capabilities, [])

    def test_capabilities_may_come_in_several_lines_and_with_any_bytes(self) -> None:
        opened, _ = session(self, {"CAPABILITY": b"* CAPABILITY IMAP4rev2 \xe9\r\n* capability MOVE\r\n%T OK\r\n"})
        self.assertEqual(opened.capabilities, ["IMAP4REV2", "É", "MOVE"])

    def test_a_login_may_have_any_user_name(self) -> None:
        for user, sent in (
            ("kinga@example.org", b'"kinga@example.org"'),
            ("kinga smith", b'"kinga smith"'),
            (r"HOME\kinga", rb'"HOME\\kinga"'),
            ('ki"ngá', '"ki\\"ngá"'.encode()),
        ):
            server = provider(self)
            with ImapSession(server.endpoint, LOGIN._replace(user=user, password='p"w')):
                self.assertIn(b"LOGIN " + sent + rb' "p\"w"', [line.encode("latin-1") for line in server.said])

    SECRET = base64.b64encode(f"\0{LOGIN.user}\0{LOGIN.password}".encode()).decode()
    PLAIN = b"* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n%T OK\r\n"

    def test_any_text_may_ask_for_the_login(self) -> None:
        for asked in (b"+\r\n", b"+ \r\n", b"+ Go ahead, please\r\n", b"* OK [ALERT] slow today\r\n+ \xff\r\n"):
            tags: list[str] = []

            def asks(line: str, asked: bytes = asked, tags: list[str] = tags) -> bytes:
                tags.append(line.split()[0])
                return asked

            def accepts(_: str, tags: list[str] = tags) -> bytes:
                return tags[0].encode() + b" OK\r\n"

            session(self, {"CAPABILITY": self.PLAIN, "AUTHENTICATE": asks, self.SECRET: accepts})

    def test_a_server_that_asks_for_the_login_again_and_again_gets_it_once(self) -> None:
        server = provider(self, {"CAPABILITY": self.PLAIN, "": b"+ more\r\n"})
        with self.assertRaisesRegex(SessionLost, "asks for the login again and again"):
            ImapSession(server.endpoint, LOGIN)
        self.assertEqual([server.count(self.SECRET), server.count("*")], [1, 1])

    def test_a_server_that_does_not_know_plain_after_all_gets_the_login_with_login(self) -> None:
        _, server = session(self, {"CAPABILITY": self.PLAIN, "AUTHENTICATE": b"%T BAD Unknown command\r\n"})
        self.assertEqual([server.count("AUTHENTICATE"), server.count("LOGIN")], [1, 1])

    def test_where_the_server_forbids_login_the_password_is_not_sent_with_it(self) -> None:
        forbids = self.PLAIN.replace(b"PLAIN", b"PLAIN LOGINDISABLED")
        server = provider(self, {"CAPABILITY": forbids, "AUTHENTICATE": b"%T BAD Unknown command\r\n"})
        with self.assertRaises(LoginRefused):
            ImapSession(server.endpoint, LOGIN)
        self.assertEqual([server.count("AUTHENTICATE"), server.count("LOGIN")], [1, 0])

    def test_a_refused_login_is_not_sent_twice_and_its_words_are_the_reason(self) -> None:
        for capability, answer in ((self.PLAIN, b"AUTHENTICATE"), (b"%T OK\r\n", b"LOGIN")):
            refusal = b"* BAD hm\r\n%T NO [AUTHENTICATIONFAILED] wrong \xe9\r\n"
            server = provider(self, {"CAPABILITY": capability, answer.decode(): refusal})
            with self.assertRaises(LoginRefused) as caught:
                ImapSession(server.endpoint, LOGIN)
            words = "the provider refuses the login: the provider answered [AUTHENTICATIONFAILED] wrong \ufffd"
            self.assertEqual(str(caught.exception), words)
            self.assertEqual(server.count("AUTHENTICATE") + server.count("LOGIN"), 1)


class Lines(unittest.TestCase):
    """The answer to a search, in the middle of what is none."""

    def test_a_line_that_no_standard_has_does_not_end_the_session(self) -> None:
        for noise in (
            b"\r\n",
            b"\n\n",
            b"* \r\n",
            b"*\r\n",
            b"* NOOP\r\n",  # Zimbra
            b"* OK still here {7}\r\n",
            b"* NO [ALERT] Mailbox is at 95% of its quota \xe9\r\n",
            b"* 12 FETCH (FLAGS (\\Seen))\r\n",
            b"* XYZZY \0\0\xff\r\n",
            b"* OK " + b"x" * 2_000_000 + b"\r\n",
            b"[COPYUID 124 10 233]\r\n",  # Exchange 2013
            b"What is this?\r\n",
        ):
            opened, _ = session(self, {"UID SEARCH": noise + b"* search 4 5\n" + noise + b"%T ok\n"})
            for _ in range(2):
                self.assertEqual(opened.search("ALL"), [4, 5], noise[:20])

    def test_an_answer_that_is_told_twice_is_not_the_answer_to_the_next_command(self) -> None:
        opened, _ = session(self, {"UID SEARCH": b"* SEARCH 4\r\n%T OK\r\n%T NO\r\n%T OK\r\n"})
        for _ in range(3):
            self.assertEqual(opened.search("ALL"), [4])

    def test_what_comes_after_an_answer_is_no_part_of_the_next(self) -> None:
        late = b"%T OK\r\n* SEARCH 7 8\r\n* STATUS Fetcher-Outbox (MESSAGES 5)\r\n"
        opened, _ = session(self, {"UID SEARCH": [late, b"* SEARCH 4\r\n%T OK\r\n"]})
        opened.search("DELETED")
        time.sleep(0.1)
        self.assertEqual(opened.search("DELETED"), [4])
        self.assertEqual(opened.count("Fetcher-Outbox"), 1)

    def test_uids_of_copies_that_come_late_are_not_those_of_the_next_copies(self) -> None:
        opened, server = session(self)
        server.say(b"* OK [COPYUID 124 2:3 8:9] late\r\n")
        time.sleep(0.1)
        self.assertEqual((opened.copy([2, 3], "x"), opened.move([2, 3], "x")), ({}, {}))

    def test_what_comes_long_after_the_last_command_does_not_end_the_session(self) -> None:
        opened, server = session(self, {"UID SEARCH": b"* SEARCH 4\r\n%T OK\r\n"})
        server.say(b"* 3 EXISTS\r\n")
        time.sleep(0.1)
        opened.imap.until = time.monotonic() - 1
        self.assertEqual(opened.search("ALL"), [4])

    def test_items_outside_of_the_brackets_do_not_end_the_session(self) -> None:
        about = b"* 1 FETCH (UID 4 BODY[HEADER.FIELDS (RETURN-PATH)] {2}\r\n\r\n)\r\n FLAGS (\\Seen) RFC822.SIZE 9)\r\n"
        opened, _ = session(self, {"UID FETCH": about + b"%T OK\r\n"})  # Xeams
        self.assertEqual([message.uid for message in opened.fetch("4", ABOUT)], [4])

    def test_text_that_makes_no_sense_in_an_answer_with_a_message_ends_the_session(self) -> None:
        wrong = b"* 1 FETCH (UID 4 BODY[] {3}\r\nabcdefg\r\n* SEARCH 1\r\n)\r\n%T OK\r\n"
        opened, _ = session(self, {"UID FETCH": wrong})
        with self.assertRaises(SessionLost) as caught:
            list(opened.pieces(4, 7))
        self.assertTrue(str(caught.exception).endswith(" lost: it says what is no IMAP"), "no word of the message")

    def test_a_server_that_says_goodbye_and_stays_is_left_with_its_words(self) -> None:
        opened, _ = session(self, {"UID SEARCH": b"* BYE [UNAVAILABLE] Server is going down\r\n"})
        with self.assertRaisesRegex(SessionLost, r"\[UNAVAILABLE\] Server is going down"):
            opened.search("ALL")

    def test_an_answer_without_an_end_ends_the_session(self) -> None:
        opened, _ = session(self, {"UID SEARCH": b"* OK Still here\r\n" * 100_000})
        with mock.patch.object(imap_reader, "TO_END", 0.0), self.assertRaisesRegex(SessionLost, "does not end in"):
            opened.search("ALL")

    def test_a_line_that_comes_byte_by_byte_and_does_not_end_ends_the_session(self) -> None:
        opened, server = session(self, {"UID SEARCH": b"*"})

        def fill(fill: Callable[[], None] = opened.imap.fill) -> None:
            fill()
            server.say(b"x")
            opened.imap.until -= 10

        with mock.patch.object(opened.imap, "fill", fill), self.assertRaisesRegex(SessionLost, "does not end in"):
            opened.search("ALL")

    def test_a_line_without_an_end_ends_the_session(self) -> None:
        opened, _ = session(self, {"UID SEARCH": b"* SEARCH" + b" 1" * 100_000})
        with (
            mock.patch.object(imap_reader, "LONGEST_LINE", 1000),
            self.assertRaisesRegex(SessionLost, "a line of more"),
        ):
            opened.search("ALL")

    def test_a_refusal_shows_the_providers_own_words(self) -> None:
        for answer, words in (
            (b"* 1 FETCH (FLAGS ())\r\n%T BAD Command Error. 10\r\n", "Command Error. 10"),
            (b"%T NO [SERVERBUG] Tran\xe9\r\n", "[SERVERBUG] Tran\ufffd"),
            (b"%T BAD\r\n", "BAD"),
            (b"%T BYE later\r\n", "later"),
        ):
            opened, _ = session(self, {"UID SEARCH": answer})
            with self.assertRaises(CommandRefused) as caught:
                opened.search("ALL")
            self.assertEqual(str(caught.exception), words)

    def test_the_end_of_a_session_is_not_waited_for_long(self) -> None:
        opened, _ = session(self, {"LOGOUT": b""})
        with mock.patch("imap_connection.TO_SAY_GOODBYE", 0.1):
            opened.close(lost=False)
