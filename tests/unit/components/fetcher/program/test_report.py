"""What is reported: counts, reasons, and nothing that is anybody's secret."""

from __future__ import annotations

import contextlib
import io
import unittest

from events import Event, Kind
from report import Status, clean, trouble
from rounds import Round


def quietly() -> contextlib.AbstractContextManager[io.StringIO]:
    return contextlib.redirect_stdout(io.StringIO())


class Cleaning(unittest.TestCase):
    def test_no_password_and_no_address_comes_through(self) -> None:
        said = clean("login kinga@example.org with s3cret from <other@example.net> failed", ["s3cret"])
        self.assertEqual(said, "login <address> with <hidden> from <address> failed")

    def test_a_secret_that_holds_another_one_is_hidden_whole(self) -> None:
        self.assertEqual(clean("abcdef", ["abc", "abcdef"]), "<hidden>")

    def test_it_is_one_short_line_of_plain_characters(self) -> None:
        said = clean("  two\r\nlines\x1b[31m and ő " + "x" * 300, [])
        self.assertRegex(said, r"\A[\x20-\x7e]{1,200}\Z")
        self.assertEqual(said[:20], "two?lines?[31m and ?")


class Counting(unittest.TestCase):
    def setUp(self) -> None:
        self.status = Status("INBOX")

    def hear(self, kind: Kind, number: int = 0, left: int = 0) -> None:
        with quietly():
            self.status.heard(Event(kind, number), Round(left=left))

    def test_each_message_handed_over_is_counted_and_no_longer_waited_for(self) -> None:
        self.hear(Kind.FOUND, 3)
        self.hear(Kind.DELIVERED)
        self.hear(Kind.LEFT, left=1)
        self.assertEqual((self.status.delivered, self.status.waiting), (1, 2))
        self.assertTrue(self.status.flowed)

    def test_waiting_for_new_mail_with_nothing_left_means_that_all_is_well(self) -> None:
        with quietly():
            self.status.fail("why")
        self.hear(Kind.FOUND, 3)
        self.hear(Kind.WAITS)
        self.assertEqual((self.status.waiting, self.status.error, self.status.last_error), (0, "", "why"))

    def test_waiting_while_old_mail_is_left_is_not_well(self) -> None:
        with quietly():
            self.status.fail("why")
        self.hear(Kind.FOUND, 3)
        self.hear(Kind.WAITS, left=1)
        self.assertEqual((self.status.waiting, self.status.error, self.status.flowed), (3, "why", False))

    def test_what_the_courier_leaves_is_still_to_come(self) -> None:
        self.hear(Kind.CARRIED, 2, left=2)
        self.assertEqual(self.status.waiting, 2)

    def test_only_an_answer_or_a_delivery_is_contact(self) -> None:
        for kind in set(Kind) - {Kind.ANSWERED, Kind.DELIVERED}:
            self.hear(kind)
        self.assertEqual(self.status.contact, 0)
        self.hear(Kind.ANSWERED)
        self.assertGreater(self.status.contact, 0)

    def test_the_same_trouble_is_one_line(self) -> None:
        with quietly() as said:
            for reason in ("why", "why", "another", "another"):
                self.status.fail(reason)
            self.status.recovered()
            self.status.recovered()
        lines = [line.split(" ", 1)[1] for line in said.getvalue().splitlines()]
        self.assertEqual(lines, ["INBOX: why", "INBOX: another", "INBOX: mail flows again"])

    def test_a_trouble_that_changes_its_reason_is_as_old_as_its_first(self) -> None:
        with quietly():
            self.status.fail("why")
            since = self.status.error_at
            self.status.fail("another")
        self.assertEqual(self.status.error_at, since)


class Trouble(unittest.TestCase):
    def setUp(self) -> None:
        self.status = Status("INBOX")
        self.status.flowed, self.status.contact = True, 1000

    def test_a_short_hiccup_is_no_trouble_where_mail_has_flowed(self) -> None:
        self.status.error, self.status.error_at = "why", 1000
        self.assertEqual(trouble(self.status, True, 1060, 60, 300), "")
        self.assertEqual(trouble(self.status, True, 1061, 60, 300), "INBOX: why")

    def test_before_mail_has_flowed_everything_is_trouble(self) -> None:
        self.status.flowed = False
        self.assertEqual(trouble(self.status, False, 1000, 60, 300), "INBOX: the first round is not over yet")
        self.status.contact = 0
        self.assertEqual(trouble(self.status, False, 1000, 60, 300), "INBOX: no contact with the provider yet")
        self.status.error, self.status.error_at = "why", 1000
        self.assertEqual(trouble(self.status, False, 1000, 60, 300), "INBOX: why")

    def test_a_provider_that_says_nothing_is_trouble_unless_fetchmail_waits(self) -> None:
        self.assertEqual(trouble(self.status, True, 9999, 60, 300), "")
        self.assertEqual(trouble(self.status, False, 1300, 60, 300), "")
        self.assertEqual(trouble(self.status, False, 1301, 60, 300), "INBOX: no contact with the provider for 301 s")
