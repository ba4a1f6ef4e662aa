"""Whose flag for deletion it is: fetchmail's means delivered, another client's does not."""

from __future__ import annotations

import os
from typing import Any
from unittest import mock

from fake_imap import body
from folders import Layout
from imap_connection import CommandRefused, SessionLost
from outbox_harness import OUTBOX, Emptying


class Flags(Emptying):
    def test_a_new_process_believes_the_flag_for_deletion_of_recorded_messages_only(self) -> None:
        for uid in (self.session.put(OUTBOX, body(name), r"\Deleted") for name in ("recorded", "foreign")):
            if uid == 1:
                self.outbox.flags.record.write(OUTBOX, b"1", [(OUTBOX, b"1", uid)])
        self.empty(filled=False)
        self.assertEqual([b"foreign" in one for one in self.smtp.got], [True])
        self.assertEqual(self.session.names(OUTBOX), [])

    def test_fetchmail_is_not_started_while_the_flag_of_another_client_stays_on(self) -> None:
        for refuses in (True, False):
            with self.subTest(refuses=refuses):
                self.setUp()
                self.session.put(OUTBOX, body("flagged"), r"\Deleted")
                self.put("other")

                def store(_: Any, change: str, __: str, refuses: bool = refuses) -> None:
                    if change == "-FLAGS" and refuses:
                        raise CommandRefused("[LIMIT] not now")

                self.session.store = store  # type: ignore[method-assign,assignment]
                self.empty()
                self.assertEqual((self.runs, len(self.smtp.got), self.session.names(OUTBOX)), (0, 2, []))
                told = "the provider refuses to take the flag for deletion off" in self.said.getvalue()
                self.assertEqual(told, refuses)

    def test_without_uidplus_what_fetchmail_has_flagged_is_not_delivered_again(self) -> None:
        self.session.uidplus = False
        self.put("flagged", "left")

        def fetch(*_: Any) -> int:
            self.runs += 1
            first = min(self.session.mail[OUTBOX])
            self.smtp.got.append(self.session.mail[OUTBOX][first].body)
            self.session.mail[OUTBOX][first].flags.add(r"\Deleted")
            return 2

        self.fetch = fetch  # type: ignore[method-assign,assignment]
        for _ in range(3):
            self.empty(filled=False)
        self.assertEqual((self.runs, len(self.smtp.got), self.session.names(OUTBOX)), (1, 2, []))

    def test_a_message_that_arrives_in_the_outbox_flagged_as_deleted_is_delivered(self) -> None:
        self.empty(filled=False)
        for takes in (99, 0):
            self.takes = takes
            self.session.put(OUTBOX, body(f"flagged {takes}"), r"\Deleted")
            self.empty()
        self.assertEqual((len(self.smtp.got), self.session.names(OUTBOX)), (2, []))

    def test_what_fetchmail_has_flagged_when_the_session_broke_is_not_delivered_again(self) -> None:
        self.empty(filled=False)
        self.put("a")
        self.takes, select = 0, self.session.select

        def fetch(*_: Any) -> int:
            self.session.here[1].flags.add(r"\Deleted")
            self.session.select = mock.Mock(side_effect=SessionLost("gone"))  # type: ignore[method-assign]
            return 2

        self.fetch = fetch  # type: ignore[method-assign,assignment]
        with self.assertRaises(SessionLost):
            self.empty()
        self.session.select = select  # type: ignore[method-assign]
        self.empty()
        self.assertEqual((self.smtp.got, self.session.names(OUTBOX)), ([], []))

    def test_with_zero_a_new_process_delivers_what_another_client_has_flagged(self) -> None:
        record = os.path.join(self.shared.options.state, "inbox", "outbox.json")
        os.makedirs(os.path.dirname(record))
        other = '{"folder": "Fetcher-Outbox", "validity": "2", "uids": [1, 2, 3, 4, 5, 6]}'
        for number, text in enumerate((None, "", "[]", '{"uids": 1}', other)):
            if text is not None:
                with open(record, "w", encoding="utf-8") as file:
                    file.write(text)
            self.at_once()
            self.session.put(OUTBOX, body("foreign"), r"\Deleted")
            self.empty(filled=False)
            self.assertEqual((len(self.smtp.got), self.session.names(OUTBOX)), (number + 1, []), text)
            os.unlink(record)

    def flag(self, *uids: int) -> None:
        """fetchmail flags these, and the session breaks."""
        select, fetch = self.session.select, self.fetch

        def run(*_: Any) -> int:
            for uid in uids:
                self.session.here[uid].flags.add(r"\Deleted")
            self.session.select = mock.Mock(side_effect=SessionLost("gone"))  # type: ignore[method-assign]
            return 2

        self.fetch = run  # type: ignore[method-assign,assignment]
        with self.assertRaises(SessionLost):
            self.empty()
        self.session.select, self.fetch = select, fetch  # type: ignore[method-assign]

    def test_with_zero_a_new_process_does_not_deliver_again_what_fetchmail_has_flagged(self) -> None:
        self.at_once()
        self.put("a", "b")
        self.flag(1, 2)
        self.session.put(OUTBOX, body("foreign"), r"\Deleted")
        self.at_once()
        self.empty(filled=False)
        self.assertEqual((self.smtp.got, self.session.names(OUTBOX)), ([body("foreign")], []))

    def test_with_zero_a_recorded_message_that_another_client_flags_in_a_new_process_is_delivered(self) -> None:
        self.at_once()
        self.put("a")
        self.flag()
        self.at_once()
        imap: Any = self.session
        self.outbox.know_delivered(imap, Layout())
        self.session.mail[OUTBOX][1].flags.add(r"\Deleted")
        self.empty(filled=False)
        self.assertEqual((self.smtp.got, self.session.names(OUTBOX)), ([body("a")], []))

    def test_with_zero_a_new_process_knows_of_delivered_mail_that_an_earlier_run_of_fetchmail_left(self) -> None:
        self.at_once()
        self.session.trouble = self.refuse_to_expunge
        for name, flagged in (("a", True), ("b", False)):
            self.put(name)

            def run(*_: Any, flagged: bool = flagged) -> int:
                for one in self.session.here.values() if flagged else ():
                    one.flags.add(r"\Deleted")
                return 2

            fetch, self.fetch = self.fetch, run  # type: ignore[method-assign,assignment]
            self.empty()
            self.fetch = fetch  # type: ignore[method-assign]
        self.at_once()
        self.empty(filled=False)
        self.assertNotIn(body("a"), self.smtp.got)

    @staticmethod
    def refuse_to_expunge(command: str, *_: Any) -> None:
        if command == "EXPUNGE":
            raise CommandRefused("[LIMIT] no")

    def test_a_delivered_message_that_was_flagged_and_not_deleted_goes_when_the_provider_deletes_again(self) -> None:
        def trouble(command: str, _: str, uids: list[int]) -> None:
            if command == "EXPUNGE":
                self.session.here[uids[0]].flags.add(r"\Deleted")
                raise CommandRefused("[LIMIT] no")

        odd = b"Subject: not for fetchmail\r\n\r\nbody\r\n"
        self.session.trouble = trouble
        self.session.put(OUTBOX, odd)
        self.empty()
        self.session.trouble = lambda *_: None
        self.empty(filled=False)
        self.assertEqual((self.smtp.got, self.session.names(OUTBOX)), ([odd], []))

    def test_with_zero_a_message_flagged_during_fetchmails_run_without_a_check_is_delivered(self) -> None:
        self.at_once()
        self.put("a")

        def run(*_: Any) -> int:
            self.session.here[1].flags.add(r"\Deleted")
            self.session.put(OUTBOX, body("foreign"), r"\Deleted")
            return 0

        fetch, self.fetch = self.fetch, run  # type: ignore[method-assign,assignment]
        self.empty()
        self.fetch = fetch  # type: ignore[method-assign]
        self.empty()
        self.assertEqual((self.smtp.got, self.session.names(OUTBOX)), ([body("foreign")], []))

    def test_with_zero_what_cannot_be_deleted_is_not_delivered_again_by_a_new_process(self) -> None:
        def trouble(command: str, _: str, uids: list[int]) -> None:
            if command == "EXPUNGE":
                for uid in uids:
                    self.session.here[uid].flags.add(r"\Deleted")
                raise CommandRefused("[LIMIT] no")

        odd = b"Subject: not for fetchmail\r\n\r\nbody\r\n"
        self.session.trouble = trouble
        self.at_once()
        self.session.put(OUTBOX, odd)
        for _ in range(3):
            self.empty()
            self.at_once()
        self.assertEqual((self.smtp.got, self.runs), ([odd], 0))

    def test_with_zero_a_session_that_breaks_at_the_deletion_causes_no_second_delivery_by_a_new_process(self) -> None:
        def trouble(command: str, *_: Any) -> None:
            if command == "EXPUNGE":
                self.session.here[1].flags.add(r"\Deleted")
                raise SessionLost("gone")

        self.at_once()
        self.session.trouble = trouble
        self.session.put(OUTBOX, odd := b"Subject: not for fetchmail\r\n\r\nbody\r\n")
        with self.assertRaises(SessionLost):
            self.empty()
        self.session.trouble = lambda *_: None
        self.at_once()
        self.empty(filled=False)
        self.assertEqual((self.smtp.got, self.session.names(OUTBOX)), ([odd], []))

    def test_with_a_full_state_volume_the_providers_refusal_to_delete_is_what_is_reported(self) -> None:
        self.session.trouble = self.refuse_to_expunge
        self.session.put(OUTBOX, b"Subject: not for fetchmail\r\n\r\nbody\r\n")
        with mock.patch.object(os, "replace", side_effect=OSError(28, "No space left on device")):
            self.empty()
        self.assertIn("the provider refuses to delete it: [LIMIT] no", self.shared.failures.summary())

    def test_with_zero_a_pod_that_stops_deletes_what_fetchmail_has_flagged(self) -> None:
        self.at_once()
        self.put("a", "b")

        def run(*_: Any) -> int:
            self.session.here[1].flags.add(r"\Deleted")
            self.shared.stop.set()
            return 2

        self.fetch = run  # type: ignore[method-assign,assignment]
        self.empty()
        self.assertEqual((self.smtp.got, self.session.names(OUTBOX)), ([], ["b"]))

    def test_with_zero_a_full_state_volume_is_reported_before_any_message_is_fetched(self) -> None:
        self.at_once()
        self.put("a")
        full = OSError(28, "No space left on device")
        with mock.patch.object(os, "replace", side_effect=full), self.assertRaisesRegex(OSError, "state volume: No"):
            self.empty()
        self.assertEqual((self.runs, self.session.names(OUTBOX)), (0, ["a"]))

    def test_what_is_recorded_is_of_the_outbox_as_it_is_and_of_no_other_folder(self) -> None:
        keys = [("INBOX", b"1", 5), (OUTBOX, b"2", 6), (OUTBOX, b"1", 7)]
        record = self.outbox.flags.record
        record.write(OUTBOX, b"1", keys)
        flagged = {(OUTBOX, b"1", uid) for uid in (5, 6, 7)}
        self.assertEqual(record.delivered(flagged | set(keys)), {(OUTBOX, b"1", 7)})
