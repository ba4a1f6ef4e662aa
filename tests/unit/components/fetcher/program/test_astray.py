"""A message of which the copy in a kept folder is the only one, until it is delivered."""

from __future__ import annotations

import contextlib
import json
import os
from typing import Any
from unittest import mock

from astray import Astray
from fake_imap import body
from folders import Layout
from imap_connection import SessionLost
from kept_folders import Full
from refill import Place
from smtp_session import Rejected
from worker_harness import Harness, Smtp

OLD = "Fetcher-Kept/2020-01-01"


class OnlyCopies(Harness):
    def setUp(self) -> None:
        super().setUp()
        self.session.mail["Fetcher-Outbox"] = {}
        self.uids = [self.session.put(OLD, body(name)) for name in ("first", "second")]
        self.worker.outbox.astray.add([Place(OLD, uid) for uid in self.uids])

    def names(self) -> list[str]:
        return [one.split(b"Subject: ")[1].split(b"\r\n")[0].decode() for one in self.got]

    def test_a_folder_with_an_undelivered_message_does_not_expire_also_for_a_new_process(self) -> None:
        imap: Any = self.session
        self.session.clock = self.worker.kept.clock.clock
        for _ in range(2):
            self.worker.kept.expire(imap, Layout())
            self.assertIn(OLD, self.session.mail)
            self.worker = self.made()
        self.run_session()
        self.assertEqual((self.names(), OLD in self.session.mail), (["first", "second"], False))

    def test_a_folder_with_an_undelivered_message_is_not_deleted_to_free_space(self) -> None:
        self.session.put("Fetcher-Kept/2020-01-02", body("delivered"))
        imap: Any = self.session
        with contextlib.redirect_stdout(self.said):
            self.assertEqual(self.worker.kept.free(imap, Layout()), "Fetcher-Kept/2020-01-02")
        with self.assertRaises(Full):
            self.worker.kept.free(imap, Layout())
        self.assertEqual(self.session.names(OLD), ["first", "second"])

    def test_a_message_that_ends_the_session_does_not_bring_the_delivered_ones_again(self) -> None:
        def trouble(command: str, folder: str, uids: list[int]) -> None:
            if command == "BODY" and folder == OLD and uids == [self.uids[1]]:
                raise SessionLost("gone")

        self.session.trouble = trouble
        self.run_session()
        self.assertEqual(self.names(), ["first"])
        self.worker, self.session.trouble = self.made(), lambda *_: None
        self.run_session()
        self.assertEqual(self.names(), ["first", "second"])

    def renumber(self, validity: bytes) -> None:
        """The messages of all folders get other UIDs."""
        self.session.validity = validity
        box = self.session.mail[OLD]
        self.session.mail[OLD] = {uid + 10: one for uid, one in box.items()}

    def test_of_a_folder_with_other_uids_by_now_everything_is_delivered_once(self) -> None:
        imap: Any = self.session
        astray = self.worker.outbox.astray
        astray.set([place._replace(validity=b"1") for place in astray.places[:1]])
        self.renumber(b"2")
        astray.set_aside(imap, mock.Mock(side_effect=AssertionError))
        for _ in range(2):
            self.stop.clear()
            self.run_session()
        self.assertEqual((self.names(), astray.places), (["first", "second"], []))
        self.assertIn(f"{OLD} was made anew, with 1 that were not delivered", self.said.getvalue())

    def test_of_a_folder_with_other_uids_what_is_not_delivered_yet_is_known_to_a_new_process(self) -> None:
        self.worker.outbox.astray.set([Place(OLD, 1, b"1")])
        self.renumber(b"2")

        def trouble(command: str, folder: str, uids: list[int]) -> None:
            if command == "BODY" and folder == OLD and uids == [12]:
                raise SessionLost("gone")

        self.session.trouble = trouble
        self.run_session()
        self.worker, self.session.trouble = self.made(), lambda *_: None
        self.run_session()
        self.assertEqual(self.names(), ["first", "second"])

    def test_of_a_folder_with_other_uids_no_failure_of_the_old_ones_is_reported_for_ever(self) -> None:
        def rejects(*_: Any) -> None:
            raise Rejected(450, b"later", False)

        self.worker.outbox.astray.set([Place(OLD, uid, b"1") for uid in self.uids])
        with mock.patch.object(Smtp, "deliver", rejects):
            self.run_session()
        self.assertEqual(len(self.worker.failures.known), 2)
        self.renumber(b"2")
        self.stop.clear()
        self.run_session()
        self.assertEqual((self.names(), self.worker.failures.known), (["first", "second"], {}))

    def test_a_folder_whose_uids_are_others_at_each_look_is_not_delivered_again_and_again(self) -> None:
        astray = self.worker.outbox.astray
        for validity in (b"2", b"3", b"4"):
            astray.set([Place(OLD, 1, b"1")])
            self.renumber(validity)
            self.stop.clear()
            self.run_session()
        self.assertEqual((self.names(), astray.places), (["first", "second"], []))
        self.assertIn(f"{OLD} is gone, with 1 that", self.said.getvalue())

    def test_a_message_that_somebody_deletes_before_it_is_accepted_is_not_reported_for_ever(self) -> None:
        for gone in (lambda: self.session.mail[OLD].clear(), lambda: self.session.mail.pop(OLD)):
            self.setUp()

            def rejects(*_: Any) -> None:
                raise Rejected(450, b"later", False)

            with mock.patch.object(Smtp, "deliver", rejects):
                self.run_session()
            self.assertIn("2 of the messages stay", self.worker.status.error)
            gone()
            self.stop.clear()
            self.run_session()
            self.assertEqual((self.worker.status.error, self.worker.failures.known), ("", {}))

    def test_a_folder_that_is_only_not_listed_is_not_gone(self) -> None:
        with mock.patch.object(self.session, "exists", lambda folder: folder != OLD and folder in self.session.mail):
            self.run_session()
        self.assertEqual(self.names(), ["first", "second"])


class Files(Harness):
    def test_a_file_that_makes_no_sense_stops_no_mail(self) -> None:
        folder = os.path.join(self.home, "inbox")
        os.makedirs(folder, exist_ok=True)
        nested = "[" * 100_000
        for text in ("", "{", "5", "[5]", '{"ab": 1}', '[["x", Infinity]]', '[["x", "y"]]', "\0" * 100, nested):
            for name in ("astray.json", "outbox.json"):
                self.write(os.path.join(folder, name), text)
            shared = self.made().shared
            self.assertEqual((Astray(shared).places, shared.kept.needed), ([], set()), text[:20])
            record = self.made().outbox.flags.record
            self.assertEqual(record.delivered({("Fetcher-Outbox", b"1", 1)}), set(), text[:20])
        self.write(os.path.join(folder, "astray.json"), json.dumps([["x", 5, "1"], ["y"]]))
        self.assertEqual(self.made().outbox.astray.places, [Place("x", 5, b"1")])

    def test_what_is_delivered_from_a_kept_folder_is_on_the_disk_before_it_counts_as_written(self) -> None:
        synced, replace = list[str](), os.replace

        def sync(number: int) -> None:
            synced.append(os.readlink(f"/proc/self/fd/{number}"))

        def renamed(old: str, new: str) -> None:
            synced.append("renamed")
            replace(old, new)

        with mock.patch("os.fsync", sync), mock.patch("os.replace", renamed):
            self.worker.outbox.astray.add([Place(OLD, 1, b"1")])
        folder = os.path.join(self.home, "inbox")
        self.assertEqual(synced, [os.path.join(folder, "astray.json.new"), "renamed", folder])
