"""A run of fetchmail, with something else done meanwhile."""

from __future__ import annotations

import threading
import unittest
from typing import Any
from unittest import mock

from credentials import Login
from fetchmail_run import FetchmailRun
from folders import Layout
from rounds import Ended, Round

LOGIN = Login("kinga@example.org", "s3cret", "kinga@example.org")


class Beside(unittest.TestCase):
    def setUp(self) -> None:
        shared: Any = mock.Mock()
        self.made = FetchmailRun(shared, "", mock.Mock(), mock.Mock())
        self.end, self.steps = threading.Event(), 0
        patch = mock.patch.object(self.made, "run", self.lasting)
        patch.start()
        self.addCleanup(patch.stop)

    def lasting(self, *_: object) -> Ended:
        self.end.wait(60)
        return Ended(1)

    def test_steps_beside_a_run_are_made_until_it_ends(self) -> None:
        def step() -> bool:
            self.steps += 1
            if self.steps == 3:
                self.end.set()
            return True

        self.assertEqual(self.made.run_beside(Layout(), LOGIN, step), Ended(1))
        self.assertGreaterEqual(self.steps, 3)

    def test_the_first_step_beside_a_run_does_not_depend_on_an_earlier_run(self) -> None:
        self.made.round = Round(delivered=3, detail="the provider answered no")
        seen = list[Round]()

        def step() -> bool:
            seen.append(self.made.round)
            self.end.set()
            return False

        self.made.run_beside(Layout(), LOGIN, step)
        self.assertEqual(seen, [Round()])

    def test_steps_beside_a_run_end_before_it_when_no_work_is_left(self) -> None:
        def step() -> bool:
            self.steps += 1
            self.end.set()
            return False

        self.assertEqual(self.made.run_beside(Layout(), LOGIN, step), Ended(1))
        self.assertEqual(self.steps, 1)

    def test_an_error_of_a_step_beside_a_run_is_raised_when_the_run_has_ended_and_not_before(self) -> None:
        ended = threading.Timer(0.05, self.end.set)

        def step() -> bool:
            ended.start()
            raise OSError("connection lost")

        with self.assertRaisesRegex(OSError, "connection lost"):
            self.made.run_beside(Layout(), LOGIN, step)
        self.assertTrue(self.end.is_set())

    def test_an_error_of_the_run_is_raised(self) -> None:
        with (
            mock.patch.object(self.made, "run", side_effect=ValueError("no fetchmail")),
            self.assertRaisesRegex(ValueError, "no fetchmail"),
        ):
            self.made.run_beside(Layout(), LOGIN, lambda: True)


if __name__ == "__main__":
    unittest.main()
