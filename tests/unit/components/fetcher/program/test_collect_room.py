"""At a full provider, kept mail makes room for new mail, and undelivered mail never does."""

from __future__ import annotations

from typing import Any

from collect import Collected
from collect_harness import KEPT, OUTBOX, Collecting
from fake_imap import FakeImap, body
from folders import FOREVER
from imap_connection import CommandRefused


class Full(Collecting):
    def full_while(self, session: FakeImap, folders: int, *commands: str) -> None:
        def trouble(command: str, _: str, __: list[int]) -> None:
            kept = [name for name in session.mail if "Kept" in name and session.mail[name]]
            if command in commands and len(kept) > folders:
                raise CommandRefused("[OVERQUOTA] Quota exceeded")

        session.trouble = trouble

    def test_at_a_full_provider_the_oldest_kept_mail_is_deleted_first_and_reported(self) -> None:
        session = FakeImap("a")
        for day in ("2026-11-26", "2026-11-25", "2026-11-27"):
            session.put(f"Fetcher-Kept/{day}", body("old"))
        self.full_while(session, 1, "COPY", "CREATE")
        self.assertEqual(self.collect(session, self.collector()).moved, 1)
        self.assertEqual([n for n in session.mail if "Kept" in n], ["Fetcher-Kept/2026-11-27", KEPT])
        self.assertEqual(len([text for text in self.said if "oldest" in text]), 2)

    def test_with_forever_earlier_kept_mail_is_never_deleted_for_room(self) -> None:
        session = FakeImap("a")
        session.put("Fetcher-Kept/2026-11-25", body("kept"))
        self.full_while(session, 0, "COPY", "CREATE")
        self.collect(session, self.collector(FOREVER))
        self.assertEqual(session.names("Fetcher-Kept/2026-11-25"), ["kept"])

    def test_when_no_kept_mail_is_left_to_delete_new_mail_is_delivered_and_not_kept(self) -> None:
        session = FakeImap("a")

        def trouble(command: str, folder: str, _: list[int]) -> None:
            if command in ("COPY", "CREATE") and "Kept" in folder:
                raise CommandRefused("[OVERQUOTA] Quota exceeded")

        session.trouble = trouble
        self.assertEqual(self.collect(session, self.collector()), Collected(1, (), False))
        self.assertEqual(session.names(OUTBOX), ["a"])
        self.assertIn("new mail is not kept", self.said[-1])

    def test_when_there_is_no_room_even_for_a_move_mail_is_delivered_from_the_inbox(self) -> None:
        session = FakeImap("a", "b")

        def trouble(command: str, _: str, __: list[int]) -> None:
            if command in ("COPY", "MOVE"):
                raise CommandRefused("Quota exceeded (mailbox for user is full)")

        session.trouble = trouble
        self.assertEqual(self.collect(session, self.collector()).direct, (1, 2))

    def test_an_old_kept_folder_that_the_provider_does_not_delete_leaves_the_next_one_to_make_room(self) -> None:
        session = FakeImap("a")
        for day in ("2026-11-25", "2026-11-26"):
            session.put(f"Fetcher-Kept/{day}", body("old"))

        def trouble(command: str, folder: str, _: list[int]) -> None:
            if command == "DELETE" and folder.endswith("25"):
                raise CommandRefused("[INUSE] no")
            if command == "COPY" and "Fetcher-Kept/2026-11-26" in session.mail:
                raise CommandRefused("[OVERQUOTA] Quota exceeded")

        session.trouble = trouble
        self.collect(session, self.collector())
        self.assertEqual((session.names(KEPT), session.names(OUTBOX)), (["a"], ["a"]))

    def test_when_the_days_own_kept_folder_makes_room_it_is_made_again_for_new_mail(self) -> None:
        session, collector = FakeImap("a"), self.collector()
        self.collect(session, collector)
        session.mail[OUTBOX].clear()  # it is delivered
        session.put("INBOX", body("b"))
        self.full_while(session, 0, "COPY")
        self.collect(session, collector)
        self.assertEqual((session.names(KEPT), session.names(OUTBOX)), (["b"], ["b"]))

    def test_undelivered_mail_is_never_deleted_for_room(self) -> None:
        session = FakeImap("a")
        session.put(OUTBOX, body("waiting"))
        session.put("Fetcher-Refused", body("refused"))

        def trouble(command: str, _: str, __: list[int]) -> None:
            if command in ("COPY", "MOVE", "CREATE"):
                raise CommandRefused("[OVERQUOTA]")

        session.trouble = trouble
        self.collect(session, self.collector())
        self.assertEqual((session.names(OUTBOX), session.names("Fetcher-Refused")), (["waiting"], ["refused"]))


class Room(Collecting):
    def test_kept_mail_is_deleted_when_mail_delivered_from_the_inbox_finds_no_room_to_be_deleted(self) -> None:
        session, collector = FakeImap("a"), self.collector()
        session.put("Fetcher-Kept/2026-11-21", body("old"))

        def trouble(command: str, _: str, __: list[int]) -> None:
            if command == "EXPUNGE" and "Fetcher-Kept/2026-11-21" in session.mail:
                raise CommandRefused("[OVERQUOTA] Quota exceeded")

        session.trouble = trouble
        session.select("INBOX")
        imap: Any = session
        collector.finish(imap, self.layout)(1)
        self.assertEqual(list(session.mail.items()), [("INBOX", {})])
