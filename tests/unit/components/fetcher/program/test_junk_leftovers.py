"""What a junk folder leaves behind once it is no longer fetched."""

from __future__ import annotations

from typing import Any

from collect_harness import OUTBOX, Collecting
from fake_imap import FakeImap, body
from junk_leftovers import JunkLeftovers


class Junk(Collecting):
    def leftovers(self, session: FakeImap) -> None:
        self.collector()
        junk, imap = JunkLeftovers(self.kept, self.said.append), session
        given: Any = imap
        junk.give_back(given, self.layout)
        session.clock = self.clock
        junk.expire(given, self.layout)

    def test_what_is_left_of_a_junk_folder_that_is_no_longer_fetched_goes_back_to_it(self) -> None:
        session = FakeImap()
        session.put("Junk", body("there"))
        session.put("Fetcher-Outbox-Junk", body("waiting"))
        session.put("Fetcher-Outbox-Junk", body("delivered"), r"\Deleted")
        session.put("Fetcher-Refused-Junk", body("refused"))
        session.put("Fetcher-Kept-Junk/2026-11-20", body("old"))
        session.put("Fetcher-Kept-Junk/2026-11-21", body("kept"))
        self.leftovers(session)
        self.assertEqual(session.names("Junk"), ["there", "waiting", "refused"])
        self.assertEqual([name for name in session.mail if "Kept" in name], ["Fetcher-Kept-Junk/2026-11-21"])
        self.assertIn("1 from Fetcher-Outbox-Junk moved back to Junk, which is not fetched any more", self.said)

    def test_mail_of_a_junk_folder_that_no_longer_exists_is_delivered(self) -> None:
        session = FakeImap()
        session.mail[OUTBOX] = {}
        session.put("Fetcher-Outbox-Junk", body("waiting"))
        self.leftovers(session)
        self.assertEqual(session.names(OUTBOX), ["waiting"])

    def test_what_a_provider_copies_and_does_not_delete_is_not_copied_in_each_session(self) -> None:
        session = FakeImap(moves=False)
        session.mail[OUTBOX] = {}
        session.put("Fetcher-Outbox-Junk", body("waiting"))
        session.trouble = self.refuse("EXPUNGE")
        self.collector()
        junk, imap = JunkLeftovers(self.kept, self.said.append), session
        given: Any = imap
        for _ in range(5):
            junk.give_back(given, self.layout)
        self.assertEqual(session.names(OUTBOX), ["waiting"], "from there it is delivered")

    def test_a_provider_that_refuses_the_return_to_the_junk_folder_stops_no_delivery(self) -> None:
        session = FakeImap()
        session.mail["Junk"] = {}
        session.put("Fetcher-Outbox-Junk", body("waiting"))
        session.trouble = self.refuse("MOVE")
        self.leftovers(session)
        self.assertEqual(session.names("Fetcher-Outbox-Junk"), ["waiting"])
        self.assertIn("the provider refuses to empty Fetcher-Outbox-Junk", self.said[0])
