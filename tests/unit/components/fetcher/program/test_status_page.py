"""The page /status, of a worker that was in a session with a provider."""

from __future__ import annotations

import contextlib
import json
import time
import unittest
from typing import Any

import health
from fake_imap import body
from imap_connection import CommandRefused
from reasons import login_refused, provider_answered
from retries import QuarantineRetry
from worker_harness import LOGIN, Harness


class StatusPage(Harness):
    def page(self) -> dict[str, Any]:
        server: Any = health.Health.__new__(health.Health)
        server.workers, server.mailbox = (self.worker,), "kinga"
        page: dict[str, Any] = json.loads(json.dumps(server.status()))
        return page

    def folder(self) -> dict[str, Any]:
        (found,) = self.page()["folders"]
        return dict(found)

    def test_the_status_page_names_the_mailbox_and_shows_a_folder_without_waiting_messages(self) -> None:
        self.session.put("INBOX", body("a"))
        self.run_session()
        page = self.page()
        self.assertEqual((page["version"], page["mailbox"], page["ready"], page["reason"]), (1, "kinga", True, ""))
        folder = self.folder()
        self.assertEqual((folder["folder"], folder["state"], folder["ready"]), ("INBOX", "idle", True))
        self.assertEqual((folder["delivered"], folder["waiting"], folder["waitingSince"]), (1, 0, None))
        self.assertAlmostEqual(folder["lastDelivery"], page["time"], delta=600)
        self.assertEqual((folder["error"], folder["lastError"], folder["loginRefused"]), ("", None, False))
        places = {"outbox": "Fetcher-Outbox", "kept": "Fetcher-Kept", "refused": "Fetcher-Refused", "separator": "/"}
        self.assertEqual((folder["folders"], folder["retention"]), (places, 7))

    def test_the_status_page_shows_that_a_folder_is_starting_until_its_first_round_is_over(self) -> None:
        folder = self.folder()
        self.assertEqual((folder["state"], folder["lastContact"], folder["lastDelivery"]), ("starting", None, None))
        self.assertEqual(self.page()["reason"], "INBOX: no contact with the provider yet")

    def test_the_status_page_shows_in_one_word_what_a_folder_does_and_since_when_messages_wait(self) -> None:
        self.run_session()
        status, now = self.worker.status, time.time()
        self.assertAlmostEqual(self.folder()["lastContact"], now, delta=600)
        status.waits(2)
        folder = self.folder()
        self.assertEqual((folder["state"], folder["waiting"]), ("delivering", 2))
        self.assertAlmostEqual(folder["waitingSince"], now, delta=600)
        for reason, state in ((login_refused("no"), "login-refused"), (provider_answered("no"), "failing")):
            with contextlib.redirect_stdout(self.said):
                self.worker.fail(reason)
            folder = self.folder()
            self.assertEqual((folder["state"], folder["error"]), (state, reason))
            self.assertEqual(folder["loginRefused"], state == "login-refused")

    def test_the_status_page_shows_which_messages_are_set_aside_and_why(self) -> None:
        self.session.put("Fetcher-Refused", body("unreadable"))
        self.refusing("BODY", "Fetcher-Refused", CommandRefused("[UNAVAILABLE] storage is offline"))
        self.worker.outbox.quarantine.next_try = QuarantineRetry(0.0, 100)
        self.run_session()
        expected = {"reason": "the provider answered [UNAVAILABLE] storage is offline", "uids": [1]}
        self.assertEqual(self.folder()["setAside"], {"count": 1, "reasons": [expected]})
        self.assertTrue(self.page()["ready"])

    def test_the_status_page_shows_which_messages_stay_and_why(self) -> None:
        self.session.put("Fetcher-Outbox", b"Subject: no return path\r\n\r\nbody\r\n")
        self.refusing("BODY", "Fetcher-Outbox", CommandRefused("[SERVERBUG] no"))
        self.run_session()
        left = self.folder()["left"]
        self.assertEqual((left["count"], left["kinds"]["provider"]), (1, 1))
        self.assertEqual(left["reasons"], [{"reason": "the provider answered [SERVERBUG] no", "uids": [1]}])
        self.assertEqual(self.folder()["state"], "failing")

    def test_the_status_page_shows_no_secret_that_a_server_repeats(self) -> None:
        words = f"LOGIN {LOGIN[0]} {LOGIN[1]} failed"
        self.session.put("Fetcher-Outbox", b"Subject: no return path\r\n\r\nbody\r\n")
        self.session.put("Fetcher-Refused", body("unreadable"))
        self.refusing("BODY", "", CommandRefused(words))
        self.worker.outbox.quarantine.next_try = QuarantineRetry(0.0, 100)
        self.run_session()
        self.worker.outbox.quarantine.reasons.append(words)
        with contextlib.redirect_stdout(self.said):
            self.worker.fail(words)
        text = json.dumps(self.page())
        self.assertEqual(text.count("LOGIN <hidden>"), 7)
        for secret in LOGIN:
            self.assertNotIn(secret, text)

    def test_the_status_page_shows_a_source_beside_the_mailbox_which_alone_decides_readiness(self) -> None:
        self.run_session()
        old = self.made("INBOX", "--source=old,imap.example.net:993,0", source=True)
        server: Any = health.Health.__new__(health.Health)
        server.workers, server.sources, server.mailbox = (self.worker,), (old,), "kinga"
        page = json.loads(json.dumps(server.status()))
        self.assertEqual((page["ready"], len(page["folders"])), (True, 1))
        ((name, (folder,)),) = [(one["source"], one["folders"]) for one in page["sources"]]
        self.assertEqual((name, folder["folder"], folder["ready"], folder["retention"]), ("old", "INBOX", False, 0))


if __name__ == "__main__":
    unittest.main()
