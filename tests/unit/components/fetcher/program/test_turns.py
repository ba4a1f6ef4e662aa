"""What a worker does in a turn while the mail server takes nothing, or not everything."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from unittest import mock

from fake_imap import body
from smtp_session import Rejected, Unreachable
from worker_harness import Harness, Smtp

OUTBOX = "Fetcher-Outbox"


class Down(Smtp):
    def deliver(self, _: str, __: int | None, ___: Iterable[bytes]) -> None:
        raise Unreachable("cannot connect to mail:25: Connection refused")


class Refusing(Smtp):
    def deliver(self, _: str, __: int | None, ___: Iterable[bytes]) -> None:
        raise Rejected(450, b"later", False)


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
