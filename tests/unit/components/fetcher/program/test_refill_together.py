"""Several of these at once, while fetchmail's outbox is refilled: what is missing, only numbers can tell.

Others put messages there, another client removes or flags one, an answer is lost, and fetchmail's connection breaks.
"""

from __future__ import annotations

import contextlib
import itertools
from typing import Any
from unittest import mock

from fake_imap import body
from imap_connection import SessionLost
from refill_harness import DELETED, NAMES, OUTBOX, Refilling

ANSWERS = {"whole": slice(None), "of the first": slice(1), "of the last": slice(-1, None), "lost": slice(0)}
TWICE = {"whole": 0, "of the first": 1, "of the last": 1, "lost": 2}  # delivered, at most


class Together(Refilling):
    def test_whatever_comes_together_loses_no_message_and_delivers_few_of_them_twice(self) -> None:
        every = itertools.product((0, 1, 2), (True, False), ("removed", "flagged"), (0, -1), ANSWERS, (0, 2))
        for others, before, how, place, answer, breaks in every:
            with self.subTest(others=others, before=before, how=how, place=place, answer=answer, breaks=breaks):
                self.together(others, before, how, place, answer, breaks)

    def test_where_the_provider_does_not_tell_the_next_uid_no_message_is_lost_either(self) -> None:
        untold = property(lambda _: 0, lambda *_: None)
        with mock.patch.object(type(self.session), "next_uid", untold, create=True):
            for how, place, answer, breaks in itertools.product(("removed", "flagged"), (0, -1), ANSWERS, (0, 2)):
                with self.subTest(how=how, place=place, answer=answer, breaks=breaks):
                    self.together(0, True, how, place, answer, breaks)
            for others, how, place in itertools.product((1, 2), ("removed", "flagged"), (0, -1)):
                with self.subTest("what others put there is still there", others=others, how=how, place=place):
                    self.together(others, False, how, place, "whole", 0)

    def test_a_message_that_another_client_removes_before_fetchmail_has_it_stops_no_other(self) -> None:
        self.backlog()

        def removes() -> None:
            self.during, self.removed = lambda: None, True
            del self.session.mail[OUTBOX][3]

        self.during = removes
        self.run_all()
        self.assertEqual(self.names(), [name for name in NAMES if name != "m02"])
        self.assertEqual((self.session.names("INBOX"), self.session.names(OUTBOX), self.session.waits), ([], [], 1))

    def together(self, others: int, before: bool, how: str, place: int, answer: str, breaks: int) -> None:
        """Others put so many there, before it or later; fetchmail breaks off at the nth message after it."""
        self.setUp()
        self.backlog()
        move, hit, seen = self.session.move, list[int](), list[int]()

        def put() -> None:
            self.during = lambda: None
            for n in range(others):
                self.session.put(OUTBOX, body(f"m0{n}"))

        def moved(uids: Any, folder: str) -> dict[int, int]:
            told: dict[int, int] = move(uids, folder)
            if folder != OUTBOX or not self.running or len(self.got) < 4 or hit:
                return told
            hit.append(sorted(told.values())[place])
            if not before:
                self.during = put
            if how == "removed":
                del self.session.mail[OUTBOX][hit[0]]
                self.removed = True
            else:
                self.session.mail[OUTBOX][hit[0]].flags.add(DELETED)
            if answer == "lost":
                raise SessionLost("connection to imap:993 lost: timed out")
            return dict(sorted(told.items())[ANSWERS[answer]])

        def broken(uid: int) -> bool:
            seen.extend([uid] if hit else [])
            return self.runs == 1 and breaks > 0 and len(seen) == breaks

        self.breaks = broken
        if before:
            self.during = put
        with mock.patch.object(self.session, "move", moved), contextlib.redirect_stdout(self.said):
            self.run_all()
        self.assertEqual(len(hit), 1)
        self.nothing_is_missing()
        self.assertLessEqual(len(self.got), 20 + others + TWICE[answer] + bool(others and TWICE[answer]))
