"""Whenever the session breaks or the pod is killed while fetchmail runs, no message is lost."""

from __future__ import annotations

from typing import Any, Callable
from unittest import mock

from fake_imap import body
from imap_connection import SessionLost
from refill_harness import DELETED, NAMES, Killed, Refilling


class Breaks(Refilling):
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
