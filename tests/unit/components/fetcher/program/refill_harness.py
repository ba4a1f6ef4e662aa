"""A worker whose fetchmail runs in turns with what moves mail to it."""

from __future__ import annotations

import threading
from typing import Any, Callable
from unittest import mock

from credentials import Login
from fake_imap import body
from folders import Layout
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
        self.removed = False  # whether another client has just expunged a message
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
            well = not strict or (set(gone) == ours and not self.removed)  # the provider tells of both
            ours.clear()
            self.removed = False
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

    def racing(self, place: int, after: int = 1) -> None:
        """Another client flags a message during a move to the outbox, once so many are delivered."""
        move, flagged = self.session.move, list[int]()

        def moved(uids: Any, folder: str) -> dict[int, int]:
            told = move(uids, folder)
            if len(self.got) >= after and not flagged and folder == OUTBOX:
                flagged.append(sorted(told.values())[place])
                self.session.mail[OUTBOX][flagged[0]].flags.add(DELETED)
            return told

        with mock.patch.object(self.session, "move", moved):
            self.run_all()
        self.assertEqual(len(flagged), 1)
