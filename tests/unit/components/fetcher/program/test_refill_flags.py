"""A flag that another client sets while mail is moved to a running fetchmail never counts as delivered."""

from __future__ import annotations

import itertools
from typing import Any
from unittest import mock

from fake_imap import body
from imap_connection import CommandRefused, SessionLost
from refill_harness import DELETED, OUTBOX, Refilling
from worker_harness import says_delivered


class Flags(Refilling):
    def test_a_flagged_message_waits_for_the_end_of_fetchmails_run_and_is_delivered(self) -> None:
        for flag in (DELETED, r"\Seen"):
            self.setUp()
            self.backlog(flag)
            self.run_all()
            self.nothing_is_missing()
            self.assertEqual((self.runs, len(self.got)), (7, 20))

    def test_a_flag_set_by_another_client_during_the_move_does_not_count_as_delivered(self) -> None:
        for place in (0, -1):
            self.setUp()
            self.backlog()
            self.racing(place)
            self.nothing_is_missing()
            self.assertLessEqual(len(self.got), 21)

    def test_a_flag_set_during_the_move_does_not_count_as_delivered_when_the_session_is_lost_early(self) -> None:
        for place in (0, -1):
            self.setUp()
            self.backlog()
            copy, copies = self.session.copy, 0

            def breaks(uids: Any, folder: str, copy: Any = copy) -> dict[int, int]:
                nonlocal copies
                copies += bool(self.got)
                if copies == 2 and self.got:
                    raise SessionLost("connection to imap:993 lost: bye")
                told: dict[int, int] = copy(uids, folder)
                return told

            with mock.patch.object(self.session, "copy", breaks):
                self.racing(place)
            self.nothing_is_missing()

    def test_a_flag_set_during_the_move_does_not_count_as_delivered_when_a_sender_imitates_fetchmail(self) -> None:
        self.says = ("fetchmail: line: this is no header, and it is flushed",)
        self.backlog()
        self.racing(-1)
        self.nothing_is_missing()

    def test_a_flag_set_during_the_move_does_not_count_when_the_connection_breaks_before_a_delivered_one(self) -> None:
        self.backlog()
        broken = list[int]()

        def breaks(uid: int) -> bool:
            flagged = [there for there, one in self.session.mail[OUTBOX].items() if there > uid and one.flags]
            if flagged and not broken:
                broken.append(uid)
                self.problem = None
                return True
            return False

        self.breaks = breaks
        self.racing(-1)
        self.assertEqual(len(broken), 1)
        self.nothing_is_missing()

    def test_a_flag_set_during_the_move_does_not_count_for_a_new_pod_after_the_old_one_is_stopped(self) -> None:
        self.backlog()

        def stops() -> None:
            box = self.session.mail[OUTBOX]
            if any(one.flags and one.body not in self.got for one in box.values()):
                self.ends.set()
                self.stop.set()

        self.during = stops
        self.racing(-1)
        self.assertTrue(self.ends.is_set())
        self.during = lambda: None
        for event in (self.ends, self.stop):
            event.clear()
        self.worker = self.made()
        self.run_all()
        self.nothing_is_missing()
        self.assertEqual(len(self.got), 20)

    def test_a_flag_set_during_the_move_does_not_count_when_the_answer_to_that_move_is_lost(self) -> None:
        for expunged, place, folder in itertools.product((True, False), (0, -1), ("Fetcher-Staging", OUTBOX)):
            with self.subTest(expunged=expunged, place=place, folder=folder):
                self.setUp()
                self.backlog()
                if not expunged:
                    self.breaks = lambda _: self.problem is not None and self.runs == 1
                self.unanswered(folder, place)
                self.assertLessEqual(len(self.got), 20 + 4)  # those three twice, and the one with the flag again

    def test_a_move_without_an_answer_causes_no_second_delivery(self) -> None:
        for broken, folder in itertools.product((True, False), ("Fetcher-Staging", OUTBOX)):
            with self.subTest(broken=broken, folder=folder):
                self.setUp()
                self.backlog()
                if broken:
                    self.breaks = lambda _: self.problem is not None and self.runs == 1
                self.unanswered(folder, None)
                self.assertEqual(len(self.got), 20 + broken)

    def unanswered(self, target: str, place: int | None) -> None:
        """The answer to a move there is lost, during which another client flags the message at that place."""
        move, moved = self.session.move, list[int]()

        def lost(uids: Any, folder: str) -> dict[int, int]:
            told = move(uids, folder)
            if folder == target and self.running and self.got and not moved:
                moved.extend(sorted(told.values()))
                if place is not None:
                    self.session.mail[folder][moved[place]].flags.add(DELETED)
                raise SessionLost("connection to imap:993 lost: timed out")
            return told

        with mock.patch.object(self.session, "move", lost):
            self.run_all()
        self.assertEqual(len(moved), 3)
        self.nothing_is_missing()

    def test_a_flag_that_was_not_expunged_before_the_end_does_not_count_as_delivered(self) -> None:
        self.backlog()
        move, fetch = self.session.move, self.fetch

        def racing(uids: Any, folder: str) -> dict[int, int]:
            told = move(uids, folder)
            for uid in told.values() if self.got and self.runs == 1 else ():
                self.session.mail[folder][uid].flags.add(DELETED)
            return told

        def ends(rc: str, home: str, on_line: Any, *more: Any) -> int:
            if self.runs:
                return fetch(rc, home, on_line, *more)
            self.runs += 1
            uid, one = next(iter(self.session.mail[OUTBOX].items()))
            self.got.append(one.body)
            del self.session.mail[OUTBOX][uid]
            says_delivered(on_line)
            self.step()
            return 2

        with mock.patch.object(self.session, "move", racing), mock.patch.object(self, "fetch", ends):
            self.run_all()
        self.nothing_is_missing()
        self.assertEqual(len(self.got), 20)

    def test_a_flag_that_stays_on_in_staging_keeps_a_message_from_fetchmail(self) -> None:
        self.backlog()
        move, store = self.session.move, self.session.store
        seen = list[bool]()

        def moved(uids: Any, folder: str) -> dict[int, int]:
            if folder == "Fetcher-Staging":
                self.session.here[min(uids)].flags.add(DELETED)
            if folder == OUTBOX:
                seen.extend(DELETED in self.session.here[uid].flags for uid in uids)
            return move(uids, folder)

        def stored(uids: Any, change: str, flags: str) -> None:
            if self.session.selected == "Fetcher-Staging" and change == "-FLAGS":
                raise CommandRefused("[LIMIT] not now")
            store(uids, change, flags)

        with mock.patch.object(self.session, "move", moved), mock.patch.object(self.session, "store", stored):
            self.run_all()
        self.nothing_is_missing()
        self.assertEqual((len(self.got), any(seen)), (20, False))

    def test_what_others_put_into_the_outbox_meanwhile_hides_no_message_that_another_client_removed(self) -> None:
        for others in (1, 2):
            with self.subTest(others=others):
                self.setUp()
                self.backlog()

                def refetch(others: int = others) -> None:
                    self.during = lambda: None
                    for n in range(others):
                        self.session.put(OUTBOX, body(f"m0{n}"))

                self.during = refetch
                self.racing(-1, after=10)
                self.nothing_is_missing()
                self.assertEqual(len(self.got), 20 + others)
