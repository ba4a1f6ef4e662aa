"""fetchmail ends before it has delivered what came to the outbox meanwhile."""

from __future__ import annotations

from typing import Any
from unittest import mock

from fake_imap import body
from imap_connection import SessionLost
from refill_harness import DELETED, OUTBOX, Refilling
from worker_harness import says_delivered


class Ends(Refilling):
    def early(self, status: int, *lines: str, skips: int = 0, others: tuple[str, ...] = ()) -> bool:
        """At first it delivers what is there, but for so many, and ends; returns whether others were its work, too."""
        self.setUp()
        fetch = self.fetch

        def fetchmail(rc: str, home: str, on_line: Any, *more: Any) -> int:
            if self.runs:
                return fetch(rc, home, on_line, *more)
            self.runs += 1
            box = self.session.mail[OUTBOX]
            for uid in sorted(box)[skips:]:
                self.got.append(box.pop(uid).body)
                says_delivered(on_line)
                self.step()
            for line in lines:
                on_line(line)
            for name in others:
                self.session.put(OUTBOX, body(name), DELETED)
            return status

        self.backlog()
        with mock.patch.object(self, "fetch", fetchmail):
            self.run_all()
        self.nothing_is_missing()
        self.assertEqual((len(self.got), self.session.waits), (20 + len(others), 1))
        return "delivered directly" not in self.said.getvalue()

    def test_what_came_after_the_end_of_a_run_that_went_well_is_fetched_by_the_next_run_at_once(self) -> None:
        self.assertTrue(self.early(0))
        self.assertEqual(self.runs, 2)

    def test_what_is_left_by_a_run_that_did_not_go_well_is_delivered_directly(self) -> None:
        self.assertFalse(self.early(2))
        self.assertFalse(self.early(0, "fetchmail: SMTP< 451 4.3.0 later"))
        self.assertFalse(self.early(0, skips=1))

    def test_what_others_put_there_with_the_flag_for_deletion_is_delivered(self) -> None:
        self.early(0, others=("m00", "m01"))

    def test_what_waits_is_counted_while_the_outbox_is_filled_again(self) -> None:
        self.backlog()
        counts = list[tuple[int, int]]()

        def count() -> None:
            there = self.session.mail[OUTBOX].values()
            counts.append((self.worker.status.waiting, sum(DELETED not in one.flags for one in there)))

        self.during = count
        self.run_all()
        self.assertEqual(len(counts), 20)
        for told, there in counts:
            self.assertEqual(told, there)

    def test_what_another_client_removes_after_an_unanswered_move_is_delivered_wherever_the_run_breaks(self) -> None:
        for nth in range(1, 6):
            with self.subTest(nth=nth):
                self.setUp()
                self.backlog()
                self.removed_and_broken(nth)

    def removed_and_broken(self, nth: int) -> None:
        """fetchmail's connection breaks at the nth message behind the move."""
        move, removed, seen = self.session.move, list[int](), list[int]()

        def lost(uids: Any, folder: str) -> dict[int, int]:
            told = move(uids, folder)
            if folder == OUTBOX and self.running and self.got and not removed:
                removed.append(min(told.values()))
                del self.session.mail[OUTBOX][removed[0]]
                raise SessionLost("connection to imap:993 lost: timed out")
            return told

        def breaks(uid: int) -> bool:
            seen.extend([uid] if removed else [])
            return self.runs == 1 and len(seen) == nth

        self.breaks = breaks
        with mock.patch.object(self.session, "move", lost):
            self.run_all()
        self.assertEqual(len(removed), 1)
        self.nothing_is_missing()
        self.assertLessEqual(len(self.got), 20 + 5)
