"""The state machine of a round: which state follows which event, and what follows a round."""

from __future__ import annotations

import itertools
import unittest
from functools import reduce

import reasons
from events import Event, Kind
from rounds import Ended, Round, Step, heard, next_step, problem, unreachable, waits_in_vain

FINE = Ended(status=0, seconds=1)


def after(*events: Event | Kind) -> Round:
    return reduce(heard, [e if isinstance(e, Event) else Event(e) for e in events], Round())


class States(unittest.TestCase):
    def test_it_waits_from_the_command_to_wait_until_the_next_command(self) -> None:
        self.assertTrue(after(Kind.ASKS, Kind.WAITS).idling)
        self.assertTrue(after(Kind.WAITS, Kind.ANSWERED).idling)
        self.assertFalse(after(Kind.WAITS, Kind.ASKS).idling)

    def test_each_message_that_stays_is_counted(self) -> None:
        self.assertEqual(after(Kind.LEFT, Kind.DELIVERED, Kind.LEFT).left, 2)

    def test_where_the_rest_is_skipped_something_is_left(self) -> None:
        self.assertEqual(after(Kind.SKIPPED).left, 1)
        self.assertEqual(after(Kind.LEFT, Kind.LEFT, Kind.SKIPPED).left, 2)

    def test_nothing_but_the_courier_takes_back_that_a_message_was_left(self) -> None:
        for kind in set(Kind) - {Kind.CARRIED}:
            self.assertGreaterEqual(heard(Round(left=1), Event(kind, words="words")).left, 1, kind)
        self.assertEqual(heard(Round(left=3), Event(Kind.CARRIED, number=1)).left, 1)

    def test_a_folder_is_missing_only_while_the_last_refusal_says_so(self) -> None:
        self.assertTrue(after(Kind.NO_SUCH_FOLDER).missing)
        self.assertFalse(after(Kind.NO_SUCH_FOLDER, Kind.PROVIDER_REFUSED).missing)

    def test_a_refused_login_stays_refused(self) -> None:
        for kind in Kind:
            self.assertTrue(after(Kind.LOGIN_REFUSED, kind).refused, kind)

    def test_the_latest_reason_counts(self) -> None:
        state = after(Event(Kind.PROVIDER_REFUSED, words="no"), Event(Kind.MAIL_SERVER_REFUSED, words="452 later"))
        self.assertEqual(state.detail, "the mail server answered 452 later")
        self.assertEqual(heard(state, Event(Kind.TIMED_OUT, words="timeout after 60 s")).detail, "timeout after 60 s")
        self.assertEqual(heard(state, Event(Kind.SILENT, number=240)).detail, "no sign of life for 240 s")
        self.assertEqual(heard(state, Event(Kind.COURIER_FAILED, words="gone")).detail, "gone")

    def test_of_what_is_said_about_a_certificate_the_first_counts(self) -> None:
        why, then = (Event(Kind.CERTIFICATE_REFUSED, words=words) for words in ("it has expired", "verify failed"))
        self.assertEqual(after(why, then).detail, "the provider's certificate is not accepted: it has expired")
        self.assertEqual(after(why, Kind.ASKS, then).detail, after(why).detail)

    def test_the_courier_keeps_fetchmails_reason_when_it_has_none(self) -> None:
        left = after(Event(Kind.MAIL_SERVER_REFUSED, words="452 later"), Kind.LEFT)
        self.assertEqual(heard(left, Event(Kind.CARRIED, number=1)).detail, left.detail)
        self.assertEqual(heard(left, Event(Kind.CARRIED, number=1, words="550 no")).detail, "550 no")

    def test_no_event_changes_the_state_that_was(self) -> None:
        before = Round(left=1, detail="why")
        for kind in Kind:
            heard(before, Event(kind, number=5, words="words"))
        self.assertEqual(before, Round(left=1, detail="why"))


class Ending(unittest.TestCase):
    def test_fetchmail_that_waits_for_new_mail_while_old_mail_is_left_is_ended(self) -> None:
        self.assertTrue(waits_in_vain(Round(idling=True, left=1), 5.1))
        self.assertFalse(waits_in_vain(Round(idling=True, left=1), 5))
        self.assertFalse(waits_in_vain(Round(idling=True), 3600))
        self.assertFalse(waits_in_vain(Round(left=1), 3600))


class NextStep(unittest.TestCase):
    def test_a_long_wait_that_ended_is_waited_anew(self) -> None:
        for status in (0, 2):  # whoever hung up
            self.assertIs(next_step(Round(idling=True), Ended(status, seconds=61)), Step.WAIT_ANEW)

    def test_a_short_wait_that_ended_is_something_to_conclude(self) -> None:
        self.assertIs(next_step(Round(idling=True), Ended(2, seconds=60)), Step.CONCLUDE)

    def test_a_long_wait_that_the_network_ended_is_something_to_conclude(self) -> None:
        self.assertIs(next_step(Round(idling=True), Ended(2, 61, provider="lost")), Step.CONCLUDE)

    def test_a_refused_login_waits_whatever_else_went_wrong(self) -> None:
        for left, status, lost in itertools.product((0, 1), (0, 3), (None, "lost")):
            step = next_step(Round(refused=True, left=left), Ended(status, 100, provider=lost, mail_server=lost))
            self.assertIs(step, Step.LOG_IN_LATER)

    def test_what_fetchmail_left_is_carried_whatever_its_exit_status(self) -> None:
        for status in (0, 1, 2, 13, -9):
            self.assertIs(next_step(Round(left=1), Ended(status, 1)), Step.CARRY)
            self.assertIs(next_step(Round(left=1, idling=True), Ended(status, 100)), Step.CARRY)

    def test_nothing_is_carried_while_a_server_is_away(self) -> None:
        self.assertIs(next_step(Round(left=1), Ended(0, 1, mail_server="refused")), Step.CONCLUDE)
        self.assertIs(next_step(Round(left=1), Ended(0, 1, provider="lost")), Step.CONCLUDE)

    def test_when_all_is_fetched_there_is_nothing_to_carry(self) -> None:
        self.assertIs(next_step(Round(), FINE), Step.CONCLUDE)


class Problems(unittest.TestCase):
    def test_it_does_not_matter_who_hung_up_when_all_is_fetched(self) -> None:
        for status in (0, 1):
            self.assertIsNone(unreachable(Round(), Ended(status, 1, provider="lost", mail_server="lost")))

    def test_a_server_that_was_away_is_the_problem_when_fetchmail_failed_or_left_mail(self) -> None:
        self.assertEqual(unreachable(Round(), Ended(2, 1, provider="away", mail_server="lost")), "away")
        self.assertEqual(unreachable(Round(left=1), Ended(0, 1, mail_server="lost")), "lost")

    def test_mail_that_stays_is_a_problem_whatever_the_exit_status(self) -> None:
        for status in (0, 1, 2):
            said = problem(Round(left=2, detail="why"), Ended(status, 1), None)
            self.assertEqual(said, "2 of the messages stay at the provider: why")

    def test_a_round_that_left_nothing_and_ended_well_has_no_problem(self) -> None:
        for status in (0, 1):
            self.assertEqual(problem(Round(detail="the mail server answered 450"), Ended(status, 1), None), "")

    def test_a_folder_that_is_not_there_has_no_mail(self) -> None:
        self.assertEqual(problem(Round(missing=True, detail="no such folder"), Ended(7, 1), None), "")

    def test_a_failure_always_has_a_reason(self) -> None:
        self.assertEqual(problem(Round(detail="why"), Ended(2, 1), None), "why")
        self.assertEqual(problem(Round(), Ended(4, 1), None), reasons.fetchmail_ended(4))
        self.assertEqual(problem(Round(left=1), Ended(0, 1), "away"), "away")

    def test_a_round_in_which_a_message_stays_never_passes_for_a_good_one(self) -> None:
        for idling, refused, missing, status, seconds, lost in itertools.product(
            (False, True), (False, True), (False, True), (0, 1, 2), (1, 1000), (None, "lost")
        ):
            now, ended = Round(idling, 1, refused, missing), Ended(status, seconds, lost, lost)
            self.assertIsNot(next_step(now, ended), Step.WAIT_ANEW)
            self.assertTrue(problem(now, ended, unreachable(now, ended)))
