"""When a run of fetchmail is taken for one that hangs."""

from __future__ import annotations

import threading
import unittest
from types import SimpleNamespace
from typing import Any
from unittest import mock

from fetchmail_run import FetchmailRun
from report import Status
from tcp_proxy import LAST_ANSWER

HUNG = 60.0


class Silence(unittest.TestCase):
    def over(self, seconds: float, awaiting: bool = False) -> bool:
        shared: Any = SimpleNamespace(
            status=Status("INBOX"),
            alive=lambda: None,
            stop=threading.Event(),
            options=SimpleNamespace(hung=HUNG),
            credentials=SimpleNamespace(changed=lambda _: False),
        )
        proxy: Any = SimpleNamespace(active=0.0, awaiting=float(awaiting))
        run, login = FetchmailRun(shared, "", proxy, proxy), mock.Mock()
        with mock.patch("fetchmail_run.time.monotonic", return_value=run.spoke + seconds):
            return run.over(login)

    def test_a_fetchmail_run_that_is_silent_for_longer_than_allowed_is_ended(self) -> None:
        self.assertEqual([self.over(HUNG - 1), self.over(HUNG + 1)], [False, True])

    def test_silence_during_the_answer_to_the_last_dot_does_not_end_a_fetchmail_run(self) -> None:
        self.assertEqual([self.over(600, True), self.over(LAST_ANSWER + 1, True)], [False, True])
