"""What a worker does at the end of a turn, and with what Junk's fetcher left."""

from __future__ import annotations

import datetime
import os
import time
from collections.abc import Iterable
from unittest import mock

import fetchmail
from fake_imap import body
from smtp_session import Unreachable
from worker_harness import LOGIN, Harness, Smtp


class Closing(Smtp):
    open = 0

    def __init__(self, got: list[bytes], down: bool = False) -> None:
        super().__init__(got)
        self.down = down
        Closing.open += 1

    def deliver(self, sender: str, size: int | None, pieces: Iterable[bytes]) -> None:
        if self.down:
            raise Unreachable("cannot connect to mail:25: Connection refused")
        super().deliver(sender, size, pieces)

    def close(self) -> None:
        Closing.open -= 1


class Ends(Harness):
    def test_each_turn_ends_its_session_at_the_mail_server_and_while_that_is_not_running_the_pauses_grow(self) -> None:
        self.session.put("INBOX", body("a"))
        self.session.expunges_at_once = True  # so that it is not fetchmail that delivers
        pauses = list[float]()

        def sleep(seconds: float, *_: object) -> None:
            pauses.append(seconds)
            if len(pauses) == 6:
                self.stop.set()

        self.mail_server = lambda *_: Closing(self.got, down=True)
        with mock.patch.object(self.worker, "sleep", sleep):
            self.run_session()
        self.assertEqual((pauses, Closing.open), (sorted(pauses), 0))
        self.assertGreater(pauses[-1], 4 * pauses[0])
        self.stop.clear()
        self.mail_server = lambda *_: Closing(self.got)
        self.run_session()
        self.assertEqual((len(self.got), Closing.open), (1, 0))

    def test_the_wait_for_new_mail_ends_when_a_message_is_to_be_tried_again(self) -> None:
        waits = list[float]()

        def idle(seconds: float, *_: object) -> None:
            waits.append(seconds)
            self.stop.set()

        for due, seconds in ((None, 60.0), (7.0, 7.0), (0.0, 1.0), (900.0, 60.0)):
            self.stop.clear()
            with (
                mock.patch.object(self.worker.failures, "next_due", lambda due=due: due),
                mock.patch.object(self.session, "idle", idle),
            ):
                self.run_session()
            self.assertEqual(waits.pop(), seconds)

    def test_an_error_without_a_text_is_told_by_its_name(self) -> None:
        self.opens = mock.Mock(side_effect=MemoryError)
        self.assertGreater(self.run_session(), 0)
        self.assertEqual(self.worker.status.error, "MemoryError")

    def test_the_login_of_a_source_goes_through_the_proxy_to_its_own_server(self) -> None:
        text = "poll @HOST@ port @IMAP@ smtphost @SMTP@ user @USER@ password @PASSWORD@"
        self.write(os.path.join(self.home, "inbox.fetchmailrc"), text)
        self.worker = self.made("INBOX", "--source=old,imap.example.net:993,7", source=True)
        self.session.put("INBOX", body("a"))
        given = list[str]()

        def fetch(rc: str, *_: object) -> int:
            given.append(rc)
            self.stop.set()
            return 0

        with mock.patch.object(self, "fetch", fetch):
            self.run_session()
        values = ["imap.example.net", "1", "127.0.0.1/1", *LOGIN[:2]]
        self.assertEqual(given[0].split()[1::2], list(map(fetchmail.quote, values)))


class Junk(Harness):
    def test_junk_which_is_looked_into_in_each_interval_may_be_silent_for_as_long(self) -> None:
        for worker, ready in ((self.made("Junk", "--junk-sink=mail:2525", "--interval=600"), 900), (self.worker, 300)):
            worker.status.contacted()
            worker.status.fine()
            for silent, reason in ((ready - 60, ""), (ready + 60, "no contact with the provider")):
                worker.status.contact_at = time.monotonic() - silent
                self.assertIn(reason, worker.unready_reason())
                self.assertEqual(bool(reason), bool(worker.unready_reason()))

    def test_while_junk_is_fetched_the_inbox_touches_none_of_its_folders(self) -> None:
        self.worker = self.made("INBOX", "--junk-sink=mail:2525")
        self.session.mail["Junk"] = {}
        for folder in ("Fetcher-Outbox-Junk", "Fetcher-Staging-Junk", "Fetcher-Refused-Junk"):
            self.session.put(folder, body(folder))
        self.run_session()
        for folder in ("Fetcher-Outbox-Junk", "Fetcher-Staging-Junk", "Fetcher-Refused-Junk"):
            self.assertEqual(self.session.names(folder), [folder])
        self.assertEqual(self.session.names("Junk"), [])

    def test_once_junk_is_fetched_no_more_what_was_kept_of_it_ends_after_its_days(self) -> None:
        self.session.clock = lambda: datetime.datetime.now(datetime.timezone.utc)
        for day in ("2020-01-01", "2999-01-01"):
            self.session.put(f"Fetcher-Kept-Junk/{day}", body(day))
        self.run_session()
        self.assertEqual([name for name in self.session.mail if "Kept" in name], ["Fetcher-Kept-Junk/2999-01-01"])
