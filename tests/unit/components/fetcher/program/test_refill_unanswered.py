"""What moves mail to a running fetchmail gets half an answer or none, or cannot put back what was taken out again."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from typing import Any
from unittest import mock

from fake_imap import body
from folders import Layout
from imap_connection import CommandRefused, SessionLost
from refill import Place, Refill
from refill_harness import OUTBOX, Refilling

LOST = "connection to imap:993 lost: timed out"


class Unanswered(Refilling):
    def test_where_the_provider_tells_only_some_uids_of_what_it_moved_no_message_is_lost(self) -> None:
        for told_of in range(3):
            with self.subTest(told_of=told_of):
                self.setUp()
                self.backlog()
                move = self.session.move

                def half(uids: Any, folder: str, move: Any = move, told_of: int = told_of) -> dict[int, int]:
                    told: dict[int, int] = move(uids, folder)
                    partly = folder == OUTBOX and self.running
                    return dict(list(told.items())[:told_of]) if partly else told

                with mock.patch.object(self.session, "move", half):
                    self.run_all()
                self.nothing_is_missing()
                self.assertEqual((len(self.got), self.worker.status.last_error), (20, ""))

    def test_what_is_still_in_staging_after_a_lost_session_is_delivered_once(self) -> None:
        self.backlog()
        move, lost = self.session.move, 0

        def breaks(uids: Iterable[int], folder: str) -> dict[int, int]:
            nonlocal lost
            if folder == OUTBOX and self.running and self.got and not lost:
                lost += 1
                raise SessionLost(LOST)
            return move(uids, folder)

        with mock.patch.object(self.session, "move", breaks):
            self.run_all()
        self.assertEqual(lost, 1)
        self.nothing_is_missing()
        self.assertEqual(len(self.got), 20)


class NotPutBack(Refilling):
    def test_a_connection_that_is_lost_over_each_copy_back_blocks_no_mail(self) -> None:
        self.backlog()
        lost = 0

        def trouble(command: str, folder: str, _: list[int]) -> None:
            nonlocal lost
            if (command, folder) == ("COPY", OUTBOX):
                lost += 1
                raise SessionLost(LOST)
            if (command, folder) == ("MOVE", "Fetcher-Refused"):
                raise CommandRefused("[OVERQUOTA] full")

        self.session.trouble = trouble
        self.racing(-1)
        self.nothing_is_missing()
        self.assertEqual((lost, len(self.got), self.worker.outbox.astray.places), (3, 20, []))
        said = f"the provider refuses to copy a message from {self.kept_today()} again: {LOST}"
        self.assertIn(said, self.said.getvalue())

    def kept_today(self) -> str:
        return next(folder for folder in self.session.mail if "Kept" in folder)

    def test_what_is_in_two_kept_folders_is_copied_back_from_its_own_and_what_is_refused_is_told(self) -> None:
        first, second = "Fetcher-Kept/2026-11-28", "Fetcher-Kept/2026-11-29"
        for folder, names in ((first, "abc"), (second, "def")):
            for name in names:
                self.session.put(folder, body(name))
        places = [Place(first, 1), Place(second, 2), Place(first, 3), Place(second, 3)]
        for refused, put in ((), ["a", "c", "e", "f"]), ((first,), ["e", "f"]), ((first, second), []):
            self.session.mail[OUTBOX] = {}
            imap: Any = self.session
            refill = Refill(self.worker.collector, imap, "INBOX", Layout())

            def trouble(command: str, _: str, __: list[int], refused: tuple[str, ...] = refused) -> None:
                if command == "COPY" and self.session.selected in refused:
                    raise CommandRefused("[OVERQUOTA] full")

            self.session.trouble = trouble
            with contextlib.redirect_stdout(self.said):
                left = refill.restore(imap, places)
            self.assertEqual(self.session.names(OUTBOX), put)
            self.assertEqual(left, [each._replace(validity=b"1") for each in sorted(places) if each.folder in refused])
        self.refusing("SELECT", first, CommandRefused("[UNAVAILABLE] not now"))
        with contextlib.redirect_stdout(self.said):
            self.assertEqual(refill.restore(imap, places[:1]), places[:1], "its validity is unknown")
