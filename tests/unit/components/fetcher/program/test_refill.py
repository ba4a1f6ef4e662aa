"""A backlog: while fetchmail runs, the outbox is filled again, and nothing is lost whatever happens meanwhile."""

from __future__ import annotations

import threading
import unittest
from typing import Any, Callable
from unittest import mock

import refill
from credentials import Login
from fake_imap import body
from folders import Layout
from imap_connection import CommandRefused, SessionLost
from rounds import Ended
from worker_harness import Harness, says_delivered

OUTBOX, DELETED = "Fetcher-Outbox", r"\Deleted"
NAMES = [f"m{n:02}" for n in range(20)]


class Killed(BaseException):
    """The pod's end."""


class Refilling(Harness):
    def setUp(self) -> None:
        super().setUp()
        for target, value in (("batches.MOST", 3), ("outbox.AHEAD", 3), ("refill.IN_A_RUN", 100), ("outbox.LOOK", 0)):
            patch = mock.patch(target, value)
            patch.start()
            self.addCleanup(patch.stop)
        beside = mock.patch("fetchmail_run.FetchmailRun.run_beside", self.beside)
        beside.start()
        self.addCleanup(beside.stop)
        self.worker = self.made()
        self.runs, self.running = 0, False
        self.problem: Exception | None = None  # in a step
        self.step: Callable[[], bool] = lambda: False
        self.during: Callable[[], None] = lambda: None  # after each message that fetchmail delivers
        self.breaks: Callable[[int], bool] = lambda _: False  # whether fetchmail's connection does, before its flag
        self.ends = threading.Event()  # the pod is stopped
        self.says: tuple[str, ...] = ()  # what else fetchmail says after each message

    def beside(self, layout: Layout, login: Login, step: Callable[[], bool]) -> Ended:
        """In turns instead of at once, so that it is the same each time: a step after each message."""
        self.step = step
        self.problem, self.running = None, True
        ended = self.worker.outbox.fetchmail.run(layout, login)
        self.running = False
        self.step = lambda: False
        if self.problem:
            raise self.problem
        return ended

    def backlog(self, *flags: str) -> None:
        for name in NAMES:
            self.session.put("INBOX", body(name), *flags)

    def fetch(self, _rc: str, _home: str, on_line: Any, *_: Any) -> int:
        """As fetchmail does it: an expunge first, then pass after pass over what is there, each with expunges."""
        self.runs += 1
        box, ours = self.session.mail[OUTBOX], set[int]()

        def expunge(strict: bool = True) -> bool:
            gone = [uid for uid, one in list(box.items()) if DELETED in one.flags]
            for uid in gone:
                del box[uid]
            well = not strict or set(gone) == ours
            ours.clear()
            return well

        there = len(self.session.mail["INBOX"])
        self.step()
        self.assertEqual(len(self.session.mail["INBOX"]), there, "before the first expunge nothing may come")
        expunge(strict=False)
        while batch := sorted(box):
            for uid in batch:
                self.got.append(box[uid].body)
                if self.breaks(uid):
                    says_delivered(on_line, flagged=False)
                    return 2
                says_delivered(on_line)
                for line in self.says:
                    on_line(line)
                box[uid].flags.add(DELETED)
                ours.add(uid)
                self.during()
                if self.ends.is_set():
                    return 15
                if self.problem is None:
                    try:
                        self.step = self.step if self.step() else lambda: False
                    except Exception as lost:  # fetchmail goes on
                        self.problem = lost
                if len(ours) == 2 and not expunge():
                    return 7
            if not expunge():
                return 7
        return 0

    def run_all(self, sessions: int = 40) -> None:
        """Sessions, one after the other, until there is nothing more to do."""
        for _ in range(sessions):
            if self.stop.is_set():
                break
            self.run_session()

    def names(self) -> list[str]:
        return [one.split(b"Subject: ")[1].split(b"\r\n")[0].decode() for one in self.got]

    def nothing_is_missing(self) -> None:
        self.assertEqual(sorted(set(self.names())), NAMES)
        self.assertEqual((self.session.names("INBOX"), self.session.names(OUTBOX)), ([], []))
        kept = [name for folder in self.session.mail if "Kept" in folder for name in self.session.names(folder)]
        self.assertEqual(sorted(set(kept)), NAMES)

    def test_a_backlog_is_fetched_in_one_login_and_each_message_once(self) -> None:
        self.backlog()
        self.run_all()
        self.nothing_is_missing()
        self.assertEqual((self.runs, len(self.got), self.logins.total), (1, 20, 2))

    def test_a_login_is_for_a_limited_number_of_messages_and_another_follows(self) -> None:
        self.backlog()
        with mock.patch.object(refill, "IN_A_RUN", 6):
            self.run_all()
        self.nothing_is_missing()
        self.assertEqual((self.runs, len(self.got)), (3, 20))

    def test_a_message_that_is_not_kept_is_not_moved_while_fetchmail_runs(self) -> None:
        for kind, folder in (("COPY", "Fetcher-Kept"), ("CREATE", "Fetcher-Kept")):
            self.setUp()
            self.backlog()
            self.refusing(kind, folder, CommandRefused("[CANNOT] no"))
            self.run_all()
            self.assertEqual((sorted(self.names()), self.runs), (NAMES, 7))

    def test_with_retention_zero_no_message_is_moved_while_fetchmail_runs(self) -> None:
        self.worker = self.made("INBOX", "--retention=0")
        self.backlog()
        self.run_all()
        self.assertEqual((sorted(self.names()), self.runs), (NAMES, 7))

    def test_where_moves_report_no_uids_no_message_is_moved_while_fetchmail_runs(self) -> None:
        for untold in ("copy", "move"):
            self.setUp()
            self.backlog()
            real = getattr(self.session, untold)
            with mock.patch.object(self.session, untold, lambda uids, folder, real=real: real(uids, folder) and {}):
                self.run_all()
            self.nothing_is_missing()
            self.assertEqual(self.runs, 7)

    def test_a_flagged_message_waits_for_the_end_of_fetchmails_run_and_is_delivered(self) -> None:
        for flag in (DELETED, r"\Seen"):
            self.setUp()
            self.backlog(flag)
            self.run_all()
            self.nothing_is_missing()
            self.assertEqual((self.runs, len(self.got)), (7, 20))

    def test_a_message_that_is_not_for_fetchmail_waits_for_the_end_of_its_run(self) -> None:
        self.backlog()
        odd = [uid for uid in self.session.mail["INBOX"] if uid % 5 == 0]
        for uid in odd:
            one = self.session.mail["INBOX"][uid]
            one.body = one.body.replace(b"Return-Path: <a@", b"Return-Path: <@relay.example:a@")
        seen: list[str] = []
        self.during = lambda: seen.append(self.names()[-1])
        self.run_all()
        self.nothing_is_missing()
        self.assertEqual(len(self.got), 20)
        self.assertEqual(set(seen) & {NAMES[uid - 1] for uid in odd}, set())

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
        for expunged in (True, False):
            for place in (0, -1):
                with self.subTest(expunged=expunged, place=place):
                    self.setUp()
                    self.backlog()
                    if not expunged:
                        self.breaks = lambda _: self.problem is not None and self.runs == 1
                    self.unanswered(place)
                    self.assertLessEqual(len(self.got), 20 + 3)

    def test_a_move_without_an_answer_causes_no_second_delivery(self) -> None:
        for broken in (True, False):
            with self.subTest(broken=broken):
                self.setUp()
                self.backlog()
                if broken:
                    self.breaks = lambda _: self.problem is not None and self.runs == 1
                self.unanswered(None)
                self.assertEqual(len(self.got), 20 + broken)

    def unanswered(self, place: int | None) -> None:
        """The answer to a move is lost, during which another client flags the message at that place."""
        move, moved = self.session.move, list[int]()

        def lost(uids: Any, folder: str) -> dict[int, int]:
            told = move(uids, folder)
            if self.running and self.got and not moved:
                moved.extend(sorted(told.values()))
                if place is not None:
                    self.session.mail[OUTBOX][moved[place]].flags.add(DELETED)
                raise SessionLost("connection to imap:993 lost: timed out")
            return told

        with mock.patch.object(self.session, "move", lost):
            self.run_all()
        self.assertEqual(len(moved), 3)
        self.nothing_is_missing()

    def racing(self, place: int) -> None:
        move, flagged = self.session.move, list[int]()

        def moved(uids: Any, folder: str) -> dict[int, int]:
            told = move(uids, folder)
            if self.got and not flagged and folder == OUTBOX:
                flagged.append(sorted(told.values())[place])
                self.session.mail[OUTBOX][flagged[0]].flags.add(DELETED)
            return told

        with mock.patch.object(self.session, "move", moved):
            self.run_all()
        self.assertEqual(len(flagged), 1)

    def test_only_messages_that_the_provider_confirms_as_copied_are_moved_while_fetchmail_runs(self) -> None:
        self.backlog()
        copy, move, meanwhile = self.session.copy, self.session.move, list[int]()

        def half(uids: Any, folder: str) -> dict[int, int]:
            return {uid: there for uid, there in copy(uids, folder).items() if uid % 2}

        def moved(uids: Any, folder: str) -> dict[int, int]:
            if self.running and self.session.selected == "INBOX":
                meanwhile.extend(uids)
            return move(uids, folder)

        with mock.patch.object(self.session, "copy", half), mock.patch.object(self.session, "move", moved):
            self.run_all()
        self.nothing_is_missing()
        self.assertGreater(len(meanwhile), 3)
        self.assertEqual([uid for uid in meanwhile if uid % 2 == 0], [])

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

    def test_a_session_that_breaks_at_any_command_during_fetchmails_run_loses_no_message(self) -> None:
        for command in ("COPY", "FETCH", "MOVE", "SELECT", "STORE"):
            for nth in (1, 2):
                for done in (False, True):
                    self.breaking(command, nth, done)

    def breaking(self, command: str, nth: int, done: bool) -> None:
        """The nth of these commands since fetchmail delivers ends the session, before or after it is done."""
        self.setUp()
        self.backlog()
        asked = 0

        def lost(name: str) -> Callable[..., Any]:
            real = getattr(self.session, name)

            def call(*given: Any) -> Any:
                nonlocal asked
                asked += bool(self.got)
                breaks = bool(self.got) and asked == nth
                if breaks and not done:
                    raise SessionLost("connection to imap:993 lost: bye")
                answer = real(*given)
                if breaks:
                    raise SessionLost("connection to imap:993 lost: bye")
                return answer

            return call

        with (
            self.subTest(command=command, nth=nth, done=done),
            mock.patch.object(self.session, command.lower(), lost(command.lower())),
        ):
            self.run_all()
            self.nothing_is_missing()
            self.assertLessEqual(len(self.got), 20 + 3)

    def test_a_pod_that_is_killed_at_any_moment_of_fetchmails_run_loses_no_message(self) -> None:
        for at in range(1, 12):
            self.setUp()
            self.backlog()

            def trouble(_: str, __: str, ___: list[int], at: int = at) -> None:
                if self.got and not self.stop.is_set():
                    self.counted += 1
                    if self.counted == at:
                        raise Killed

            self.counted, self.session.trouble = 0, trouble
            try:
                self.run_session()
            except Killed:
                self.worker = self.made()  # a new process, which knows nothing
            self.run_all()
            with self.subTest(at=at):
                self.nothing_is_missing()

    def test_a_flag_set_in_the_inbox_at_the_move_loses_nothing_when_the_pod_is_killed_at_any_moment(self) -> None:
        for place in (0, -1):
            for at in range(1, 30):
                self.setUp()
                self.backlog()
                self.killed_at(place, at)
                self.assertLessEqual(len(self.got), 20 + 3)

    def killed_at(self, place: int, at: int) -> None:
        """Another client flags a message just before it is moved; after so many commands the pod is killed."""
        move, flagged = self.session.move, list[int]()

        def moved(uids: Any, folder: str) -> dict[int, int]:
            if self.running and self.got and self.session.selected == "INBOX" and not flagged:
                flagged.append(sorted(uids)[place])
                self.session.here[flagged[0]].flags.add(DELETED)
            return move(uids, folder)

        def killed() -> None:
            self.counted += bool(flagged)
            if self.counted == at:
                self.counted += 1
                raise Killed

        self.counted, self.during = 0, killed
        self.session.trouble = lambda *_: killed()
        with mock.patch.object(self.session, "move", moved):
            try:
                self.run_all()
            except Killed:
                self.worker, self.running = self.made(), False  # a new process, which knows nothing
                self.step = lambda: False
                self.run_all()
        self.assertEqual(len(flagged), 1)
        with self.subTest(place=place, at=at):
            self.nothing_is_missing()

    def test_what_an_earlier_pod_left_in_staging_is_delivered_whatever_flags_it_has(self) -> None:
        for name in NAMES:
            self.session.put("Fetcher-Staging", body(name), *([DELETED] if name < "m10" else []))
            self.session.put("Fetcher-Kept/2026-11-20", body(name))
        with mock.patch.object(self.worker.kept, "expire"):
            self.run_all()
        self.nothing_is_missing()
        self.assertEqual((len(self.got), self.session.names("Fetcher-Staging")), (20, []))

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

    def test_what_fetchmail_has_flagged_of_a_refilled_outbox_is_not_delivered_again_by_a_new_process(self) -> None:
        self.backlog()

        def killed() -> None:
            if len(self.got) == 12:
                raise Killed

        self.during = killed
        with self.assertRaises(Killed):
            self.run_all()
        self.during, self.worker, self.running = lambda: None, self.made(), False
        self.step = lambda: False
        self.run_all()
        self.nothing_is_missing()
        self.assertEqual(len(self.got), 20)

    def test_what_cannot_be_copied_to_the_outbox_again_is_delivered_from_the_kept_folder(self) -> None:
        self.backlog()

        def trouble(command: str, folder: str, _: list[int]) -> None:
            if command == "COPY" and folder == OUTBOX:
                raise CommandRefused("[OVERQUOTA] full")

        self.session.trouble = trouble
        self.racing(-1)
        self.nothing_is_missing()
        self.assertEqual((len(self.got), self.worker.outbox.astray), (20, []))

    def test_a_message_that_the_provider_cannot_move_does_not_stop_the_later_ones(self) -> None:
        self.backlog()

        def trouble(command: str, folder: str, uids: list[int]) -> None:
            if command == "MOVE" and folder == OUTBOX and 8 in uids:
                raise CommandRefused("[SERVERBUG] no")

        self.session.trouble = trouble
        self.run_all()
        self.nothing_is_missing()
        self.assertEqual(len(self.got), 20)

    def test_a_full_provider_during_fetchmails_run_is_left_to_the_next_round_which_makes_room(self) -> None:
        self.backlog()
        self.session.mail["Fetcher-Kept/2020-01-01"] = {}

        def trouble(command: str, _: str, __: list[int]) -> None:
            if command == "COPY" and self.got and "Fetcher-Kept/2020-01-01" in self.session.mail:
                raise CommandRefused("[OVERQUOTA] full")

        self.session.trouble = trouble
        with mock.patch.object(self.worker.kept, "expire"):
            self.run_all()
        self.nothing_is_missing()
        self.assertNotIn("Fetcher-Kept/2020-01-01", self.session.mail)


if __name__ == "__main__":
    unittest.main()
