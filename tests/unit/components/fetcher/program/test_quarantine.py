"""What the mail server refuses for good is set aside, kept, and tried again."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from typing import Any
from unittest import mock

from direct_delivery import Entry
from fake_imap import body
from folders import FETCHED, FOREVER, Layout
from imap_connection import CommandRefused
from kept_folders import KeptFolders
from outbox_harness import Emptying
from smtp_session import Rejected


class SetAside(Emptying):
    def test_messages_that_are_refused_for_now_do_not_block_the_ones_behind_them_in_their_folder(self) -> None:
        for number in range(40):
            self.session.put("Fetcher-Refused", body(f"later {number}"))
        self.session.put("Fetcher-Refused", body("taken"))

        def deliver(_: str, __: int, pieces: Iterable[bytes]) -> None:
            if b"later" in b"".join(pieces):
                raise Rejected(451, b"not now", True)
            self.smtp.got.append(b"taken")

        imap: Any = self.session
        smtp: Any = mock.Mock(endpoint=("mail", 25), deliver=deliver)
        for _ in range(2):
            self.outbox.quarantine.next_try = self.outbox.quarantine.next_try._replace(due=0)
            with contextlib.redirect_stdout(self.said):
                self.outbox.quarantine.retry(imap, smtp, Layout())
        self.assertEqual(self.smtp.got, [b"taken"])

    def test_a_folder_that_is_made_anew_meanwhile_loses_no_other_message_under_the_same_number(self) -> None:
        self.session.put("Fetcher-Refused", body("first"))

        def folder(*_: object) -> str:
            self.session.mail["Fetcher-Refused"] = {}
            self.session.last["Fetcher-Refused"] = 0
            self.session.put("Fetcher-Refused", body("second"))
            self.session.validity, self.session.mail["Fetcher-Kept/2026-11-28"] = b"2", {}
            return "Fetcher-Kept/2026-11-28"

        self.outbox.quarantine.next_try = self.outbox.quarantine.next_try._replace(due=0)
        imap: Any = self.session
        smtp: Any = self.smtp
        with contextlib.redirect_stdout(self.said), mock.patch.object(self.shared.kept, "folder", folder):
            self.outbox.quarantine.retry(imap, smtp, Layout())
        self.assertEqual(self.session.names("Fetcher-Refused"), ["second"])

    def test_permanently_refused_mail_is_set_aside_and_kept_once_it_is_delivered(self) -> None:
        self.put("refused", "a")
        self.takes = 0
        for _ in range(3):
            self.shared.failures.clock = lambda: 0.0
            self.outbox.direct.before = -1
            for key, failure in list(self.shared.failures.known.items()):
                self.shared.failures.known[key] = failure._replace(last=-9e9)
            self.empty()
        self.assertEqual((self.session.names("Fetcher-Refused"), self.shared.failures.known), (["refused"], {}))
        self.assertEqual(self.shared.status.aside, 1)
        self.assertEqual(self.outbox.quarantine.reasons, ["the mail server answered 554 no"])
        moved = "1 refused for good, moved to the provider's folder Fetcher-Refused: the mail server answered 554"
        self.assertIn(moved, self.said.getvalue())
        imap: Any = self.session
        smtp: Any = mock.Mock(endpoint=("mail", 25))
        smtp.deliver = lambda *_: None
        self.outbox.quarantine.next_try = self.outbox.quarantine.next_try._replace(due=0)
        with contextlib.redirect_stdout(self.said):
            self.outbox.quarantine.retry(imap, smtp, Layout())
        kept = [name for name in self.session.mail if "Kept" in name]
        self.assertEqual((self.session.names("Fetcher-Refused"), self.session.names(kept[0])), ([], ["refused"]))
        self.assertEqual((self.shared.status.aside, self.outbox.quarantine.reasons), (0, []))
        self.assertIn("1 that were set aside are delivered", self.said.getvalue())

    def test_with_forever_the_original_of_a_message_that_is_set_aside_stays_in_the_inbox(self) -> None:
        options = self.shared.options = self.shared.options._replace(retention=FOREVER)
        self.shared.kept = self.outbox.kept = KeptFolders(options.retention, self.shared.say)
        self.session.put("INBOX", body("refused"))
        self.session.select("INBOX")
        refused: list[str] = ["STORE"]

        def trouble(command: str, *_: Any) -> None:
            if command in refused:
                raise CommandRefused("[LIMIT] no")

        def mark(uid: int) -> None:
            self.session.store([uid], "+FLAGS", FETCHED)

        imap: Any = self.session
        smtp: Any = self.smtp
        self.session.trouble = trouble
        for turn in range(6):
            refused = ["STORE"] if turn < 5 else []
            self.outbox.direct.before = -1
            for key, failure in list(self.shared.failures.known.items()):
                self.shared.failures.known[key] = failure._replace(last=-9e9)
            with contextlib.redirect_stdout(self.said):
                self.outbox.deliver(imap, smtp, Layout(), [Entry(1)], mark)
        original = self.session.mail["INBOX"][1]
        self.assertEqual((original.flags, self.shared.failures.known), ({FETCHED}, {}))
        self.assertEqual(self.session.names("Fetcher-Refused"), ["refused"], "copied once, though the mark was refused")
        smtp = mock.Mock(endpoint=("mail", 25))
        smtp.deliver = lambda *_: None
        self.outbox.quarantine.next_try = self.outbox.quarantine.next_try._replace(due=0)
        with contextlib.redirect_stdout(self.said):
            self.outbox.quarantine.retry(imap, smtp, Layout())
        self.assertEqual((self.session.names("Fetcher-Refused"), self.session.names("INBOX")), ([], ["refused"]))

    def test_with_forever_a_flagged_message_that_is_set_aside_is_tried_like_the_others(self) -> None:
        self.shared.options = self.shared.options._replace(retention=FOREVER)
        self.shared.kept = self.outbox.kept = KeptFolders(FOREVER, self.shared.say)
        originals = [self.session.put("INBOX", body(f"refused {flag}"), flag) for flag in (r"\Deleted", r"\Flagged")]
        self.session.put("Fetcher-Refused", body("deleted by its owner"), r"\Deleted")
        self.session.select("INBOX")
        imap: Any = self.session
        smtp: Any = self.smtp
        self.outbox.direct.before = -1
        for _ in range(3):
            for key, failure in list(self.shared.failures.known.items()):
                self.shared.failures.known[key] = failure._replace(last=-9e9)
            with contextlib.redirect_stdout(self.said):
                entries = [Entry(uid) for uid in originals]
                self.outbox.deliver(imap, smtp, Layout(), entries, lambda uid: imap.store([uid], "+FLAGS", FETCHED))
        self.assertEqual(len(self.session.names("Fetcher-Refused")), 3)
        self.assertIn(r"\Deleted", self.session.mail["INBOX"][originals[0]].flags, "the original is its owner's")
        got: list[bytes] = []
        smtp = mock.Mock(endpoint=("mail", 25))
        smtp.deliver = lambda _, __, pieces: got.append(b"".join(pieces))
        self.outbox.quarantine.next_try = self.outbox.quarantine.next_try._replace(due=0)
        with contextlib.redirect_stdout(self.said):
            self.outbox.quarantine.retry(imap, smtp, Layout())
        self.assertEqual((len(got), self.session.names("Fetcher-Refused")), (2, ["deleted by its owner"]))

    def test_a_folder_that_cannot_be_opened_to_remove_a_flag_stops_no_other_message(self) -> None:
        originals = [self.session.put("INBOX", body(name), r"\Deleted") for name in ("refused", "taken")]
        self.session.select("INBOX")

        def trouble(command: str, folder: str, _: list[int]) -> None:
            if command == "SELECT" and folder == "Fetcher-Refused":
                raise CommandRefused("[INUSE] not now")

        self.session.trouble = trouble
        imap: Any = self.session
        smtp: Any = self.smtp
        self.outbox.direct.before = -1
        for _ in range(3):
            self.shared.failures.known = {k: f._replace(last=-9e9) for k, f in self.shared.failures.known.items()}
            with contextlib.redirect_stdout(self.said):
                here = [Entry(uid) for uid in originals if uid in self.session.mail["INBOX"]]
                self.outbox.deliver(imap, smtp, Layout(), here, lambda uid: imap.delete([uid]))
        self.assertEqual((self.session.names("Fetcher-Refused"), self.session.names("INBOX")), (["refused"], []))
        self.assertEqual(self.session.selected, "INBOX")
        self.assertIn("[INUSE] not now", self.said.getvalue())

    def retry(self) -> None:
        imap: Any = self.session
        smtp: Any = self.smtp
        with contextlib.redirect_stdout(self.said):
            self.outbox.quarantine.retry(imap, smtp, Layout())

    def due(self) -> None:
        self.outbox.quarantine.next_try = self.outbox.quarantine.next_try._replace(due=0)

    def test_what_is_set_aside_is_tried_again_when_it_is_time_and_not_before(self) -> None:
        for _ in range(2):
            self.session.put("Fetcher-Refused", body("taken"))
            self.retry()
            self.assertEqual(self.session.names("Fetcher-Refused"), ["taken"])
            self.due()
            self.retry()
            self.assertEqual(self.session.names("Fetcher-Refused"), [])

    def test_a_folder_of_refused_mail_that_cannot_be_opened_is_reported_and_stops_nothing_else(self) -> None:
        self.session.put("Fetcher-Refused", body("refused"))

        def trouble(command: str, folder: str, _: list[int]) -> None:
            if command == "SELECT" and folder == "Fetcher-Refused":
                raise CommandRefused("[INUSE] not now")

        self.session.trouble = trouble
        self.due()
        self.retry()
        self.assertIn("the provider refuses to open Fetcher-Refused: [INUSE] not now", self.said.getvalue())

    def test_of_a_folder_of_refused_mail_that_its_owner_deletes_nothing_is_reported_any_more(self) -> None:
        self.session.put("Fetcher-Refused", body("refused"))
        self.due()
        self.retry()
        self.assertEqual(self.shared.status.aside, 1)
        del self.session.mail["Fetcher-Refused"]
        self.due()
        self.retry()
        self.assertEqual((self.shared.status.aside, self.said.getvalue()), (0, ""))

    def test_a_message_that_cannot_be_set_aside_stays_and_the_providers_words_are_told(self) -> None:
        self.put("refused", "a")
        self.takes, self.outbox.direct.before = 0, -1

        def trouble(command: str, folder: str, _: list[int]) -> None:
            if command == "MOVE" and folder == "Fetcher-Refused":
                raise CommandRefused("[LIMIT] no")

        self.session.trouble = trouble
        for _ in range(3):
            self.shared.failures.known = {k: f._replace(last=-9e9) for k, f in self.shared.failures.known.items()}
            self.empty()
        self.assertEqual((len(self.shared.failures.known), self.session.names("Fetcher-Refused")), (1, []))
        self.assertIn("the provider refuses to move a message to Fetcher-Refused: [LIMIT] no", self.said.getvalue())
