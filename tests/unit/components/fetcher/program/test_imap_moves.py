"""What is asked of a real session about one message, and what is done with many: command by command."""

from __future__ import annotations

import datetime
import unittest
from unittest import mock

import imap_session
from imap_connection import CommandRefused
from imap_session import ImapSession
from scripted_imap import Answer, ScriptedImap, session

WITHOUT_MOVE = b"* CAPABILITY IMAP4rev1 UIDPLUS\r\n%T OK\r\n"
PARTS = b'BODYSTRUCTURE ("TEXT" "PLAIN" NIL NIL NIL "7BIT" %d 3)'
OTHER = b'* 1 FETCH (UID 9 INTERNALDATE "01-Jan-2020 00:00:00 +0000" ' + PARTS % 9 + b")"


def count(messages: int) -> bytes:
    return b"* STATUS Kept (MESSAGES %d)\r\n%%T OK\r\n" % messages


class About(unittest.TestCase):
    def told(self, *lines: bytes) -> ImapSession:
        return session(self, {"UID FETCH": b"".join(line + b"\r\n" for line in (OTHER, *lines)) + b"%T OK\r\n"})[0]

    def test_the_providers_time_is_that_of_the_message_that_was_asked_for(self) -> None:
        opened = self.told(b'* 2 FETCH (UID 4 INTERNALDATE "28-Nov-2026 12:00:00 +0100")')
        at = datetime.datetime(2026, 11, 28, 11, tzinfo=datetime.timezone.utc)
        self.assertEqual((opened.received(4), opened.received(0)), (at, None))
        self.assertIsNone(self.told(b"* 2 FETCH (UID 4)").received(4))

    def test_the_lengths_of_the_parts_are_those_of_the_message_that_was_asked_for(self) -> None:
        opened = self.told(b"* 2 FETCH (UID 4 " + PARTS % 44 + b")")
        self.assertEqual(opened.leaves(4), [44])
        self.assertIsNone(self.told(b"* 2 FETCH (UID 4)").leaves(4))

    def test_a_message_is_asked_for_by_its_header_and_its_text(self) -> None:
        def gives(line: str) -> bytes:
            section = line.split("BODY.PEEK[")[1].split("]")[0]
            text = {"HEADER": b"A: b\r\n\r\n", "TEXT": b"text\r\n"}[section] if "<0." in line else b""
            item = b"BODY[%b]<0> {%d}\r\n%b" % (section.encode(), len(text), text)
            return b"* 2 FETCH (UID 4 " + item + b")\r\n%T OK\r\n"

        opened, _ = session(self, {"UID FETCH": gives})
        self.assertEqual(list(opened.halves(4, 14)), [b"A: b\r\n\r\n", b"text\r\n"])


class Pieces(unittest.TestCase):
    def given(self, text: bytes, size: int | None) -> bytes:
        """What is read of a message at a server that refuses to tell what is behind the end."""

        def gives(line: str) -> bytes:
            start = int(line.split("]<")[1].split(".")[0])
            part = text[start : start + imap_session.PIECE]
            if not part:
                return b"%T NO nothing there\r\n"
            return b"* 2 FETCH (UID 4 BODY[]<%d> {%d}\r\n%b)\r\n%%T OK\r\n" % (start, len(part), part)

        with mock.patch.object(imap_session, "PIECE", 1024):
            return b"".join(session(self, {"UID FETCH": gives})[0].pieces(4, size))

    def test_a_message_that_fills_its_pieces_ends_where_the_server_refuses_to_tell_more(self) -> None:
        text = b"Subject: long\r\n\r\n".ljust(3 * 1024, b"x")
        self.assertEqual(self.given(text, len(text)), text)

    def test_a_message_whose_pieces_are_alike_is_read_to_its_end(self) -> None:
        text = b"Subject: like\r\n\r\n" + (b"y" * 62 + b"\r\n") * 100
        self.assertEqual(self.given(text, len(text)), text)


class Moving(unittest.TestCase):
    def opened(self, made: int, **answers: Answer) -> tuple[ImapSession, ScriptedImap]:
        """Without MOVE, at a server that makes so many copies."""
        given = {f"UID {name}": answer for name, answer in answers.items()}
        return session(self, {"CAPABILITY": WITHOUT_MOVE, "STATUS": [count(5), count(5 + made)], **given})

    def changes(self, server: ScriptedImap) -> list[str]:
        return [said for said in server.said if said.startswith(("UID COPY", "UID STORE", "UID EXPUNGE", "EXPUNGE"))]

    def test_without_move_messages_are_copied_and_then_deleted(self) -> None:
        opened, server = self.opened(2, EXPUNGE=b"* 1 EXPUNGE\r\n* 1 EXPUNGE\r\n%T OK\r\n")
        self.assertFalse(opened.moves)
        self.assertEqual(opened.move([2, 3], "Kept"), {})
        deleted = [r"UID STORE 2:3 +FLAGS.SILENT (\Deleted)", "UID EXPUNGE 2:3"]
        self.assertEqual(self.changes(server), ['UID COPY 2:3 "Kept"', *deleted])

    def test_without_move_no_message_is_deleted_that_was_not_copied(self) -> None:
        for made, answer in ((1, b"%T OK\r\n"), (0, b"%T OK\r\n"), (2, b"%T NO [LIMIT] no\r\n")):
            opened, server = self.opened(made, COPY=answer)
            with self.assertRaises(CommandRefused):
                opened.move([2, 3], "Kept")
            self.assertEqual(self.changes(server), ['UID COPY 2:3 "Kept"'])

    def test_a_refused_expunge_is_not_repeated_as_one_that_deletes_what_others_have_flagged(self) -> None:
        opened, server = self.opened(0, EXPUNGE=b"%T NO [LIMIT] no\r\n")
        with self.assertRaisesRegex(CommandRefused, "LIMIT"):
            opened.delete([2])
        self.assertEqual(self.changes(server)[1:], ["UID EXPUNGE 2"])

    def test_nothing_is_said_to_the_server_where_there_is_nothing_to_delete(self) -> None:
        opened, server = self.opened(0)
        opened.delete([])
        self.assertEqual(self.changes(server), [])

    def test_a_server_like_gmails_is_known_by_its_extension(self) -> None:
        self.assertFalse(session(self)[0].expunges_at_once)
        gmail = b"* CAPABILITY IMAP4rev1 X-GM-EXT-1\r\n%T OK\r\n"
        self.assertTrue(session(self, {"CAPABILITY": gmail})[0].expunges_at_once)

    def test_the_uids_of_copies_that_are_told_again_later_are_not_those_of_the_next_copies(self) -> None:
        tags: list[bytes] = []

        def told(line: str) -> bytes:
            tags.append(line.split()[0].encode())
            return tags[0] + b" OK [COPYUID 7 2:3 8:9] done\r\n" + (b"%T OK\r\n" if tags[1:] else b"")

        opened, _ = session(self, {"UID COPY": told})
        self.assertEqual([opened.copy([2, 3], "x"), opened.copy([2, 3], "x")], [{2: 8, 3: 9}, {}])
