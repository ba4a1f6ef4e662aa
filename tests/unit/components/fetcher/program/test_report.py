"""What is reported: counts, and reasons on the monotonic clock."""

from __future__ import annotations

import contextlib
import io
import time
import unittest
from unittest import mock

from events import Event, Kind
from report import Status, unready_reason


def quietly() -> contextlib.AbstractContextManager[io.StringIO]:
    return contextlib.redirect_stdout(io.StringIO())


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Counting(unittest.TestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.status = Status("INBOX", self.clock)

    def test_each_delivered_message_is_counted_and_no_longer_waiting(self) -> None:
        self.status.waits(3)
        self.status.apply(Event(Kind.DELIVERED))
        self.assertEqual((self.status.delivered, self.status.waiting), (1, 2))
        self.assertTrue(self.status.flowed)

    def unready(self) -> str:
        self.status.contacted()
        return unready_reason(self.status, self.clock.now, 60, 300)

    def test_mail_that_waits_and_is_not_delivered_is_unready_after_a_quarter_of_an_hour(self) -> None:
        with quietly():
            self.status.fine()
        self.clock.now = 50_000.0
        for _ in range(18):  # it is said again and again how much waits
            self.status.waits(3)
            self.assertEqual(self.unready(), "")
            self.clock.now += 50
        self.clock.now += 1
        self.status.waits(3)
        self.assertEqual(self.unready(), "INBOX: 3 messages wait and none was delivered for 901 s")
        self.status.arrived()
        self.status.waits(2)
        self.assertEqual(self.unready(), "")
        self.status.waits(0)
        self.clock.now += 5000
        self.status.waits(1)
        self.assertEqual(self.unready(), "")

    def test_only_an_answer_or_a_delivery_counts_as_contact(self) -> None:
        for kind in set(Kind) - {Kind.ANSWERED, Kind.DELIVERED}:
            self.status.apply(Event(kind))
        self.assertEqual(self.status.contact, 0)
        self.status.apply(Event(Kind.ANSWERED))
        self.assertGreater(self.status.contact, 0)

    def test_the_same_problem_is_one_log_line(self) -> None:
        with quietly() as said:
            for reason in ("why", "why", "another", "another"):
                self.status.fail(reason)
            self.status.fine()
            self.status.fine()
        lines = [line.split(" ", 1)[1] for line in said.getvalue().splitlines()]
        self.assertEqual(lines, ["INBOX: why", "INBOX: another", "INBOX: mail flows again"])

    def test_a_problem_that_changes_its_reason_is_as_old_as_its_first(self) -> None:
        with quietly():
            self.status.fail("why")
            self.clock.now += 50
            self.status.fail("another")
        self.assertEqual(self.status.error_at, 1000)


class Unready(unittest.TestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.status = Status("INBOX", self.clock)
        self.status.arrived()

    def reason(self) -> str:
        return unready_reason(self.status, self.clock.now, 60, 300)

    def test_a_short_failure_is_no_problem_where_mail_has_flowed(self) -> None:
        with quietly():
            self.status.fail("why")
        self.clock.now += 60
        self.assertEqual(self.reason(), "")
        self.clock.now += 1
        self.assertEqual(self.reason(), "INBOX: why")

    def test_before_mail_has_flowed_every_failure_is_a_problem(self) -> None:
        self.status = Status("INBOX", self.clock)
        self.assertEqual(self.reason(), "INBOX: no contact with the provider yet")
        self.status.contacted()
        self.assertEqual(self.reason(), "INBOX: the first round is not over yet")
        with quietly():
            self.status.fail("why")
        self.assertEqual(self.reason(), "INBOX: why")

    def test_a_provider_that_does_not_answer_is_a_problem(self) -> None:
        self.clock.now += 300
        self.assertEqual(self.reason(), "")
        self.clock.now += 1
        self.assertEqual(self.reason(), "INBOX: no contact with the provider for 301 s")

    def test_a_fetcher_that_delivers_no_waiting_mail_is_not_ready(self) -> None:
        self.status.waits(2)
        self.clock.now += 901
        self.status.contacted()
        self.assertEqual(self.reason(), "INBOX: 2 messages wait and none was delivered for 901 s")
        self.status.arrived()
        self.assertEqual(self.reason(), "")

    def test_the_waiting_time_of_mail_counts_from_the_last_delivery(self) -> None:
        with mock.patch("time.time", lambda: 1_700_000_000.0):
            self.assertEqual(self.status.waiting_since(), 0)
            self.status.waits(2)
            self.clock.now += 100
            self.assertEqual(self.status.waiting_since(), 1_700_000_000 - 100)
            self.status.arrived()
            self.clock.now += 5
            self.assertEqual(self.status.waiting_since(), 1_700_000_000 - 5)
            self.status.arrived()
            self.assertEqual(self.status.waiting_since(), 0)

    def test_the_default_clock_is_monotonic(self) -> None:
        status = Status("INBOX")
        with quietly():
            status.fine()
            status.contacted()
            status.fail("why")
        self.assertEqual(unready_reason(status, time.monotonic() + 61, 60, 300), "INBOX: why")

    def test_the_time_of_day_does_not_change_the_report(self) -> None:
        with quietly(), mock.patch("time.time", lambda: 0.0):
            self.status.fail("why")
        self.clock.now += 61
        with mock.patch("time.time", lambda: -9e9):
            self.assertEqual(self.reason(), "INBOX: why")
