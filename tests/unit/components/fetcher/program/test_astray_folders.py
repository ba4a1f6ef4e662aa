"""Messages whose only copies are in several kept folders: each is delivered, and none is forgotten before it is."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from typing import Any
from unittest import mock

from fake_imap import body
from folders import Layout
from imap_connection import CommandRefused
from refill import Place
from smtp_session import Rejected, Unreachable
from worker_harness import Harness, Smtp

FIRST, SECOND = "Fetcher-Kept/2020-01-01", "Fetcher-Kept/2020-01-02"


class Taking(Smtp):
    """Takes what is not named; the others it refuses for now, or it is not running."""

    def __init__(self, got: list[bytes], problem: Exception, *names: str) -> None:
        super().__init__(got)
        self.problem, self.names = problem, names

    def deliver(self, sender: str, size: int | None, pieces: Iterable[bytes]) -> None:
        message = b"".join(pieces)
        if any(name.encode() in message for name in self.names):
            raise self.problem
        super().deliver(sender, size, [message])


class Folders(Harness):
    def setUp(self) -> None:
        super().setUp()
        self.session.mail["Fetcher-Outbox"] = {}
        self.session.put(FIRST, body("a"))
        self.session.put(SECOND, body("delivered before"))
        self.session.put(SECOND, body("b"))
        self.session.put(FIRST, body("delivered before, too"))
        self.astray = self.worker.outbox.astray
        self.astray.add([Place(FIRST, 1, b"1"), Place(SECOND, 2, b"1")])

    def names(self) -> list[str]:
        return [one.split(b"Subject: ")[1].split(b"\r\n")[0].decode() for one in self.got]

    def run_once(self) -> None:
        self.stop.clear()
        self.run_session()


class Delivered(Folders):
    def test_each_is_delivered_once_in_one_turn_and_nothing_else_of_these_folders(self) -> None:
        self.run_once()
        self.run_once()
        self.assertEqual((self.names(), self.astray.places), (["a", "b"], []))
        self.assertNotIn("is gone", self.said.getvalue())

    def test_messages_with_the_same_uid_in_two_folders_are_two(self) -> None:
        self.session.put(SECOND, body("c"))
        self.session.put(FIRST, body("d"))
        self.astray.add([Place(SECOND, 3, b"1"), Place(FIRST, 3, b"1")])
        self.run_once()
        self.assertEqual(sorted(self.names()), ["a", "b", "c", "d"])

    def test_the_folder_that_is_gone_is_reported_and_the_other_ones_message_delivered(self) -> None:
        del self.session.mail[FIRST]
        self.run_once()
        self.assertEqual((self.names(), self.astray.places), (["b"], []))
        self.assertIn(f"{FIRST} is gone, with 1 that", self.said.getvalue())

    def test_a_folder_that_cannot_be_opened_now_is_reported_and_its_message_delivered_later(self) -> None:
        self.refusing("SELECT", FIRST, CommandRefused("[UNAVAILABLE] not now"))
        self.run_once()
        self.assertEqual((self.names(), self.astray.places), (["b"], [Place(FIRST, 1, b"1")]))
        self.assertIn(f"the provider refuses to open {FIRST}: [UNAVAILABLE] not now", self.said.getvalue())
        self.worker, self.session.trouble = self.made(), lambda *_: None
        self.run_once()
        self.assertEqual(self.names(), ["b", "a"])

    def test_what_the_mail_server_refuses_for_now_is_not_forgotten(self) -> None:
        self.mail_server = lambda *_: Taking(self.got, Rejected(450, b"later", False), "Subject: a")
        self.run_once()
        self.assertEqual((self.names(), self.astray.places), (["b"], [Place(FIRST, 1, b"1")]))
        self.assertIn("450 later", self.worker.status.error)

    def test_while_the_mail_server_is_not_running_nothing_is_forgotten_and_it_is_the_reason(self) -> None:
        tried = list[str]()
        select = self.session.select

        def selected(folder: str) -> None:
            tried.append(folder)
            select(folder)

        down = Unreachable("cannot connect to mail:25: Connection refused")
        self.mail_server = lambda *_: Taking(self.got, down, "Subject")
        with (
            mock.patch.object(self.worker, "sleep", lambda *_: self.stop.set()),
            mock.patch.object(self.session, "select", selected),
        ):
            self.run_once()
        self.assertEqual((self.names(), len(self.astray.places)), ([], 2))
        self.assertIn("cannot connect to mail:25", self.worker.status.error)
        self.assertNotIn(SECOND, tried, "the others wait for it")

    def test_a_copy_that_somebody_deleted_is_forgotten_so_that_its_folder_ends(self) -> None:
        del self.session.mail[FIRST][1]
        self.run_once()
        self.assertEqual((self.names(), self.astray.places, self.worker.kept.needed), (["b"], [], set()))

    def test_where_the_provider_tells_no_validity_the_message_is_delivered(self) -> None:
        with mock.patch.object(self.session, "validity", b""):
            self.run_once()
        self.assertEqual(self.names(), ["a", "b"])

    def test_without_room_on_the_state_volume_each_is_delivered_once(self) -> None:
        with mock.patch("state_file.json.dump", side_effect=OSError(28, "No space left on device")):
            self.run_once()
            self.assertEqual(self.worker.failures.known, {})
            self.run_once()
        self.assertEqual(self.names(), ["a", "b"])


class SetAside(Folders):
    """What is moved to the folder for what was refused, with a session that has any folder open."""

    def take(self, uid: int) -> bool:
        self.taken.append(self.session.names(self.session.selected or "")[0] + str(uid))
        del self.session.here[uid]
        return True

    def set_aside(self) -> None:
        imap: Any = self.session
        self.taken = list[str]()
        with contextlib.redirect_stdout(self.said):
            self.astray.set_aside(imap, self.take)

    def test_each_is_taken_from_its_own_folder_once(self) -> None:
        for before in ("Fetcher-Outbox", FIRST, SECOND):
            self.setUp()
            self.session.select(before)
            for taken in (["a1", "delivered before2"], []):
                self.set_aside()
                self.assertEqual((self.taken, self.astray.places), (taken, []))

    def test_what_cannot_be_reached_now_stays_known_and_the_other_is_taken(self) -> None:
        self.refusing("SELECT", FIRST, CommandRefused("[UNAVAILABLE] not now"))
        self.set_aside()
        self.assertEqual((self.taken, self.astray.places), (["delivered before2"], [Place(FIRST, 1, b"1")]))
        imap: Any = self.session
        self.assertEqual(self.worker.kept.existing(imap, Layout()), [FIRST, SECOND])
