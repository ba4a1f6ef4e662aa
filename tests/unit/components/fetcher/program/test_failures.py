"""What is known of messages that could not be delivered: each for itself."""

from __future__ import annotations

import unittest

from failures import Failures, Kind


class Knowing(unittest.TestCase):
    def setUp(self) -> None:
        self.now = 1000.0
        self.failures = Failures(lambda: self.now)

    def test_a_failed_message_is_tried_again_after_growing_pauses(self) -> None:
        key, pauses = ("Outbox", b"1", 7), []
        for _ in range(8):
            self.failures.note(key, Kind.PROVIDER, "why")
            pauses.append(self.failures.next_due())
        self.assertEqual(pauses, [15, 30, 60, 120, 240, 480, 900, 900])
        self.assertFalse(self.failures.due(key))
        self.now += 900
        self.assertTrue(self.failures.due(key))

    def test_a_message_without_a_failure_is_due(self) -> None:
        self.assertTrue(self.failures.due(("Outbox", b"1", 7)))
        self.assertIsNone(self.failures.next_due())

    def test_each_failed_message_has_its_own_reason(self) -> None:
        for uid, reason in ((7, "a"), (8, "b"), (9, "a")):
            self.failures.note(("Outbox", b"1", uid), Kind.REJECTED, reason)
        self.assertEqual(self.failures.summary(), "a (UID 7, 9); b (UID 8)")

    def test_a_reason_that_names_its_message_does_not_name_it_twice(self) -> None:
        self.failures.note(
            ("Outbox", b"1", 17), Kind.PROVIDER, "the provider returned 0 of 4,404 bytes of message UID 17"
        )
        self.assertEqual(self.failures.summary(), "the provider returned 0 of 4,404 bytes of message UID 17")

    def test_a_long_list_of_reasons_is_cut(self) -> None:
        for uid in range(20):
            self.failures.note(("Outbox", b"1", uid), Kind.REJECTED, f"reason {uid % 5}")
        self.assertTrue(self.failures.summary().endswith("; and 2 other reasons"))

    def test_a_message_is_permanently_rejected_after_three_permanent_refusals_while_others_get_through(self) -> None:
        key = ("Outbox", b"1", 7)
        for kind in (Kind.PERMANENT, Kind.REJECTED, Kind.PERMANENT):
            self.assertFalse(self.failures.note(key, kind, "no", before=5).permanently_rejected(6))
        last = self.failures.note(key, Kind.PERMANENT, "no", before=9)
        self.assertTrue(last.permanently_rejected(6))
        self.assertFalse(last.permanently_rejected(5))

    def test_a_failure_of_a_removed_message_is_forgotten_and_no_other_is(self) -> None:
        for key in (("Outbox", b"1", 7), ("Outbox", b"1", 8), ("INBOX", b"1", 7)):
            self.failures.note(key, Kind.STAYS, "why")
            self.failures.remember(key)
        self.failures.keep_only("Outbox", b"1", [8])
        self.assertEqual(set(self.failures.known), {("Outbox", b"1", 8), ("INBOX", b"1", 7)})
        self.assertFalse(self.failures.handed_over(("Outbox", b"1", 7)))
        self.failures.keep_only("Outbox", b"2", [8])  # the folder was made anew
        self.assertEqual(set(self.failures.known), {("INBOX", b"1", 7)})

    def test_what_fails_in_another_folder_is_not_of_this_one(self) -> None:
        keys = [("Outbox", b"1", 7), ("INBOX", b"1", 7)]
        for key in keys:
            self.failures.note(key, Kind.PROVIDER, "why")
        self.assertEqual(list(self.failures.of("Outbox")), keys[:1])

    def test_what_was_handed_over_is_known_by_its_size_where_both_sizes_are_known(self) -> None:
        key = ("Outbox", b"1", 7)
        for remembered, asked, known in (
            (None, None, True),
            (None, 10, True),
            (10, None, True),
            (10, 10, True),
            (10, 11, False),
        ):
            self.failures.remember(key, remembered)
            self.assertEqual(self.failures.handed_over(key, asked), known, (remembered, asked))
        self.assertFalse(self.failures.handed_over(("Outbox", b"2", 7)))

    def test_a_message_that_was_tried_a_few_times_only_is_not_taken_for_unreadable(self) -> None:
        key = ("Outbox", b"1", 7)
        for times in range(1, 6):
            self.failures.note(key, Kind.PROVIDER, "why")
            self.now += 100_000
            self.assertEqual(self.failures.unreadable(key, 9) is not None, times == 5, times)
