"""How long a worker pauses, and what ends a pause."""

from __future__ import annotations

import os
from unittest import mock

from credentials import Login
from failures import Kind
from fake_imap import body
from folders import Layout
from imap_connection import LostOverMessage
from worker import TICK
from worker_harness import LOGIN, Harness


class Pauses(Harness):
    def setUp(self) -> None:
        super().setUp()
        self.now, self.waited = 1_000_000.0, list[float]()

    def wait(self, seconds: float) -> bool:
        self.now += seconds
        self.waited.append(seconds)
        self.assertLess(len(self.waited), 1000, "the pause has no end")
        return self.stop.is_set()

    def pause(self, seconds: float, login: Login | None = LOGIN) -> float:
        self.waited.clear()
        started = self.now
        with (
            mock.patch.object(self.stop, "wait", self.wait),
            mock.patch("worker.time.monotonic", lambda: self.now),
            mock.patch("sys.stdout", self.said),
        ):
            self.worker.sleep(seconds, login)
        return self.now - started

    def test_a_pause_is_as_long_as_it_is_said_to_be_and_new_credentials_are_seen_within_a_second(self) -> None:
        for seconds in (0.1, 1, 60, 600):
            self.assertAlmostEqual(self.pause(seconds), seconds)
            self.assertLessEqual(max(self.waited), 1)
        self.assertEqual(self.said.getvalue(), "")
        self.write(os.path.join(self.home, "password"), "another")
        for _ in range(5):
            self.worker.backoff = self.worker.backoff.login_refused()
        self.assertEqual(self.pause(600), 1)
        self.assertEqual(self.worker.backoff.login_refused().before_login(600), 30, "it is a first try again")
        self.assertEqual(self.pause(5, login=None), 5)

    def test_a_pod_that_is_stopped_waits_no_longer(self) -> None:
        self.stop.set()
        self.assertLessEqual(self.pause(600), 1)

    def test_a_worker_that_pauses_is_alive(self) -> None:
        self.pause(3)
        self.assertEqual(self.worker.beat, self.now)


class Between(Harness):
    """What is between two sessions."""

    def test_while_there_were_too_many_logins_no_session_is_opened_and_the_end_of_the_pod_is_noticed(self) -> None:
        waits = list[float]()

        def sleep(seconds: float, *_: object) -> None:
            waits.append(seconds)
            if len(waits) == 2:
                self.stop.set()

        self.opens = mock.Mock(side_effect=AssertionError)
        with (
            mock.patch.object(self.logins, "take", side_effect=[5.0, 7.0]),
            mock.patch.object(self.worker, "sleep", sleep),
        ):
            self.assertEqual((self.run_session(), waits), (0.1, [5.0, 7.0]))
        self.opens.assert_not_called()
        self.assertEqual(self.worker.status.error, "")

    def test_a_session_that_is_lost_over_a_message_is_reported_once_it_is_known_which_message_it_was(self) -> None:
        with mock.patch.object(self.worker, "turn", side_effect=LostOverMessage("connection lost")):
            self.run_session()
            self.assertEqual(self.worker.status.error, "")
            self.worker.failures.note(("INBOX", b"1", 7), Kind.PROVIDER, "connection lost")
            self.run_session()
        said = "1 of the messages stay at the provider: connection lost (UID 7)"
        self.assertEqual(self.worker.status.error, said)

    def test_junk_is_looked_into_in_each_interval_or_as_soon_as_a_message_is_due(self) -> None:
        self.session.mail["Junk"] = {}
        for due, pause in ((None, 30.0), (60.0, 30.0), (10.0, 10.0), (0.0, 1.0)):
            self.worker = self.made("Junk", "--junk-sink=mail:2525", "--interval=30")
            with mock.patch.object(self.worker.failures, "next_due", lambda due=due: due):
                self.assertEqual(self.run_session(), pause)
        self.worker = self.made("Junk", "--junk-sink=mail:2525", "--interval=600")
        self.assertEqual(self.run_session(), TICK)

    def test_junk_below_the_prefix_of_the_namespace_is_fetched(self) -> None:
        self.session.put("INBOX.Junk", body("junk"))
        self.session.expunges_at_once = True  # so that it is not fetchmail that delivers
        self.worker = self.made("Junk", "--junk-sink=mail:2525")
        with mock.patch.object(self.session, "layout", lambda suffix: Layout("INBOX.", ".", suffix)):
            self.run_session()
        self.assertEqual((len(self.got), self.session.names("INBOX.Junk")), (1, []))
