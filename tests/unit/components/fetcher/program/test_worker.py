"""A round from fetchmail's first line to the pause after it."""

from __future__ import annotations

import contextlib
import io
import os
import tempfile
import threading
import unittest
from typing import Any
from unittest import mock

import fetchmail
from courier import Swept
from options import arguments
from retries import Tries
from worker import Worker

PAIR = ("kinga@example.org", "s3cret")
LOGIN = 'fetchmail: IMAP> A0001 LOGIN "kinga@example.org" *'
COMES = "2 messages for kinga@example.org at imap.example.org (folder INBOX)."


class Relay:
    def __init__(self) -> None:
        self.target, self.error, self.active = ("server", 1), "from the round before", 0.0


class WithWorker(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        for name, value in (("address", PAIR[0]), ("password", PAIR[1]), ("rc", "password @PASSWORD@")):
            with open(os.path.join(folder.name, name), "w", encoding="utf-8") as file:
                file.write(value)
        paths = [f"--{name}={folder.name}" for name in ("credentials", "state")]
        options = arguments(["--mailbox=kinga", "--imap=imap:993", "--sink=mail:25", *paths])
        self.imap, self.sink = Relay(), Relay()
        imap: Any = self.imap
        sink: Any = self.sink
        self.worker = Worker(options, "INBOX", os.path.join(folder.name, "rc"), imap, sink, threading.Event())
        self.pauses: list[float] = []
        self.swept: Swept | Exception = Swept(0, 0, 0, "")
        self.sweeps: list[tuple[Any, ...]] = []
        self.said = io.StringIO()

    def sweep(self, *args: Any) -> Swept:
        self.sweeps.append(args)
        if isinstance(self.swept, Exception):
            raise self.swept
        return self.swept

    def round(self, *lines: str, status: int = 0, imap: str | None = None, sink: str | None = None) -> bool:
        """One round in which fetchmail says these lines."""

        def run(rc: str, _home: str, hear: Any, _over: Any, _stop: Any) -> int:
            self.assertEqual((rc, self.imap.error, self.sink.error), ('password "s3cret"', None, None))
            for line in lines:
                hear(line)
            self.imap.error, self.sink.error = imap, sink  # type: ignore[assignment]
            return status

        def sleep(seconds: float, _: object = None) -> None:
            self.pauses.append(seconds)

        with (
            mock.patch.object(fetchmail, "run", run),
            mock.patch.object(self.worker, "sleep", sleep),
            mock.patch.object(self.worker.courier, "sweep", self.sweep),
            contextlib.redirect_stdout(self.said),
        ):
            return self.worker.fetch(PAIR)


class Rounds(WithWorker):
    def test_all_is_fetched(self) -> None:
        self.assertTrue(self.round(LOGIN, COMES, " flushed", " flushed", status=0))
        status = self.worker.status
        self.assertEqual((status.delivered, status.waiting, status.rounds, status.error), (2, 0, 1, ""))
        self.assertEqual((self.sweeps, self.pauses, self.worker.trouble()), ([], [0.2], ""))

    def test_what_fetchmail_left_is_carried_though_it_says_that_all_went_well(self) -> None:
        self.swept = Swept(1, 0, 0, "")
        self.assertTrue(self.round(COMES, " not flushed", " flushed", status=0))
        self.assertEqual(self.sweeps, [(PAIR, "INBOX", "Fetcher-Refused")])
        self.assertIn("INBOX: 1 carried by the courier", self.said.getvalue())

    def test_what_stays_is_told_and_tried_again_ever_more_rarely(self) -> None:
        self.swept = Swept(0, 2, 0, "452 4.3.1 disk full")
        for _ in range(3):
            self.assertFalse(self.round(COMES, "fetchmail: SMTP error: 452 4.3.1 disk full", " not flushed"))
        said = "2 of the messages stay at the provider: the mail server answered 452 4.3.1 disk full"
        self.assertEqual(self.worker.status.error, said)
        self.assertEqual(self.said.getvalue().count(said), 1)
        self.assertEqual(self.pauses, [0.5, 1, 2])

    def test_while_the_mail_server_is_away_nothing_is_carried(self) -> None:
        self.assertFalse(self.round(COMES, " not flushed", sink="cannot connect to mail:25: Connection refused"))
        self.assertEqual(self.sweeps, [])
        self.assertEqual(self.worker.status.error, "cannot connect to mail:25: Connection refused")

    def test_a_courier_that_cannot_work_leaves_the_message_counted(self) -> None:
        self.swept = OSError("connection to imap:993 lost: for kinga@example.org")
        self.assertFalse(self.round(COMES, " not flushed", " flushed"))
        said = "1 of the messages stay at the provider: connection to imap:993 lost: for <hidden>"
        self.assertEqual((self.worker.round.left, self.worker.status.error), (1, said))

    def test_a_refused_login_is_asked_ever_more_rarely_until_it_is_taken(self) -> None:
        refused = (LOGIN, "fetchmail: IMAP< A0001 NO wrong s3cret", "fetchmail: Authorization failure on kinga")
        for _ in range(3):
            self.assertFalse(self.round(*refused, status=3))
        self.assertEqual(self.pauses, [30, 60, 120])
        self.assertEqual(
            self.worker.status.error, "the provider refuses the login: the provider answered wrong <hidden>"
        )
        self.assertTrue(self.round(LOGIN, status=1))
        self.assertEqual(self.worker.tries, Tries())

    def test_what_is_set_aside_is_told_and_gets_a_second_chance(self) -> None:
        self.swept = Swept(0, 0, 1, "554 5.6.0 no")
        due = self.worker.second_chance.due
        self.assertTrue(self.round(COMES, " flushed", " not flushed"))
        self.assertEqual(self.worker.status.aside, 1)
        self.assertGreater(self.worker.second_chance.due, due)
        self.assertIn(
            "moved to the provider's folder Fetcher-Refused: the mail server answered 554", self.said.getvalue()
        )

    def test_nothing_of_a_round_is_carried_over_to_the_next(self) -> None:
        self.swept = Swept(0, 1, 0, "")
        self.round(COMES, "fetchmail: IMAP< A0002 NO Mailbox doesn't exist", " not flushed")
        self.assertTrue(self.round(COMES, " flushed", " flushed"))
        self.assertEqual((self.worker.round.left, self.worker.round.missing, self.worker.round.detail), (0, False, ""))


class Watching(WithWorker):
    def test_a_run_goes_on_while_there_is_a_sign_of_life(self) -> None:
        self.imap.active = self.worker.spoke
        self.assertFalse(self.worker.over(PAIR))

    def test_a_run_without_a_sign_of_life_is_over(self) -> None:
        self.worker.spoke -= 241
        self.imap.active = self.sink.active = self.worker.spoke
        self.assertTrue(self.worker.over(PAIR))
        self.assertEqual(self.worker.round.detail, "no sign of life for 241 s")

    def test_a_run_with_old_credentials_or_that_is_to_stop_is_over(self) -> None:
        self.assertTrue(self.worker.over((PAIR[0], "another")))
        self.worker.stop.set()
        self.assertTrue(self.worker.over(PAIR))
