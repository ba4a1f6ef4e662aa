"""A message that the provider does not delete, and describes otherwise at each ask, comes no more often for it."""

from __future__ import annotations

import itertools
from typing import Any

from direct_delivery import Entry, Outcome
from direct_delivery_harness import Delivering
from fake_imap import FakeImap, body
from imap_connection import CommandRefused


class Changes(Delivering):
    def setUp(self) -> None:
        super().setUp()
        self.session, self.sizes = FakeImap("a"), itertools.count(20)
        self.session.select("INBOX")

    def ask(self, deletes: bool = False) -> Outcome:
        """The provider states another size each time."""
        imap: Any = self.session
        smtp: Any = self.smtp

        def finish(uid: int) -> None:
            if not deletes:
                raise CommandRefused("[LIMIT] no")
            self.session.delete([uid])

        self.now += 1000
        return self.direct.deliver(imap, smtp, [Entry(1, next(self.sizes), b"\r\n")], finish)

    def test_a_message_with_another_size_and_the_same_bytes_is_delivered_once_and_deleted_when_that_works(self) -> None:
        self.assertEqual([self.ask().delivered for _ in range(20)], [1] + [0] * 19)
        self.assertIn("delivered, and the provider refuses to delete it: [LIMIT] no", self.failures.summary())
        self.assertEqual((self.ask(deletes=True).delivered, self.session.names("INBOX")), (0, []))
        self.assertEqual(self.failures.known, {})

    def test_another_message_under_the_same_uid_is_delivered_also_if_it_comes_back(self) -> None:
        for name, delivered in (("a", 1), ("b", 1), ("a", 0), ("b", 0)):
            self.session.mail["INBOX"][1].body = body(name)
            self.assertEqual(self.ask().delivered, delivered, name)
        self.assertEqual(self.smtp.got, [body("a"), body("b")])

    def test_a_message_that_is_another_one_each_time_comes_three_times_and_is_not_deleted_undelivered(self) -> None:
        for number in range(20):
            self.session.mail["INBOX"][1].body = body(f"number {number}")
            self.ask(deletes=number > 10)
        self.assertEqual(self.smtp.got, [body(f"number {number}") for number in range(3)])
        self.assertEqual(self.session.names("INBOX"), ["number 19"])
        self.assertIn("another text each time for message UID 1", self.failures.summary())
