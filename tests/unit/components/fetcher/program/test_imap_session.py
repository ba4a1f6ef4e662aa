"""A message is asked for until the provider has given everything, and no longer."""

from __future__ import annotations

import contextlib
import re
import unittest
from typing import Any, Callable
from unittest import mock

import imap_session
from imap_client import Client
from imap_connection import CommandRefused
from imap_session import ImapSession

MESSAGE = b"Subject: pieces\r\n\r\n" + b"0123456789" * 9 + b"\r\n"
Giving = Callable[[int, int], "bytes | None"]


def honest(start: int, length: int) -> bytes | None:
    return MESSAGE[start : start + length]


class Pieces(unittest.TestCase):
    def got(self, giving: Giving, size: int | None) -> tuple[bytes, int]:
        """The message as it is put together, and how often the provider was asked."""
        asked = 0

        def uid(_: str, __: str, what: str) -> list[Any]:
            nonlocal asked
            asked += 1
            self.assertLess(asked, 100)
            start, length = map(int, re.findall(r"\d+", what))
            given = giving(start, length)
            name = b"1 (UID 7 BODY[]<%d> " % start
            return [name + b"NIL)"] if given is None else [(name + b"{%d}" % len(given), given), b")"]

        session = ImapSession.__new__(ImapSession)
        session.imap = mock.Mock(cut=False)
        with mock.patch.object(session, "uid", uid), mock.patch.object(imap_session, "PIECE", 40):
            return b"".join(session.pieces(7, size)), asked

    def test_an_honest_provider_sends_each_piece_of_a_message_once(self) -> None:
        self.assertEqual(self.got(honest, len(MESSAGE)), (MESSAGE, -(-len(MESSAGE) // 40)))

    def test_a_message_is_fetched_whole_with_any_wrong_size(self) -> None:
        for size in (None, 0, len(MESSAGE) - 29, len(MESSAGE) + 2):
            self.assertEqual(self.got(honest, size)[0], MESSAGE)

    def test_a_message_is_fetched_whole_from_a_provider_that_sends_less_than_a_piece(self) -> None:
        for size in (None, 0, 30, len(MESSAGE)):
            self.assertEqual(self.got(lambda start, _: MESSAGE[start : start + 7], size)[0], MESSAGE)

    def test_a_message_is_fetched_whole_from_a_provider_that_sends_all_of_it_for_each_piece(self) -> None:
        for size in (None, 0, len(MESSAGE), len(MESSAGE) + 2):
            self.assertEqual(self.got(lambda *_: MESSAGE, size)[0], MESSAGE)
            with mock.patch(f"{__name__}.MESSAGE", MESSAGE[:30]):
                self.assertEqual(self.got(lambda *_: MESSAGE[:30], size)[0], MESSAGE[:30])

    def test_a_message_ends_with_its_first_piece_when_the_provider_sends_nothing_after_it(self) -> None:
        self.assertEqual(self.got(lambda start, n: None if start else honest(start, n), 111)[0], MESSAGE[:40])

    def test_a_stated_size_that_ends_with_a_piece_is_not_the_end_of_a_message_that_goes_on(self) -> None:
        for size in (40, 80):
            self.assertEqual(self.got(honest, size)[0], MESSAGE)
        for size in (14, 21, 28):
            self.assertEqual(self.got(lambda start, _: MESSAGE[start : start + 7], size)[0], MESSAGE)

    def test_a_refusal_after_the_end_of_a_message_is_its_end_and_before_it_a_refusal(self) -> None:
        def refusing(start: int, length: int) -> bytes | None:
            if start >= len(MESSAGE):
                raise CommandRefused("NO there is no such octet")
            return honest(start, length)

        self.assertEqual(self.got(refusing, 50)[0], MESSAGE)
        with self.assertRaises(CommandRefused):
            self.got(refusing, len(MESSAGE) + 50)

    def test_without_a_size_only_an_empty_piece_or_a_short_one_before_is_the_end_of_a_message(self) -> None:
        def refusing(*_: int) -> bytes:
            raise CommandRefused("[UNAVAILABLE] not now")

        def nothing(*_: int) -> None:
            return None

        def at_first(text: bytes, then: Giving) -> Giving:
            return lambda start, length: then(start, length) if start else text[:length]

        for size in (None, 0):
            for then in (refusing, nothing):
                with self.assertRaises(CommandRefused):
                    self.got(at_first(MESSAGE, then), size)
                self.assertEqual(self.got(at_first(MESSAGE[:7], then), size)[0], MESSAGE[:7])

    def test_a_message_that_never_ends_is_refused(self) -> None:
        with (
            mock.patch.object(imap_session, "ENDLESS", 1_000),
            self.assertRaisesRegex(CommandRefused, "without an end"),
        ):
            self.got(lambda start, length: b"%d" % start + b"x" * (length - len(b"%d" % start)), 50)


class HalfDone(unittest.TestCase):
    def test_a_partial_copy_deletes_no_original(self) -> None:
        session, counts, deleted = ImapSession.__new__(ImapSession), [5, 6], list[int]()
        session.capabilities = []
        said: dict[str, Any] = {"messages": lambda _: counts.pop(0), "copy": lambda *_: {}, "delete": deleted.extend}
        with mock.patch.multiple(session, **said), self.assertRaisesRegex(CommandRefused, "2 are copied, and 1 are"):
            session.move([1, 2], "Fetcher-Outbox")
        self.assertEqual(deleted, [])

    def test_a_partial_copy_is_none_though_others_put_messages_into_the_folder_meanwhile(self) -> None:
        session, counts, deleted = ImapSession.__new__(ImapSession), [5, 7], list[int]()
        session.capabilities = []
        said: dict[str, Any] = {
            "messages": lambda _: counts.pop(0),
            "copy": lambda *_: {1: 6},
            "delete": deleted.extend,
        }
        with mock.patch.multiple(session, **said), self.assertRaisesRegex(CommandRefused, "2 are copied, and 1 are"):
            session.move([1, 2], "Fetcher-Outbox")
        self.assertEqual(deleted, [])

    def test_text_before_a_refusal_is_no_part_of_the_next_answer(self) -> None:
        session, imap = ImapSession.__new__(ImapSession), mock.Mock(untagged_responses={"SEARCH": [b"1 2"]})
        session.imap = imap
        imap.forget = lambda: Client.forget(imap)

        def uid(*_: str) -> tuple[str, list[bytes]]:
            return "OK", [*imap.untagged_responses.get("SEARCH", []), b"3"]

        imap.uid = uid
        self.assertEqual(session.search("DELETED"), [3])


class Deleting(unittest.TestCase):
    """Somebody else has flagged message 9 for deletion; it must stay."""

    def left(self, *capabilities: str, stays: bool = False) -> set[int]:
        session = ImapSession.__new__(ImapSession)
        session.imap = mock.Mock(untagged_responses={})
        session.capabilities = list(capabilities)
        there, flagged = {1, 2, 9}, {9}

        def store(uids: Any, change: str, _: str) -> int:
            if change == "+FLAGS" or not stays:
                (flagged.update if change == "+FLAGS" else flagged.difference_update)(uids)
            return 0

        def uid(command: str, uids: str) -> None:
            self.assertEqual(command, "EXPUNGE")
            first, last = map(int, uids.split(":"))
            there.difference_update(flagged & set(range(first, last + 1)))

        def call(command: str) -> list[bytes]:
            self.assertEqual(command, "expunge")
            there.difference_update(flagged)
            return []

        def search(*criteria: str) -> list[int]:
            return sorted(flagged & there if criteria == ("DELETED",) else there)

        said: dict[str, Any] = {"store": store, "uid": uid, "call": call, "search": search}
        refused: Any = self.assertRaisesRegex(CommandRefused, "1 others") if stays else contextlib.nullcontext()
        with mock.patch.multiple(session, **said), refused:
            session.delete([1, 2])
        return there

    def test_with_uidplus_only_the_fetchers_own_messages_are_expunged(self) -> None:
        self.assertEqual(self.left("UIDPLUS"), {9})

    def test_without_uidplus_only_the_fetchers_own_messages_are_expunged(self) -> None:
        self.assertEqual(self.left(), {9})

    def test_without_uidplus_nothing_is_expunged_while_the_flag_stays_on_others(self) -> None:
        self.assertEqual(self.left(stays=True), {1, 2, 9})


class Quota(unittest.TestCase):
    def test_a_traffic_limit_of_the_provider_is_not_a_full_mailbox(self) -> None:
        self.assertTrue(CommandRefused("[OVERQUOTA] Quota exceeded (mailbox for user is full)").over_quota)
        self.assertFalse(CommandRefused("[OVERQUOTA] Account exceeded command or bandwidth limits.").over_quota)
        self.assertFalse(CommandRefused("[LIMIT] Too many messages").over_quota)
        self.assertFalse(CommandRefused("[LIMIT] Your quota of commands is used up").over_quota)

    def test_without_a_response_code_the_text_must_say_that_a_quota_is_used_up(self) -> None:
        for words in (
            "Quota exceeded (mailbox for user is full)",
            "Quota exceeded",
            "Not enough disk quota",
            "Over quota",
            "Mailbox is over quota",
            "Disk quota exceeded",
            "COPY failed: you exceeded your mail quota.",
            "Message would exceed the quota of this mailbox",
            "Quota limit reached",
            "Your storage quota is full",
            "[ALERT] Mailbox is over quota",
            "[OVERQUOTA] no",
            "[overquota] Mailbox is full",
        ):
            self.assertTrue(CommandRefused(words).over_quota, words)

    def test_other_text_about_a_quota_deletes_no_kept_mail(self) -> None:
        for words in (
            "Internal error: cannot read quota file",
            "Could not determine whether the quota is exceeded",
            "Quota service unavailable",
            "Quota backend timed out",
            "quota database is locked, try again",
            "No such quota root",
            "Quota unknown",
            "Permission denied: quota",
            "Your quota of requests per minute is exceeded",
            "Command quota exceeded: too many commands",
            "Daily traffic quota exceeded",
            "[UNAVAILABLE] Quota exceeded check failed",
            "[TRYCREATE] no folder over quota",
            'Mailbox "over quota" cannot be selected',
            "over the limit",
        ):
            self.assertFalse(CommandRefused(words).over_quota, words)
