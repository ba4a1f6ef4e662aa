"""Where the provider allows the fetcher's folders, and what happens where it allows none."""

from __future__ import annotations

from collect_harness import KEPT, OUTBOX, Collecting
from fake_imap import FakeImap, body
from folders import Layout
from imap_connection import CommandRefused


class Places(Collecting):
    def test_where_folders_must_be_below_the_inbox_the_kept_folders_are(self) -> None:
        session = FakeImap("a")
        self.layout = Layout(separator=".")

        def trouble(command: str, folder: str, _: list[int]) -> None:
            if command == "CREATE" and not folder.startswith("INBOX."):
                raise CommandRefused("nonexistent namespace")

        session.trouble = trouble
        self.collect(session, self.collector())
        self.assertEqual(session.names("INBOX.Fetcher-Outbox"), ["a"])
        self.assertEqual(session.names("INBOX.Fetcher-Kept.2026-11-28"), ["a"])

    def test_an_outbox_below_the_inbox_is_emptied_once_the_one_beside_it_can_be_made(self) -> None:
        session, collector = FakeImap("a"), self.collector(0)

        def trouble(command: str, folder: str, _: list[int]) -> None:
            if command == "CREATE" and not folder.startswith("INBOX/"):
                raise CommandRefused("[UNAVAILABLE] not now")

        session.trouble = trouble
        self.collect(session, collector)
        self.assertEqual(session.names("INBOX/Fetcher-Outbox"), ["a"])
        session.trouble, self.layout = lambda *_: None, Layout()
        self.collect(session, collector)
        self.assertEqual((session.names("INBOX/Fetcher-Outbox"), session.names(OUTBOX)), ([], ["a"]))

    def test_where_no_outbox_can_be_made_all_mail_is_delivered_from_the_inbox(self) -> None:
        session, collector = FakeImap("a", "b"), self.collector(0)

        def trouble(command: str, _: str, __: list[int]) -> None:
            if command == "CREATE":
                raise CommandRefused("[LIMIT] no more folders")

        session.trouble = trouble
        self.assertEqual(self.collect(session, collector).direct, (1, 2))
        self.assertIn("delivered from the inbox: [LIMIT] no more folders", self.said[0])

    def test_a_kept_folder_that_somebody_deletes_is_made_again_and_mail_goes_on_being_kept(self) -> None:
        session, collector = FakeImap("a"), self.collector()
        self.collect(session, collector)
        del session.mail[KEPT]
        session.put("INBOX", body("b"))
        with self.assertRaises(CommandRefused):
            self.collect(session, collector)
        self.collect(session, collector)
        self.assertEqual((session.names(KEPT), session.names(OUTBOX)), (["a", "b"], ["a", "b"]))
