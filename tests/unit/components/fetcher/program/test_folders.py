"""Where the fetcher's folders are, and which of them have had their time."""

from __future__ import annotations

import datetime
import unittest

from folders import FOREVER, Layout, copied_uids, internal_date, retention, set_parts, uid_set, uids_in

DAY = datetime.date(2026, 11, 28)


class Names(unittest.TestCase):
    def test_folder_names_have_the_namespaces_prefix_and_separator(self) -> None:
        place = Layout("INBOX.", ".", "-Junk")
        self.assertEqual(place.outbox, "INBOX.Fetcher-Outbox-Junk")
        self.assertEqual(place.refused, "INBOX.Fetcher-Refused-Junk")
        self.assertEqual(place.kept(DAY), "INBOX.Fetcher-Kept-Junk.2026-11-28")
        self.assertEqual(Layout().kept(DAY), "Fetcher-Kept/2026-11-28")
        self.assertEqual(Layout(separator="").kept(DAY), "Fetcher-Kept-2026-11-28")

    def test_a_kept_folder_is_recognized_by_its_name_and_no_other_folder_is(self) -> None:
        place = Layout("INBOX.", ".")
        self.assertEqual(place.kept_day("INBOX.Fetcher-Kept.2026-11-28"), DAY)
        self.assertEqual(place.kept_day("INBOX.Fetcher-Kept-2026-11-28"), DAY)
        for other in (
            "Fetcher-Kept.2026-11-28",
            "INBOX.Fetcher-Kept",
            "INBOX.Fetcher-Kept-Junk.2026-11-28",
            "INBOX.Fetcher-Kept.2026-13-28",
            "INBOX.Fetcher-Kept.2026-11-28.sub",
            "INBOX.Fetcher-Kept.2026-11-28x",
            "INBOX.Fetcher-Outbox",
            "INBOX",
        ):
            self.assertIsNone(place.kept_day(other), other)

    def test_a_message_set_contains_its_numbers_and_no_others(self) -> None:
        self.assertEqual(uid_set([7, 1, 2, 3, 9, 10]), "1:3,7,9:10")
        self.assertEqual(uid_set([5]), "5")


class Time(unittest.TestCase):
    FOLDERS = (
        "Fetcher-Kept/2026-11-20",
        "Fetcher-Kept/2026-11-21",
        "Fetcher-Kept/2026-11-28",
        "INBOX",
        "Fetcher-Outbox",
    )

    def test_a_kept_folder_is_deleted_when_its_last_message_has_been_kept_for_the_configured_days(self) -> None:
        self.assertEqual(Layout().expired(self.FOLDERS, DAY, 7), ["Fetcher-Kept/2026-11-20"])
        self.assertEqual(Layout().expired(self.FOLDERS, DAY, 8), [])
        self.assertEqual(Layout().expired(self.FOLDERS, DAY, 0), list(self.FOLDERS[:2]))

    def test_with_forever_no_kept_folder_is_deleted(self) -> None:
        self.assertEqual(Layout().expired(self.FOLDERS, DAY, FOREVER), [])

    def test_a_kept_folder_of_tomorrow_is_left_alone(self) -> None:
        self.assertEqual(Layout().expired(["Fetcher-Kept/2026-11-29"], DAY, 0), [])

    def test_retention_is_a_number_of_days_or_forever(self) -> None:
        self.assertEqual((retention("7"), retention("0"), retention("forever")), (7, 0, FOREVER))
        with self.assertRaises(ValueError):
            retention("a week")

    def test_the_uids_of_copies_are_in_the_order_of_the_originals(self) -> None:
        self.assertEqual(copied_uids([b"38505 304,319:320 3956:3958"]), {304: 3956, 319: 3957, 320: 3958})
        self.assertEqual(copied_uids([b"1 7 9", b"1 8 4"]), {7: 9, 8: 4})

    def test_a_response_without_uids_gives_no_uids(self) -> None:
        for answer in (
            [None],
            [],
            [b""],
            [b"1 2:3 4"],
            [b"1 2"],
            [b"1 a b"],
            [b"1 2:4000000000 1"],
            [b"1493194087 none"],  # Yandex
            [b"1 :5 7"],
            [b"1 5: 7"],
            [b"1 5:: 7"],
            [b"1 5,,6 7:8"],
            [b"1 5 7] done [x"],
            [b"1 " + b"9" * 5000 + b" 7"],
        ):
            self.assertEqual(copied_uids(list(answer)), {}, answer)

    def test_uids_that_cannot_be_told_apart_are_not_told(self) -> None:
        for answer in (b"1 5:3 10:12", b"1 5:3,9 10", b"1 3:5 12:10", b"1 3,4 7,7"):
            self.assertEqual(copied_uids([answer]), {}, answer)
        self.assertEqual(copied_uids([b"1 3:4 7:8"], [3, 4, 5]), {3: 7, 4: 8})
        self.assertEqual(copied_uids([b"1 3:4 7:8"], [4, 5]), {})

    def test_a_long_message_set_goes_in_parts_that_a_server_takes(self) -> None:
        uids = list(range(1_000_000, 1_003_000, 3))
        parts = set_parts(uid_set(uids))
        self.assertEqual([uid for part in parts for uid in uids_in(part.encode())], uids)
        self.assertEqual((len(parts), max(map(len, parts)) <= 4000), (2, True))

    def test_a_date_that_is_none_is_not_understood(self) -> None:
        for value in (
            None,
            [b"17-Jul-1996"],
            b"17-Jul-1996",
            b"17-Foo-1996 02:44:25 -0700",
            b"99-Jul-0000 02:44:25 +0000",
        ):
            self.assertIsNone(internal_date(value))
        found = internal_date(b" 7-JUL-1996 02:44:25 -0730")
        self.assertEqual(found, datetime.datetime(1996, 7, 7, 10, 14, 25, tzinfo=datetime.timezone.utc))
