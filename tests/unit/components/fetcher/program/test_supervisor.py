"""The readiness file follows the workers, and a process that cannot report ends."""

from __future__ import annotations

import os
import tempfile
import threading
import time
import unittest
from typing import Any
from unittest import mock

import fetchmail
import health
import supervisor
from options import arguments
from report import Status


class Worker:
    def __init__(self) -> None:
        self.folder, self.reason, self.status = "INBOX", "", Status("INBOX")
        self.backoff: Any = None

    def unready_reason(self) -> str:
        return self.reason


class Watching(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.state, self.file = folder.name, os.path.join(folder.name, "trouble")
        self.worker, self.done, self.returned = Worker(), threading.Event(), list[str]()
        self.first_contact = 3600

    def watch(self) -> threading.Thread:
        """Starts to watch one worker, whose thread lasts until it is done."""
        paths = ["--mailbox=kinga", "--imap=imap:993", "--sink=mail:25", "--retention=7", f"--state={self.state}"]
        options = arguments([*paths, f"--first-contact={self.first_contact}"])
        work = threading.Thread(target=self.done.wait)
        workers: Any = [self.worker]
        thread = threading.Thread(target=lambda: self.returned.append(supervisor.watch(options, workers, [work])))
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(self.done.set)
        return thread

    def eventually(self, text: str | None) -> None:
        until = time.monotonic() + 60
        while self.read() != text:
            self.assertLess(time.monotonic(), until, f"{self.read()!r} and never {text!r}")
            time.sleep(0.01)

    def read(self) -> str | None:
        try:
            with open(self.file, encoding="utf-8") as file:
                return file.read()
        except FileNotFoundError:
            return None

    def test_the_health_file_says_why_mail_does_not_flow_and_is_empty_when_it_does(self) -> None:
        self.worker.reason = "INBOX: no contact with the provider yet"
        thread = self.watch()
        self.eventually("INBOX: no contact with the provider yet\n")
        self.worker.reason = ""
        self.eventually("")
        self.done.set()
        thread.join()
        self.assertEqual(self.returned, [""])

    def test_when_the_health_file_cannot_be_written_it_is_removed_and_the_process_ends_with_the_reason(self) -> None:
        thread = self.watch()
        self.eventually("")
        with mock.patch.object(health, "write", side_effect=OSError(28, "No space left on device")):
            self.worker.reason = "INBOX: something"
            thread.join(60)
        self.assertEqual(self.returned, ["cannot write to the state volume: No space left on device"])
        self.assertIsNone(self.read())

    def test_a_mailbox_that_was_never_fetched_ends_the_pod_once_and_the_next_process_tries_less_often(self) -> None:
        self.first_contact = 0
        self.worker.status.error = "the provider refuses the login: no"
        log = os.path.join(self.state, "termination-log")
        with mock.patch.object(health, "TERMINATION_LOG", log):
            self.watch().join(60)
            self.assertEqual(
                self.returned,
                ["ended once, to leave the reason where pulumi up shows it: INBOX: the provider refuses the login: no"],
            )
            self.assertIsNone(self.worker.backoff)
            thread = self.watch()
            self.done.set()
            thread.join(60)
        self.assertEqual(self.worker.backoff.refusals, 2)
        self.assertEqual(self.returned[1:], [""])


class Sources(unittest.TestCase):
    def test_each_source_has_proxies_files_and_a_count_of_logins_of_its_own(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        with open(os.path.join(folder.name, "source.fetchmailrc"), "w", encoding="utf-8") as file:
            file.write("poll @HOST@ service @IMAP@ smtphost @SMTP@")
        paths = [f"--{name}={folder.name}" for name in ("program", "state", "credentials")]
        options = arguments([
            "--mailbox=kinga", "--imap=imap:993", "--sink=mail:25", "--retention=7", *paths,
            "--source=trouble,imap.example.net:993,forever", "--source=isp,::1:1993,0,mail:2525",
        ])  # fmt: skip
        workers = supervisor.source_workers(options, threading.Event())
        self.assertEqual([w.options.title(w.folder) for w in workers], ["trouble INBOX", "isp INBOX", "isp Junk"])
        first, inbox, junk = workers
        self.assertEqual((first.options.retention, inbox.options.retention), ("forever", 0))
        self.assertEqual((first.imap.target, inbox.imap.target), (("imap.example.net", 993), ("::1", 1993)))
        self.assertEqual((inbox.smtp.target, junk.smtp.target), (("mail", 25), ("mail", 2525)))
        self.assertIs(inbox.logins, junk.logins)
        self.assertIsNot(inbox.logins, first.logins)
        self.assertEqual(len({proxy.port for w in workers for proxy in (w.imap, w.smtp)}), 6)
        written = first.outbox.flags.record.file.folder
        self.assertEqual(written, os.path.join(folder.name, "sources", "trouble", "inbox"))
        self.assertIn(fetchmail.quote(str(first.imap.port)), first.outbox.fetchmail.template)
        # Junk of before is looked after where it is fetched no more, at the source as at the provider.
        self.assertEqual([w.junk is not None for w in workers], [True, False, False])


if __name__ == "__main__":
    unittest.main()
