"""Never more logins at the provider than it can bear."""

from __future__ import annotations

import unittest

from logins import A_MINUTE, MOST, RESERVE, Logins


class Counting(unittest.TestCase):
    def setUp(self) -> None:
        self.now = 0.0
        self.logins = Logins(lambda: self.now)

    def test_there_are_never_more_logins_than_allowed_in_any_minute(self) -> None:
        times: list[float] = []
        while self.now < 600:
            if self.logins.take() == 0:
                times.append(self.now)
            self.now += 0.5
        for start in times:
            self.assertLessEqual(sum(start <= time < start + A_MINUTE for time in times), MOST)
        self.assertEqual(self.logins.total, len(times))

    def test_optional_logins_leave_some_to_the_others(self) -> None:
        for _ in range(MOST - RESERVE):
            self.assertTrue(self.logins.spare())
            self.logins.take()
        self.assertFalse(self.logins.spare())
        self.assertEqual(self.logins.take(), 0)

    def test_a_login_beyond_the_limit_returns_how_long_to_wait(self) -> None:
        for _ in range(MOST):
            self.logins.take()
            self.now += 1
        self.assertEqual(self.logins.take(), A_MINUTE - MOST)
        self.now += A_MINUTE - MOST
        self.assertEqual(self.logins.take(), 0)
