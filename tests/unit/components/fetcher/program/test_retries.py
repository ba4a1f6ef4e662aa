"""Giving up and trying again: how long the pauses are."""

from __future__ import annotations

import unittest

from retries import Backoff, QuarantineRetry


def refused(times: int) -> Backoff:
    tries = Backoff()
    for _ in range(times):
        tries = tries.login_refused()
    return tries


def failed(times: int) -> Backoff:
    tries = Backoff()
    for _ in range(times):
        tries = tries.failed()
    return tries


class Pauses(unittest.TestCase):
    def test_a_refused_login_is_repeated_after_growing_pauses_up_to_the_limit(self) -> None:
        pauses = [refused(n).before_login(600) for n in range(1, 8)]
        self.assertEqual(pauses, [30, 60, 120, 240, 480, 600, 600])
        self.assertEqual(refused(5000).before_login(10**9), 30 * 2**9)

    def test_a_failed_round_is_repeated_soon_before_mail_has_flowed(self) -> None:
        self.assertEqual([failed(n).before_round(False, 75) for n in range(1, 10)], [0.5, 1, 2, 4, 8, 16, 32, 64, 75])

    def test_a_failed_round_is_repeated_less_soon_once_mail_has_flowed(self) -> None:
        self.assertEqual([failed(n).before_round(True, 75) for n in range(1, 7)], [4, 8, 16, 32, 64, 75])
        self.assertEqual(failed(5000).before_round(True, 10**9), 4 * 2**8)

    def test_a_working_login_resets_refusals_and_not_failures(self) -> None:
        tries = refused(3).failed()
        self.assertEqual(tries.logged_in(), Backoff(refusals=0, failures=1))
        self.assertEqual(tries.login_refused(), Backoff(refusals=4, failures=1))


class Second(unittest.TestCase):
    def test_mail_set_aside_before_a_restart_is_tried_after_a_minute(self) -> None:
        self.assertEqual(QuarantineRetry.first(1000).due, 1060)

    def test_mail_set_aside_is_tried_after_growing_pauses_up_to_the_limit(self) -> None:
        chance, pauses, now = QuarantineRetry.first(0).set_aside(0, 1800), [], 0.0
        for _ in range(7):
            pauses.append(chance.due - now)
            now = chance.due
            chance = chance.tried(now, 1800)
        self.assertEqual(pauses, [100, 100, 200, 400, 800, 1600, 1800])

    def test_mail_newly_set_aside_resets_the_pauses(self) -> None:
        chance = QuarantineRetry(5000, 1800).set_aside(3000, 1800)
        self.assertEqual(chance, QuarantineRetry(3100, 100))
        self.assertEqual(QuarantineRetry(5000, 1800).set_aside(3000, 10), QuarantineRetry(3010, 10))
