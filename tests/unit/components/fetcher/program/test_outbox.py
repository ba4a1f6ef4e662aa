"""The outbox is emptied by fetchmail, and message by message where fetchmail would fail."""

from __future__ import annotations

import contextlib
import io
import os
import tempfile
import threading
import unittest
from collections.abc import Iterable
from typing import Any
from unittest import mock

import fetchmail
from credentials import Login
from direct_delivery import Entry
from failures import Kind
from fake_imap import FakeImap, body
from folders import FETCHED, FOREVER, Layout
from imap_connection import CommandRefused, LostOverMessage, SessionLost
from kept_folders import KeptFolders
from logins import MOST, Logins
from options import arguments
from outbox import Outbox
from shared import Shared
from smtp_session import Rejected

LOGIN = Login("kinga@example.org", "s3cret", "kinga@example.org")
OUTBOX = "Fetcher-Outbox"


class Proxy:
    def __init__(self) -> None:
        self.target, self.active, self.awaiting = ("server", 1), 0.0, 0.0
        self.error: str | None = None


class Smtp:
    endpoint = ("mail", 25)

    def __init__(self) -> None:
        self.got: list[bytes] = []

    def deliver(self, _: str, __: int | None, pieces: Iterable[bytes]) -> None:
        message = b"".join(pieces)
        if b"refused" in message:
            raise Rejected(554, b"no", True)
        self.got.append(message)

    def close(self) -> None:
        pass


class Emptying(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        for name, value in (("address", LOGIN[0]), ("password", LOGIN[1])):
            with open(os.path.join(folder.name, name), "w", encoding="utf-8") as file:
                file.write(value)
        paths = [f"--{name}={folder.name}" for name in ("credentials", "state")]
        options = arguments(["--mailbox=kinga", "--imap=imap:993", "--sink=mail:25", "--retention=7", *paths])
        self.logins = Logins()
        self.shared = Shared(options, "INBOX", self.logins, threading.Event())
        imap: Any = Proxy()
        self.proxy = Proxy()
        proxy: Any = self.proxy
        self.outbox = Outbox(self.shared, "password @PASSWORD@", imap, proxy)
        self.smtp, self.session, self.said = Smtp(), FakeImap(), io.StringIO()
        self.session.mail[OUTBOX] = {}
        self.runs = 0
        self.takes = 99
        self.lines: list[str] = []
        self.status = 0
        self.lost: str | None = None

    def at_once(self) -> None:
        """A new process, with `retention: 0` and the state volume of the one before."""
        imap: Any = Proxy()
        proxy: Any = self.proxy
        self.shared = Shared(self.shared.options._replace(retention=0), "INBOX", self.logins, threading.Event())
        self.outbox = Outbox(self.shared, "password @PASSWORD@", imap, proxy)

    def put(self, *names: str) -> None:
        for name in names:
            self.session.put(OUTBOX, body(name))

    def fetch(self, rc: str, _home: str, on_line: Any, *_: Any) -> int:
        """fetchmail takes so many messages, says what it says, and ends."""
        self.assertEqual(rc, 'password "s3cret"')
        self.runs += 1
        box = self.session.mail[OUTBOX]
        for uid in [uid for uid, one in box.items() if r"\Deleted" in one.flags]:
            del box[uid]  # what bears the flag is expunged first
        for uid in list(box)[: self.takes]:
            self.smtp.got.append(box.pop(uid).body)
            on_line(" flushed")
        for line in self.lines:
            on_line(line)
        self.proxy.error = self.lost
        return self.status

    def empty(self, filled: bool = True) -> str:
        imap: Any = self.session
        smtp: Any = self.smtp
        with mock.patch.object(fetchmail, "run", self.fetch), contextlib.redirect_stdout(self.said):
            return self.outbox.empty(imap, smtp, Layout(), LOGIN, filled).unreachable

    def test_a_server_that_expunges_at_the_flag_is_never_emptied_by_fetchmail(self) -> None:
        self.session.expunges_at_once = True
        self.put("a", "b")
        self.assertEqual(self.empty(), "")
        self.assertEqual((self.runs, len(self.smtp.got), self.session.names(OUTBOX)), (0, 2, []))

    def test_fetchmail_empties_the_outbox_with_one_login(self) -> None:
        self.put("a", "b", "c")
        self.assertEqual(self.empty(), "")
        self.assertEqual((self.runs, self.logins.total, len(self.smtp.got)), (1, 1, 3))

    def test_what_was_left_in_the_outbox_the_day_before_is_kept_from_the_day_of_its_delivery(self) -> None:
        self.put("late")
        self.empty(filled=False)
        kept = [self.session.names(folder) for folder in self.session.mail if "Kept" in folder]
        self.assertEqual((kept, len(self.smtp.got)), ([["late"]], 1))

    def test_what_fetchmail_leaves_is_delivered_directly_even_when_fetchmail_reports_success(self) -> None:
        self.put("a", "b", "c")
        self.takes = 1
        self.empty()
        self.assertEqual((self.session.names(OUTBOX), len(self.smtp.got)), ([], 3))
        self.assertIn("INBOX: 2 delivered directly", self.said.getvalue())

    def test_a_message_without_a_plain_return_path_is_never_left_to_fetchmail(self) -> None:
        self.session.put(OUTBOX, b"Return-Path: <@relay.example:user@example.org>\r\nSubject: odd\r\n\r\nbody\r\n")
        self.empty()
        self.assertEqual((self.runs, len(self.smtp.got)), (0, 1))

    def test_while_one_message_blocks_the_outbox_fetchmail_is_not_started(self) -> None:
        self.put("bad", "a")

        def trouble(command: str, _: str, uids: list[int]) -> None:
            if command == "BODY" and uids == [1]:
                raise CommandRefused("[UNAVAILABLE] not now")

        self.session.trouble = trouble
        self.takes, self.lines = 0, ["fetchmail: IMAP< A0006 NO [UNAVAILABLE] not now"]
        self.empty()
        self.put("b", "c")
        self.empty()
        self.assertEqual((self.runs, self.session.names(OUTBOX)), (1, ["bad"]))
        self.session.trouble = lambda *_: None
        self.shared.failures.known.clear()
        self.takes = 99
        self.empty()
        self.assertEqual((self.runs, self.session.names(OUTBOX)), (2, []))

    def test_after_a_session_that_breaks_at_the_first_check_each_message_is_checked_by_itself(self) -> None:
        self.put("bad", "a")

        def trouble(command: str, _: str, uids: list[int]) -> None:
            if command == "FETCH" and 1 in uids:
                raise SessionLost("connection lost: Internal error")

        self.session.trouble = trouble
        for _ in range(2):
            with self.assertRaises(LostOverMessage):
                self.empty()
        self.empty()
        self.assertEqual((self.runs, self.session.names(OUTBOX)), (0, ["bad"]))
        self.assertEqual([f.kind for f in self.shared.failures.known.values()], [Kind.PROVIDER])

    def test_a_mail_server_that_is_not_running_is_not_tried_again_for_the_remaining_messages(self) -> None:
        self.put("a")
        self.takes, self.lost = 0, "cannot connect to mail:25: Connection refused"
        self.assertEqual(self.empty(), self.lost)
        self.assertEqual((self.smtp.got, self.session.names(OUTBOX)), ([], ["a"]))

    def test_a_mail_server_that_disconnected_during_a_message_gets_the_others_at_once(self) -> None:
        self.put("a", "b")
        self.takes, self.lost, self.status = 0, "connection to mail:25 lost: reset", 2
        self.assertEqual(self.empty(), "")
        self.assertEqual(len(self.smtp.got), 2)

    def test_when_fetchmail_may_not_log_in_the_open_session_delivers_and_fetchmail_pauses(self) -> None:
        self.put("a")
        self.takes, self.status = 0, 3
        self.lines = ["fetchmail: IMAP< A0001 NO [LIMIT] Too many connections", "fetchmail: Authorization failure on x"]
        self.empty()
        self.put("b")
        self.empty()
        self.assertEqual((self.runs, len(self.smtp.got)), (1, 2))
        self.assertIn("Too many connections", self.said.getvalue())

    def test_after_many_logins_the_open_session_delivers_instead_of_fetchmail(self) -> None:
        for _ in range(MOST):
            self.logins.take()
        self.put("a")
        self.empty()
        self.assertEqual((self.runs, len(self.smtp.got)), (0, 1))

    def test_an_image_without_fetchmail_still_delivers(self) -> None:
        self.put("a")
        imap: Any = self.session
        smtp: Any = self.smtp
        missing = FileNotFoundError("no fetchmail")
        with mock.patch.object(fetchmail, "run", side_effect=missing), contextlib.redirect_stdout(self.said):
            self.outbox.empty(imap, smtp, Layout(), LOGIN, True)
        self.assertEqual(len(self.smtp.got), 1)

    def test_a_new_process_believes_the_flag_for_deletion_of_recorded_messages_only(self) -> None:
        for uid in (self.session.put(OUTBOX, body(name), r"\Deleted") for name in ("recorded", "foreign")):
            if uid == 1:
                self.outbox.record.write(OUTBOX, b"1", [(OUTBOX, b"1", uid)])
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

    def test_an_old_password_is_redacted_too(self) -> None:
        self.shared.credentials.read()
        os.unlink(self.shared.credentials.password)
        self.assertNotIn("s3cret", self.shared.clean("who is s3cret"))

    def test_when_there_is_no_room_for_the_flag_the_oldest_kept_mail_is_deleted(self) -> None:
        self.session.mail["Fetcher-Kept/2026-11-20"] = {}
        self.session.mail["Fetcher-Kept/2026-11-21"] = {}

        def trouble(command: str, _: str, __: list[int]) -> None:
            if command == "EXPUNGE" and "Fetcher-Kept/2026-11-20" in self.session.mail:
                raise CommandRefused("[OVERQUOTA] not even for a flag")

        self.session.trouble = trouble
        self.put("one")
        self.takes = 0
        self.empty()
        self.assertEqual(self.session.names(OUTBOX), [])
        self.assertNotIn("Fetcher-Kept/2026-11-20", self.session.mail)
        self.assertIn("Fetcher-Kept/2026-11-21", self.session.mail)
        self.assertIn("deleted before its time", self.said.getvalue())

    def test_when_there_is_no_room_and_nothing_is_kept_the_providers_message_is_reported(self) -> None:
        def trouble(command: str, _: str, __: list[int]) -> None:
            if command == "EXPUNGE":
                raise CommandRefused("[OVERQUOTA] not even for a flag")

        self.session.trouble = trouble
        self.put("one")
        self.takes = 0
        self.empty()
        self.assertEqual(len(self.smtp.got), 1)
        self.assertIn("not even for a flag", self.shared.failures.summary())

    def test_thousands_of_messages_in_the_outbox_are_fetched_a_thousand_at_a_time(self) -> None:
        self.put(*(f"m{n}" for n in range(2500)))
        asked: list[int] = []

        def trouble(command: str, _: str, uids: list[int]) -> None:
            if command == "FETCH":
                asked.append(len(uids))

        self.session.trouble, self.takes = trouble, 9999
        self.empty()
        self.assertEqual((asked, self.runs, len(self.smtp.got)), ([1000, 1000, 500], 1, 2500))

    def test_an_empty_outbox_opens_no_connection(self) -> None:
        self.session.selected = "INBOX"
        self.empty(filled=False)
        self.assertEqual((self.session.selected, self.runs), ("INBOX", 0))

    def test_permanently_refused_mail_is_set_aside_and_kept_once_it_is_delivered(self) -> None:
        self.put("refused", "a")
        self.takes = 0
        for _ in range(3):
            self.shared.failures.clock = lambda: 0.0
            self.outbox.direct.before = -1
            for key, failure in list(self.shared.failures.known.items()):
                self.shared.failures.known[key] = failure._replace(last=-9e9)
            self.empty()
        self.assertEqual(self.session.names("Fetcher-Refused"), ["refused"])
        self.assertIn(
            "moved to the provider's folder Fetcher-Refused: the mail server answered 554", self.said.getvalue()
        )
        imap: Any = self.session
        smtp: Any = mock.Mock(endpoint=("mail", 25))
        smtp.deliver = lambda *_: None
        self.outbox.quarantine.next_try = self.outbox.quarantine.next_try._replace(due=0)
        with contextlib.redirect_stdout(self.said):
            self.outbox.quarantine.retry(imap, smtp, Layout())
        kept = [name for name in self.session.mail if "Kept" in name]
        self.assertEqual((self.session.names("Fetcher-Refused"), self.session.names(kept[0])), ([], ["refused"]))

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
