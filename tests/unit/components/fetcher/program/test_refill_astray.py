"""What another client removes from the outbox, and cannot be put there again, is delivered all the same."""

from __future__ import annotations

import os
import shutil
from typing import Any, Callable
from unittest import mock

from astray import Astray
from imap_connection import CommandRefused, SessionLost
from quarantine import Quarantine
from refill import Place
from refill_harness import OUTBOX, Refilling
from retries import QuarantineRetry

REFUSED = "Fetcher-Refused"


def full(moves: bool) -> Callable[[str, str, list[int]], None]:
    """A provider without room for a copy, which moves a message to the folder for what was refused, or does not."""

    def trouble(command: str, folder: str, _: list[int]) -> None:
        if (command, folder) == ("COPY", OUTBOX) or ((command, folder) == ("MOVE", REFUSED) and not moves):
            raise CommandRefused("[OVERQUOTA] full")

    return trouble


class NotCopiedAgain(Refilling):
    def test_what_cannot_be_copied_to_the_outbox_again_is_delivered_from_the_kept_folder(self) -> None:
        self.backlog()

        self.session.trouble = full(moves=False)
        self.racing(-1)
        self.nothing_is_missing()
        self.assertEqual((len(self.got), self.worker.outbox.astray.places), (20, []))

    def test_what_is_moved_to_the_folder_for_what_was_refused_is_tried_at_once(self) -> None:
        self.backlog()
        self.session.trouble = full(moves=True)
        self.racing(-1)
        self.nothing_is_missing()
        self.assertEqual((len(self.got), self.session.names(REFUSED)), (20, []))
        self.assertNotIn("are put there again", self.said.getvalue())

    def test_a_copy_or_a_move_that_is_not_done_though_the_provider_says_ok_loses_no_message(self) -> None:
        for lies in ({OUTBOX}, {OUTBOX, REFUSED}):
            self.setUp()
            self.backlog()
            copy, move = self.session.copy, self.session.move

            def copied(uids: Any, folder: str, copy: Any = copy, lies: set[str] = lies) -> dict[int, int]:
                told: dict[int, int] = {} if folder in lies else copy(uids, folder)
                return told

            def moved(uids: Any, folder: str, move: Any = move, lies: set[str] = lies) -> dict[int, int]:
                told: dict[int, int] = {} if folder == REFUSED and folder in lies else move(uids, folder)
                return told

            with mock.patch.object(self.session, "copy", copied), mock.patch.object(self.session, "move", moved):
                self.racing(-1)
            self.nothing_is_missing()
            self.assertEqual((len(self.got), self.worker.outbox.astray.places), (20, []))

    def test_what_cannot_be_copied_to_the_outbox_again_survives_the_pod_with_its_volume(self) -> None:
        self.backlog()
        self.session.trouble = full(moves=True)

        def ends(*_: Any) -> None:
            self.stop.set()
            raise SessionLost("gone")

        with mock.patch.object(Quarantine, "retry", ends):
            self.racing(-1)
        self.assertEqual((self.session.names(REFUSED), self.worker.status.aside), (["m05"], 1))
        self.stop.clear()
        shutil.rmtree(os.path.join(self.home, "inbox"))
        self.worker = self.made()
        self.worker.outbox.quarantine.next_try = QuarantineRetry(0, 100)
        self.run_all()
        self.nothing_is_missing()
        self.assertEqual((len(self.got), self.session.names(REFUSED)), (20, []))

    def test_a_connection_that_is_lost_over_each_move_of_such_a_message_blocks_no_mail(self) -> None:
        self.backlog()

        def trouble(command: str, folder: str, _: list[int]) -> None:
            if command == "COPY" and folder == OUTBOX:
                raise CommandRefused("[OVERQUOTA] full")
            if command == "MOVE" and folder == REFUSED:
                raise SessionLost("gone")

        self.session.trouble = trouble
        self.racing(-1)
        self.nothing_is_missing()
        self.assertEqual((len(self.got), self.worker.outbox.astray.places), (20, []))

    def test_what_is_delivered_from_the_kept_folder_is_not_forgotten_by_a_new_process(self) -> None:
        self.backlog()

        def ends(*_: Any) -> None:
            self.stop.set()
            raise SessionLost("gone")

        self.session.trouble = full(moves=False)
        with mock.patch.object(Astray, "deliver", ends):
            self.racing(-1)
        self.assertEqual([place.validity for place in self.worker.outbox.astray.places], [self.session.validity])
        self.stop.clear()
        self.worker = self.made()
        self.run_all()
        self.nothing_is_missing()
        self.assertEqual((len(self.got), self.made().outbox.astray.places), (20, []))

    def test_of_a_kept_folder_that_is_gone_nothing_waits_for_ever(self) -> None:
        self.worker.outbox.astray.add([Place("Fetcher-Kept/2026-11-01", 7)])
        self.run_all()
        self.assertEqual(self.worker.outbox.astray.places, [])
        self.assertIn("Fetcher-Kept/2026-11-01 is gone, with 1 that", self.said.getvalue())
