"""A wait for news at servers that do not know how to wait."""

from __future__ import annotations

import threading
import time
import unittest
from unittest import mock

import imap_idle
from imap_connection import SessionLost
from imap_session import ImapSession
from scripted_imap import Answer, ScriptedImap, session


class Waiting(unittest.TestCase):
    def setUp(self) -> None:
        imap_idle.IDLE_SILENCES.clear()

    def opened(self, idle: Answer | list[Answer], done: bytes = b"OK done\r\n") -> tuple[ImapSession, ScriptedImap]:
        tags: list[bytes] = [b"?"]
        opened, server = session(self, {"IDLE": idle, "DONE": lambda _: tags[-1] + b" " + done})
        send = opened.imap.send

        def noting(data: bytes) -> None:  # DONE has no tag of its own: the server answers with that of IDLE
            if b"IDLE" in data:
                tags.append(data.split()[0])
            send(data)

        patched = mock.patch.object(opened.imap, "send", noting)
        patched.start()
        self.addCleanup(patched.stop)
        return opened, server

    def waits(self, opened: ImapSession, seconds: float = 0.3) -> float:
        started = time.monotonic()
        opened.idle(seconds, threading.Event(), lambda: False)
        return time.monotonic() - started

    def test_news_end_the_wait_and_done_follows_the_plus(self) -> None:
        for idle in (
            b"+ idling\r\n* 3 EXISTS\r\n",
            b"* 3 EXISTS\r\n+ idling\r\n",
            b"\r\n+\r\n* OK Still here\r\n* 1 RECENT\r\n* 3 exists\n",
        ):
            opened, server = self.opened(idle)
            self.assertLess(self.waits(opened, 20), 5)
            self.assertEqual(server.said[-2:], ["IDLE", "DONE"])
            self.assertTrue(opened.news())
            self.assertEqual(opened.search("ALL"), [])

    def test_the_end_of_a_wait_is_not_said_before_the_wait_has_begun(self) -> None:
        tag, begun = list[bytes](), threading.Event()

        def begin() -> None:
            begun.set()
            server.say(b"+ idling\r\n")

        def idles(line: str) -> bytes:
            tag.append(line.split()[0].encode())
            threading.Timer(0.3, begin).start()
            return b"* 3 EXISTS\r\n"

        def done(_: str) -> bytes:
            self.assertTrue(begun.is_set())
            return tag[0] + b" OK done\r\n"

        opened, server = self.opened(idles)
        server.answers["DONE"] = [done]
        self.waits(opened, 20)
        self.assertEqual(server.said[-1], "DONE")

    def test_a_server_that_only_says_that_it_is_there_is_asked_when_the_time_is_up(self) -> None:
        opened, server = self.opened(b"+ idling\r\n" + b"* OK Still here\r\n" * 1000)
        self.assertGreater(self.waits(opened), 0.29)
        self.assertEqual(server.said[-1], "DONE")
        self.assertIn("IDLE", opened.capabilities)

    def test_what_comes_after_the_answer_is_heard(self) -> None:
        opened, _ = self.opened(b"+ idling\r\n", b"OK done\r\n* 4 EXISTS\r\n* 5 EX")
        self.waits(opened, 0.1)
        time.sleep(0.1)
        opened.imap.buffer += b"ISTS\r\n"
        self.assertEqual(opened.search("ALL"), [])
        self.assertTrue(opened.news())

    def test_news_that_came_with_the_last_answer_need_no_wait(self) -> None:
        opened, server = self.opened(b"+ idling\r\n")
        server.answers["UID SEARCH"] = [b"* SEARCH 1\r\n%T OK\r\n* 3 EXISTS\r\n"]
        opened.search("ALL")
        time.sleep(0.1)
        opened.search("ALL")  # reads it
        self.assertLess(self.waits(opened, 20), 5)
        self.assertEqual(server.count("IDLE"), 0)

    def test_a_refused_wait_is_not_asked_for_again(self) -> None:
        for answer in (b"%T NO not now\r\n", b"%T BAD what?\r\n", b"+ idling\r\n%T BAD no\r\n"):
            opened, server = self.opened(answer)
            self.waits(opened)
            self.waits(opened)
            self.assertEqual([server.count("IDLE"), server.count("NOOP")], [1, 1])

    def test_a_server_that_says_goodbye_in_a_wait_and_stays_is_left_with_its_words(self) -> None:
        opened, _ = self.opened(b"+ idling\r\n* BYE Autologout\r\n")
        with self.assertRaisesRegex(SessionLost, "Autologout"):
            self.waits(opened, 20)

    def test_a_server_that_never_begins_to_wait_is_polled_after_the_second_time(self) -> None:
        with mock.patch.object(imap_idle, "TO_ANSWER", 0.1), mock.patch.object(imap_idle, "TO_BEGIN", 0.1):
            opened, server = self.opened(b"", b"")
            server.answers["DONE"] = [b""]
            for _ in range(2):
                with self.assertRaisesRegex(SessionLost, "timed out"):
                    self.waits(opened, 0.1)
            self.waits(opened, 0.1)
        self.assertEqual([server.count("IDLE"), server.count("NOOP")], [2, 1])

    def test_a_wait_that_began_is_no_silence(self) -> None:
        with mock.patch.object(imap_idle, "TO_ANSWER", 0.1):
            opened, server = self.opened(b"+ idling\r\n", b"")
            server.answers["DONE"] = [b""]
            for _ in range(3):
                with self.assertRaisesRegex(SessionLost, "timed out"):
                    self.waits(opened, 0.1)
        self.assertEqual(server.count("IDLE"), 3)

    def test_a_server_that_breaks_off_every_wait_soon_is_polled_after_the_fifth_time(self) -> None:
        opened, server = self.opened(b"+ idling\r\n* BYE Bye\r\n")
        for _ in range(5):
            opened.imap.untagged_responses.pop("BYE", None)
            with self.assertRaisesRegex(SessionLost, "Bye"):
                self.waits(opened, 20)
        opened.imap.untagged_responses.pop("BYE", None)
        self.waits(opened, 0.1)
        self.assertEqual([server.count("IDLE"), server.count("NOOP")], [5, 1])

    def test_a_wait_that_was_broken_off_late_does_not_count(self) -> None:
        with mock.patch.object(imap_idle, "SOON", 0):
            opened, server = self.opened(b"+ idling\r\n* BYE Bye\r\n")
            for _ in range(6):
                opened.imap.untagged_responses.pop("BYE", None)
                with self.assertRaisesRegex(SessionLost, "Bye"):
                    self.waits(opened, 20)
        self.assertEqual(server.count("IDLE"), 6)

    def test_a_server_that_ends_every_wait_at_once_is_asked_ever_more_rarely(self) -> None:
        for idle in (b"+ idling\r\n* 3 EXISTS\r\n", b"+ idling\r\n%T OK that was it\r\n"):
            opened, _ = self.opened(idle)
            took = []
            for _ in range(8):
                opened.news()
                took.append(self.waits(opened, 20))
            self.assertLess(max(took[:6]), 0.4)
            self.assertGreater(took[7], 0.9)
            self.assertLess(took[7], 5)
