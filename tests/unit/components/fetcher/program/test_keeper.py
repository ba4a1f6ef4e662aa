"""With `keep`, a message is copied first and marked second."""

from __future__ import annotations

import imaplib
import unittest
from typing import Any
from unittest import mock

from keeper import FETCHED, Keeper

PAIR = ("kinga@example.org", "password")


class Provider:
    keywords = True

    def __init__(self, uids: list[bytes], fails: dict[tuple[str, bytes], Exception] | None = None) -> None:
        self.uids, self.fails = uids, fails or {}
        self.done: list[tuple[str, bytes]] = []
        self.searched: tuple[str, ...] = ()
        self.coming: list[list[bytes]] = []

    def select(self, _: str) -> None:
        pass

    def search(self, *criteria: str) -> list[bytes]:
        self.searched = criteria
        return self.uids

    def news(self) -> bool:
        """What comes while a search is under way is found by the next one only."""
        if self.coming:
            self.uids = self.coming.pop(0)
            return True
        return False

    def uid(self, command: str, uid: bytes, *_: str) -> None:
        if (command, uid) in self.fails:
            raise self.fails[command, uid]
        self.done.append((command, uid))


def keeper(**more: Any) -> Any:
    """A keeper without its workshop: only what copying needs."""
    made: Any = Keeper.__new__(Keeper)
    made.folder, made.status, made.warned = "INBOX", mock.Mock(), False
    made.session_over = lambda _: False
    made.say = mock.Mock()
    for name, value in more.items():
        setattr(made, name, value)
    return made


class Copying(unittest.TestCase):
    def copy(self, provider: Provider, **more: Any) -> int:
        made = keeper(**more)
        made.select(provider)
        copied: int = made.copy(provider, "Fetcher-Outbox", PAIR)
        return copied

    def test_a_message_is_copied_first_and_marked_second(self) -> None:
        provider = Provider([b"1", b"2"])
        self.assertEqual(self.copy(provider), 2)
        self.assertEqual(provider.done, [("COPY", b"1"), ("STORE", b"1"), ("COPY", b"2"), ("STORE", b"2")])

    def test_a_message_that_was_not_copied_is_not_marked_and_does_not_stop_the_next(self) -> None:
        provider = Provider([b"1", b"2"], {("COPY", b"1"): imaplib.IMAP4.error("over quota")})
        self.assertEqual(self.copy(provider), 1)
        self.assertEqual(provider.done, [("COPY", b"2"), ("STORE", b"2")])

    def test_when_no_message_can_be_copied_the_reason_is_told(self) -> None:
        provider = Provider([b"1"], {("COPY", b"1"): imaplib.IMAP4.error("over quota")})
        with self.assertRaisesRegex(imaplib.IMAP4.error, "over quota"):
            self.copy(provider)
        self.assertEqual(provider.done, [])

    def test_a_connection_that_breaks_ends_the_session(self) -> None:
        provider = Provider([b"1", b"2"], {("STORE", b"1"): imaplib.IMAP4.abort("gone")})
        with self.assertRaises(imaplib.IMAP4.abort):
            self.copy(provider)
        self.assertEqual(provider.done, [("COPY", b"1")])

    def test_no_more_are_copied_than_are_fetched_at_a_turn(self) -> None:
        self.assertEqual(self.copy(Provider([b"%d" % n for n in range(250)])), Keeper.TURN)

    def test_only_what_bears_no_mark_is_copied(self) -> None:
        provider = Provider([])
        self.copy(provider)
        self.assertEqual(provider.searched, ("UNDELETED", "UNKEYWORD", FETCHED))

    def test_where_no_mark_can_be_set_what_is_unread_is_copied(self) -> None:
        provider = Provider([])
        provider.keywords = False
        self.copy(provider)
        self.assertEqual(provider.searched, ("UNDELETED", "UNSEEN"))

    def test_what_comes_during_a_search_is_copied_however_often_somebody_else_took_it_away_again(self) -> None:
        provider = Provider([])
        provider.coming = [[], [b"7"]]
        self.assertEqual(self.copy(provider), 1)

    def test_a_provider_that_speaks_of_news_for_ever_does_not_keep_it_searching(self) -> None:
        provider = Provider([])
        provider.coming = [[]] * 1000
        self.assertEqual(self.copy(provider), 0)
        self.assertGreater(len(provider.coming), 900)
