"""What is set aside at a provider that has no MOVE, or none that works, and refuses to delete: it is copied once."""

from __future__ import annotations

import contextlib
from typing import Any
from unittest import mock

from fake_imap import body
from folders import Layout
from imap_connection import CommandRefused
from outbox_harness import OUTBOX, Emptying
from refill import Place

REFUSED, KEPT = "Fetcher-Refused", "Fetcher-Kept"


class Copies(Emptying):
    def setUp(self) -> None:
        super().setUp()
        self.takes, self.outbox.direct.before, self.now = 0, -1, 0.0
        self.session.moves, self.refused = False, {"EXPUNGE"}
        self.session.trouble = self.trouble
        self.shared.failures.clock = self.outbox.quarantine.failures.clock = lambda: self.now

    def trouble(self, command: str, _: str, uids: list[int]) -> None:
        if command in self.refused:
            raise CommandRefused("[LIMIT] no")
        if command == "BODY" and b"unreadable" in self.session.here[uids[0]].body:
            raise CommandRefused("[UNAVAILABLE] no")
        if command == "BODY" and b"changes" in self.session.here[uids[0]].body:
            self.session.here[uids[0]].body += b"and more\r\n"

    def rounds(self, count: int = 12) -> None:
        for _ in range(count):
            self.now += 1000
            self.empty()

    def retry(self, count: int = 1) -> None:
        imap: Any = self.session
        smtp: Any = self.smtp
        for _ in range(count):
            self.now += 1000
            self.outbox.quarantine.next_try = self.outbox.quarantine.next_try._replace(due=0)
            with contextlib.redirect_stdout(self.said):
                self.outbox.quarantine.retry(imap, smtp, Layout())

    def kept(self) -> list[str]:
        return [name for folder in self.session.mail if KEPT in folder for name in self.session.names(folder)]

    def test_it_is_copied_once_and_taken_away_as_soon_as_that_works(self) -> None:
        for name in ("refused", "unreadable"):
            self.setUp()
            self.put(name)
            self.rounds()
            self.assertEqual((self.session.names(REFUSED), self.session.names(OUTBOX)), ([name], [name]))
            self.assertEqual((self.shared.status.aside, self.said.getvalue().count("folder Fetcher-Refused: ")), (1, 1))
            self.assertIn("what was refused, and the provider refuses to take it away: [LIMIT] no (UID 1)", self.reason)
            self.refused = set()
            self.rounds(1)
            self.assertEqual((self.session.names(REFUSED), self.session.names(OUTBOX)), ([name], []))
            self.assertEqual(self.shared.failures.known, {})

    @property
    def reason(self) -> str:
        return self.shared.failures.summary()

    def test_the_copy_of_a_flagged_one_is_tried_like_the_others(self) -> None:
        self.put("refused")
        self.session.mail[OUTBOX][1].flags.add(r"\Deleted")
        self.session.select(OUTBOX)
        imap: Any = self.session
        with contextlib.redirect_stdout(self.said):
            self.outbox.quarantine.take(imap, Layout(), 1, "no", lambda uid: self.session.delete([uid]))
        self.assertEqual([one.flags for one in self.session.mail[REFUSED].values()], [set()])

    def test_one_whose_text_changes_is_copied_once_and_then_delivered_from_the_outbox_no_more(self) -> None:
        self.put("changes")
        self.rounds(20)
        self.assertEqual(self.session.names(REFUSED), ["changes"])
        self.assertLessEqual(len(self.smtp.got), 3)

    def test_what_another_client_removed_from_the_outbox_is_delivered_once(self) -> None:
        imap: Any = self.session
        smtp: Any = self.smtp
        day = f"{KEPT}/2026-11-28"
        self.session.put(day, body("taken"))
        self.outbox.astray.add([Place(day, 1, b"1")])
        with contextlib.redirect_stdout(self.said):
            self.outbox.astray.set_aside(imap, lambda uid: self.outbox.set_aside(imap, Layout(), uid))
            for _ in range(3):
                self.now += 1000
                self.outbox.deliver_astray(imap, smtp, Layout())
        self.assertEqual((len(self.smtp.got), self.outbox.astray.places, self.shared.failures.known), (0, [], {}))
        self.refused = set()
        self.retry()
        self.assertEqual((self.smtp.got, self.session.names(REFUSED)), ([body("taken")], []))

    def test_a_move_that_leaves_the_message_where_it_was_is_not_believed_and_not_repeated(self) -> None:
        self.put("refused")
        self.session.moves, move = True, self.session.copy
        with mock.patch.object(self.session, "move", move):
            self.rounds()
        self.assertEqual((self.session.names(REFUSED), self.session.names(OUTBOX)), (["refused"], ["refused"]))
        self.assertIn("554 no", self.reason)
        self.assertIn("it says that a message is moved, and it is still there", self.said.getvalue())

    def test_what_is_delivered_from_there_is_delivered_once_and_kept_once(self) -> None:
        self.session.put(REFUSED, body("taken"))
        self.retry(10)
        self.assertEqual((len(self.smtp.got), self.kept(), self.session.names(REFUSED)), (1, ["taken"], ["taken"]))
        self.refused = set()
        self.retry()
        self.assertEqual((len(self.smtp.got), self.kept(), self.session.names(REFUSED)), (1, ["taken"], []))

    def test_a_delivered_one_leaves_it_also_where_a_move_does_nothing(self) -> None:
        self.session.put(REFUSED, body("taken"))
        self.session.moves, self.refused = True, set()
        with mock.patch.object(self.session, "move", lambda *_: {}):
            self.retry(3)
        self.assertEqual((len(self.smtp.got), self.kept(), self.session.names(REFUSED)), (1, ["taken"], []))
