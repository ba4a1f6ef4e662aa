"""The state of a run of fetchmail: which state follows which event, and what follows a run."""

from __future__ import annotations

import unittest
from functools import reduce

import reasons
from events import Event, Kind
from rounds import Ended, Round, Step, apply, next_step, problem


def after(*events: Event | Kind) -> Round:
    return reduce(apply, [e if isinstance(e, Event) else Event(e) for e in events], Round())


class States(unittest.TestCase):
    def test_each_delivered_message_is_counted(self) -> None:
        self.assertEqual(after(Kind.DELIVERED, Kind.ANSWERED, Kind.DELIVERED).delivered, 2)

    def test_a_message_that_the_provider_refuses_blocks_fetchmail(self) -> None:
        state = after(Event(Kind.MESSAGE_REFUSED, words="[UNAVAILABLE] later"))
        self.assertEqual((state.stuck, state.detail), (True, "the provider answered [UNAVAILABLE] later"))
        self.assertFalse(after(Event(Kind.PROVIDER_REFUSED, words="no")).stuck)

    def test_a_refused_login_stays_refused_for_the_round(self) -> None:
        for kind in Kind:
            self.assertTrue(after(Kind.LOGIN_REFUSED, kind).refused, kind)

    def test_the_latest_reason_of_a_round_counts(self) -> None:
        state = after(Event(Kind.PROVIDER_REFUSED, words="no"), Event(Kind.MAIL_SERVER_REFUSED, words="452 later"))
        self.assertEqual(state.detail, "the mail server answered 452 later")
        self.assertEqual(apply(state, Event(Kind.TIMED_OUT, words="timeout after 60 s")).detail, "timeout after 60 s")
        self.assertEqual(apply(state, Event(Kind.SILENT, number=240)).detail, "no sign of life for 240 s")

    def test_the_providers_last_message_of_a_round_is_kept(self) -> None:
        state = after(Event(Kind.PROVIDER_LEFT, words="down for maintenance"))
        self.assertEqual(problem(state, Ended(2)), "the provider answered down for maintenance")

    def test_the_first_message_about_a_certificate_counts(self) -> None:
        why, then = (Event(Kind.CERTIFICATE_REFUSED, words=words) for words in ("it has expired", "verify failed"))
        self.assertEqual(after(why, then).detail, "the provider's certificate is not accepted: it has expired")

    def test_no_event_changes_an_earlier_state_of_a_round(self) -> None:
        before = Round(delivered=1, detail="why")
        for kind in Kind:
            apply(before, Event(kind, number=5, words="words"))
        self.assertEqual(before, Round(delivered=1, detail="why"))


class NextStep(unittest.TestCase):
    def test_when_no_message_is_left_fetchmails_exit_status_does_not_matter(self) -> None:
        for ended in (Ended(0), Ended(2, "lost"), Ended(-9, mail_server="cannot connect to mail:25: refused")):
            self.assertIs(next_step(Round(refused=True), ended, 0), Step.DONE)

    def test_what_is_left_is_delivered_directly_whatever_the_exit_status(self) -> None:
        for status in (0, 1, 2, 13, -9):
            self.assertIs(next_step(Round(), Ended(status), 1), Step.DELIVER_DIRECTLY)

    def test_after_a_mail_server_disconnected_during_a_message_the_next_one_is_tried_at_once(self) -> None:
        lost = Ended(2, mail_server="connection to mail:25 lost: reset")
        self.assertIs(next_step(Round(), lost, 1), Step.DELIVER_DIRECTLY)

    def test_a_round_waits_for_a_mail_server_that_is_not_running(self) -> None:
        away = Ended(2, mail_server=reasons.cannot_connect(("mail", 25), "Connection refused"))
        self.assertIs(next_step(Round(), away, 1), Step.WAIT_FOR_SERVER)
        self.assertEqual(problem(Round(), away), "cannot connect to mail:25: Connection refused")

    def test_a_refused_login_of_fetchmail_is_not_repeated_soon(self) -> None:
        self.assertIs(next_step(Round(refused=True), Ended(3), 1), Step.PAUSE_FETCHMAIL)

    def test_a_run_of_fetchmail_without_a_reason_is_reported_by_its_status(self) -> None:
        self.assertEqual(problem(Round(), Ended(5)), "fetchmail ended with status 5")
