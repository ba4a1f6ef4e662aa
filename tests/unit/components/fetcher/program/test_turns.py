"""What a worker does in a turn while the mail server takes nothing, or not everything, and between its sessions."""

from __future__ import annotations

import contextlib
import itertools
import os
from collections.abc import Iterable
from typing import Any
from unittest import mock

from fake_imap import body
from imap_connection import CommandRefused
from smtp_session import Rejected, Unreachable
from worker_harness import LOGIN, Harness, Smtp

OUTBOX = "Fetcher-Outbox"


class Down(Smtp):
    def deliver(self, _: str, __: int | None, ___: Iterable[bytes]) -> None:
        raise Unreachable("cannot connect to mail:25: Connection refused")


class Refusing(Smtp):
    def deliver(self, _: str, __: int | None, ___: Iterable[bytes]) -> None:
        raise Rejected(450, b"later", False)


class RefusingForGood(Smtp):
    def deliver(self, _: str, __: int | None, ___: Iterable[bytes]) -> None:
        raise Rejected(554, b"misconfigured", True)


class Turns(Harness):
    def turns(self, mail_server: type[Smtp], *names: str) -> None:
        """A turn for each of these messages, which comes before it."""
        self.mail_server = lambda *_: mail_server(self.got)
        turn, made = self.worker.turn, 0

        def counted(*given: Any) -> tuple[bool, float]:
            nonlocal made
            made += 1
            if made > 20:
                self.stop.set()  # it would go on without a pause
            return turn(*given)

        for name in names:
            self.session.put("INBOX", body(name))
            self.stop.clear()
            with (
                mock.patch.object(self.worker, "turn", counted),
                mock.patch.object(self.worker, "sleep", lambda *_: self.stop.set()),
            ):
                self.run_session()
        self.assertLessEqual(made, 20)

    def fetch(self, *given: Any) -> int:
        if type(self.mail_server()) is Smtp:
            return super().fetch(*given)
        if type(self.mail_server()) is Down:
            self.worker.smtp.error = "cannot connect to mail:25: Connection refused"
        return 10

    def test_while_the_mail_server_is_not_running_new_mail_waits_in_the_inbox(self) -> None:
        self.turns(Down, "a", "b", "c")
        self.assertEqual((self.session.names("INBOX"), self.session.names(OUTBOX)), (["b", "c"], ["a"]))
        self.assertIn("cannot connect to mail:25", self.worker.status.error)
        self.turns(Smtp, "d")
        self.assertEqual((len(self.got), self.session.names("INBOX"), self.session.names(OUTBOX)), (4, [], []))
        self.assertEqual(self.worker.unready_reason(), "")

    def test_a_mail_server_that_takes_none_of_very_many_gets_no_more_of_them_from_the_inbox(self) -> None:
        with mock.patch("outbox.MOST", 2):
            self.turns(Refusing, *"abcd")
        self.assertEqual((len(self.session.names("INBOX")), len(self.session.names(OUTBOX))), (2, 2))
        said = "2 of the messages stay at the provider: the mail server answered 450 later (UID 1, 2)"
        self.assertEqual((self.worker.status.error, self.worker.status.waiting), (said, 2))

    def test_where_there_is_no_outbox_mail_goes_on_once_the_mail_server_runs_again(self) -> None:
        self.refusing("CREATE", "", CommandRefused("[NOPERM] no"))
        self.turns(Down, "a", "b")
        self.assertIn("cannot connect to mail:25", self.worker.status.error)
        self.turns(Smtp, "c")
        self.assertEqual((len(self.got), self.session.names("INBOX")), (3, []))
        self.assertEqual(self.worker.unready_reason(), "")

    def test_a_mail_server_that_is_not_running_is_told_of_where_only_the_inbox_has_mail(self) -> None:
        self.refusing("MOVE", OUTBOX, CommandRefused("[SERVERBUG] no"))
        self.turns(Down, "a")
        self.assertIn("cannot connect to mail:25", self.worker.status.error)
        self.assertEqual(self.session.names("INBOX"), ["a"])

    def test_what_was_set_aside_is_not_tried_while_the_mail_server_is_not_running(self) -> None:
        self.session.put("Fetcher-Refused", body("refused before"))
        quarantine = self.worker.outbox.quarantine
        quarantine.next_try = quarantine.next_try._replace(due=0)
        self.turns(Down, "a")
        self.turns(Smtp, "b")
        self.assertEqual((len(self.got), self.session.names("Fetcher-Refused")), (3, []))

    def test_while_everything_is_refused_for_good_nothing_is_set_aside_whatever_was_delivered_before(self) -> None:
        self.turns(Smtp, "before")
        now = itertools.count(0, 1000)
        self.worker.failures.clock = lambda: next(now)
        self.turns(RefusingForGood, *"abcdef")
        self.assertGreaterEqual(max(each.permanent for each in self.worker.failures.known.values()), 3)
        self.assertEqual((self.session.names("Fetcher-Refused"), self.worker.status.aside), ([], 0))
        self.turns(Smtp, "g")
        self.assertEqual(len(self.got), 8)

    def test_what_was_set_aside_is_tried_again_in_a_turn_once_it_is_time(self) -> None:
        self.session.put("Fetcher-Refused", body("refused before"))
        self.turns(Smtp, "a")
        self.assertEqual((len(self.got), self.session.names("Fetcher-Refused")), (1, ["refused before"]))
        quarantine = self.worker.outbox.quarantine
        quarantine.next_try = quarantine.next_try._replace(due=0)
        self.turns(Smtp, "b")
        self.assertEqual((len(self.got), self.session.names("Fetcher-Refused")), (3, []))


class Loops(Harness):
    def once(self) -> list[float]:
        """The pauses until the worker is told to stop, which it is in the first."""
        pauses = list[float]()

        def sleep(seconds: float, *_: object) -> None:
            pauses.append(seconds)
            self.stop.set()

        with mock.patch.object(self.worker, "sleep", sleep), contextlib.redirect_stdout(self.said):
            self.worker.forever()
        return pauses

    def test_without_a_password_no_session_is_opened_and_it_is_said(self) -> None:
        os.unlink(os.path.join(self.home, "password"))
        with mock.patch.object(self.worker, "session") as session:
            self.assertEqual(self.once(), [5])
        session.assert_not_called()
        self.assertIn("the Secret holds no address or no password", self.worker.unready_reason())

    def test_the_worker_waits_after_a_session_for_as_long_as_that_says(self) -> None:
        with mock.patch.object(self.worker, "session", return_value=7.0) as session:
            self.assertEqual(self.once(), [7.0])
        session.assert_called_once_with(LOGIN)

    def test_junk_has_folders_of_its_own(self) -> None:
        self.session.put("Junk", body("junk"))
        self.session.expunges_at_once = True  # so that it is not fetchmail that delivers
        self.worker = self.made("Junk", "--junk-sink=mail:2525")
        self.run_session()
        made = sorted(name for name in self.session.mail if name.startswith("Fetcher-"))
        self.assertEqual([name.split("/")[0] for name in made], ["Fetcher-Kept-Junk", "Fetcher-Outbox-Junk"])
        self.assertEqual(len(self.got), 1)
