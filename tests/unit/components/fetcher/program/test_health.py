"""What the outside is told."""

from __future__ import annotations

import os
import tempfile
import unittest
from typing import Any
from unittest import mock

import health
from health import Health, TerminationReason, unready_reason
from logins import Logins
from report import Status


class Worker:
    def __init__(self, folder: str, reason: str = "", flowed: bool = False) -> None:
        self.folder, self.status, self.logins = folder, Status(folder), Logins()
        self.status.left = 2
        self.status.error, self.status.flowed = reason, flowed

    def unready_reason(self) -> str:
        return f"{self.folder}: {self.status.error}" if self.status.error else ""


def workers(*made: Worker) -> Any:
    return made


class Telling(unittest.TestCase):
    def test_the_trouble_of_all_folders_is_one_line(self) -> None:
        self.assertEqual(unready_reason(workers(Worker("INBOX", "a"), Worker("Junk", "b"))), "INBOX: a; Junk: b")
        self.assertEqual(unready_reason(workers(Worker("INBOX"), Worker("Junk", "b"))), "Junk: b")

    def test_every_metric_tells_its_mailbox_and_folder(self) -> None:
        page: Any = Health.__new__(Health)
        page.workers, page.mailbox = workers(Worker("INBOX"), Worker("Junk")), "kinga"
        lines = page.metrics().splitlines()
        self.assertEqual(len(lines), 4 * len(Health.METRICS))
        self.assertIn('fetchmail_left{mailbox="kinga",folder="Junk"} 2', lines)


class Words(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.log = os.path.join(folder.name, "termination-log")
        patch = mock.patch.object(health, "TERMINATION_LOG", self.log)
        patch.start()
        self.addCleanup(patch.stop)

    def test_they_are_said_once_and_a_restart_remembers(self) -> None:
        words = TerminationReason(self.folder, first_contact=0)
        self.assertFalse(words.said())
        self.assertEqual(words.say(workers(Worker("INBOX", "why"))), "INBOX: why")
        self.assertEqual(words.say(workers(Worker("INBOX", "why"))), "")
        self.assertTrue(TerminationReason(self.folder, first_contact=0).said())
        with open(self.log, encoding="utf-8") as file:
            self.assertEqual(file.read(), "INBOX: why")

    def test_nothing_is_said_early_nor_where_mail_has_flowed_nor_where_nothing_is_wrong(self) -> None:
        self.assertEqual(TerminationReason(self.folder, first_contact=60).say(workers(Worker("INBOX", "why"))), "")
        words = TerminationReason(self.folder, first_contact=0)
        self.assertEqual(words.say(workers(Worker("INBOX", "why", flowed=True), Worker("Junk"))), "")
        self.assertEqual(os.listdir(self.folder), [])
