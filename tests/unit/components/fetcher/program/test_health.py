"""What the outside is told."""

from __future__ import annotations

import http.client
import os
import socket
import tempfile
import time
import unittest
from types import SimpleNamespace
from typing import Any
from unittest import mock

import health
from health import Health, TerminationReason, unready_reason
from logins import Logins
from report import Status


class Worker:
    def __init__(self, folder: str, reason: str = "", flowed: bool = False, source: str = "") -> None:
        self.options = SimpleNamespace(source=source)
        self.folder, self.status, self.logins = folder, Status(folder), Logins()
        self.beat = 0.0
        self.status.left = 2
        self.status.error, self.status.flowed = reason, flowed

    def unready_reason(self) -> str:
        return f"{self.folder}: {self.status.error}" if self.status.error else ""


def workers(*made: Worker) -> Any:
    return made


class Telling(unittest.TestCase):
    def test_the_problems_of_all_folders_are_one_line(self) -> None:
        self.assertEqual(unready_reason(workers(Worker("INBOX", "a"), Worker("Junk", "b"))), "INBOX: a; Junk: b")
        self.assertEqual(unready_reason(workers(Worker("INBOX"), Worker("Junk", "b"))), "Junk: b")

    def test_every_metric_has_its_mailbox_and_folder_as_labels(self) -> None:
        page: Any = Health.__new__(Health)
        page.workers, page.mailbox = workers(Worker("INBOX"), Worker("Junk")), "kinga"
        lines = page.metrics().splitlines()
        self.assertEqual(len(lines), 4 * len(Health.METRICS))
        self.assertIn('fetchmail_left{mailbox="kinga",folder="Junk"} 2', lines)

    def test_a_source_has_metrics_of_its_own_and_does_not_decide_whether_the_pod_is_ready(self) -> None:
        page: Any = Health.__new__(Health)
        page.workers, page.mailbox = workers(Worker("INBOX")), "kinga"
        page.sources = workers(
            Worker("INBOX", "why", source="old-gmail"),
            Worker("Junk", source="old-gmail"),
            Worker("INBOX", source="isp"),
        )
        lines = page.metrics().splitlines()
        self.assertIn('fetchmail_ready{mailbox="kinga",folder="INBOX"} 1', lines)
        self.assertIn('fetchmail_source_ready{mailbox="kinga",source="old-gmail",folder="INBOX"} 0', lines)
        self.assertIn('fetchmail_source_ready{mailbox="kinga",source="isp",folder="INBOX"} 1', lines)
        self.assertEqual(len([line for line in lines if line.startswith("fetchmail_ready")]), 1)
        answers: list[tuple[int, str]] = []
        page.answer = lambda code, text, *_: answers.append((code, text))
        page.sources[0].beat = 0.0  # without a sign of life for long
        page.workers[0].beat = time.monotonic()
        for page.path in ("/ready", "/live"):
            page.do_GET()
        self.assertEqual(answers, [(200, "ok"), (200, "ok")])


class Pages(unittest.TestCase):
    def setUp(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.inbox, self.junk = Worker("INBOX"), Worker("Junk")
        for each in (self.inbox, self.junk):
            each.beat = time.monotonic()
        for name in ("workers", "sources", "mailbox", "limit"):
            patch = mock.patch.object(Health, name, getattr(Health, name))
            patch.start()
            self.addCleanup(patch.stop)
        health.serve(self.port, workers(self.inbox, self.junk), (), "kinga", 180.0)

    def page(self, path: str) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        self.addCleanup(connection.close)
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()

    def test_a_folder_without_a_sign_of_life_makes_the_liveness_probe_fail_and_is_named(self) -> None:
        self.assertEqual(self.page("/live"), (200, "ok\n"))
        self.junk.beat -= 181
        self.assertEqual(self.page("/live"), (503, "stuck: Junk\n"))

    def test_a_folder_whose_mail_does_not_flow_makes_the_readiness_page_fail_with_the_reason(self) -> None:
        self.assertEqual(self.page("/ready"), (200, "ok\n"))
        self.inbox.status.error = "why"
        self.assertEqual(self.page("/ready"), (503, "INBOX: why\n"))

    def test_each_page_is_at_its_path_and_no_other_is_there(self) -> None:
        status, text = self.page("/metrics")
        self.assertEqual((status, text.count("# TYPE")), (200, len(Health.METRICS)))
        with mock.patch.object(Health, "status", lambda _: {"ready": True}):
            self.assertEqual(self.page("/status"), (200, '{"ready": true}\n'))
        self.assertEqual(self.page("/"), (404, "no such page\n"))


class Words(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.log = os.path.join(folder.name, "termination-log")
        patch = mock.patch.object(health, "TERMINATION_LOG", self.log)
        patch.start()
        self.addCleanup(patch.stop)

    def test_a_termination_reason_is_written_once_and_a_restart_remembers_it(self) -> None:
        words = TerminationReason(self.folder, first_contact=0)
        self.assertFalse(words.said())
        self.assertEqual(words.say(workers(Worker("INBOX", "why"))), "INBOX: why")
        self.assertEqual(words.say(workers(Worker("INBOX", "why"))), "")
        self.assertTrue(TerminationReason(self.folder, first_contact=0).said())
        with open(self.log, encoding="utf-8") as file:
            self.assertEqual(file.read(), "INBOX: why")

    def test_no_termination_reason_is_written_early_or_where_mail_flows_or_without_a_problem(self) -> None:
        self.assertEqual(TerminationReason(self.folder, first_contact=60).say(workers(Worker("INBOX", "why"))), "")
        words = TerminationReason(self.folder, first_contact=0)
        self.assertEqual(words.say(workers(Worker("INBOX", "why", flowed=True), Worker("Junk"))), "")
        self.assertEqual(os.listdir(self.folder), [])
