"""A message is deleted at the provider only after the mail server has taken it."""

from __future__ import annotations

import smtplib
import threading
import unittest
from collections.abc import Callable
from typing import Any
from unittest import mock

import courier
from courier import Courier, Swept, Tried, envelope_sender
from sink import Refused

PAIR = ("kinga@example.org", "password")


class Provider:
    """Folders of messages; takes down what is done to them."""

    validity = b"1"

    def __init__(self, messages: list[bytes]) -> None:
        self.messages, self.done = messages, list[tuple[str, ...]]()

    def __enter__(self) -> Provider:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def path(self, folder: str) -> str:
        return folder

    def exists(self, folder: str) -> bool:
        return folder == "INBOX"

    def select(self, folder: str) -> None:
        self.selected = folder

    def search(self, *_: str) -> list[bytes]:
        return list(self.messages)

    def part(self, _: bytes, __: str) -> bytes:
        return b"Return-Path: <a@example.org>\r\n\r\n"

    def size(self, _: bytes) -> int:
        return 3

    def pieces(self, uid: bytes) -> list[bytes]:
        return [uid]

    def delete(self, uid: bytes) -> None:
        self.messages.remove(uid)
        self.done.append(("delete", uid.decode()))

    def move(self, uid: bytes, folder: str) -> None:
        self.messages.remove(uid)
        self.done.append(("move", uid.decode(), folder))


class Sweeping(unittest.TestCase):
    def setUp(self) -> None:
        self.stop, self.delivered = threading.Event(), 0
        self.courier = Courier(("imap", 993), ("mail", 25), self.stop, lambda: None, self.count, lambda: self.delivered)

    def count(self) -> None:
        self.delivered += 1

    def sweep(
        self, provider: Provider, answer: Callable[[str], Exception | None], aside: str | None = "Aside"
    ) -> Swept:
        def deliver(_: str, __: int, pieces: list[bytes]) -> None:
            uid = b"".join(pieces).decode()
            trouble = answer(uid)
            if trouble:
                raise trouble
            provider.done.append(("deliver", uid))

        sink: Any = mock.Mock(deliver=deliver)
        with (
            mock.patch.object(courier, "Provider", lambda *_: provider),
            mock.patch.object(courier, "Sink", lambda *_: sink),
        ):
            return self.courier.sweep(PAIR, "INBOX", aside)

    def test_a_message_is_delivered_first_and_deleted_second(self) -> None:
        provider = Provider([b"1", b"2"])
        self.assertEqual(self.sweep(provider, lambda _: None), Swept(2, 0, 0, ""))
        expected = [("deliver", "1"), ("delete", "1"), ("deliver", "2"), ("delete", "2")]
        self.assertEqual(provider.done, expected)

    def test_whatever_goes_wrong_the_message_stays_and_the_next_one_goes_on(self) -> None:
        troubles: list[Exception] = [
            Refused(452, b"full", True),
            Refused(554, b"no", True),
            smtplib.SMTPServerDisconnected("gone"),
            ConnectionError("gone"),
            TimeoutError("timed out"),
        ]
        for trouble in troubles:
            provider = Provider([b"1", b"2"])
            swept = self.sweep(provider, {"1": trouble}.get)
            self.assertEqual((swept.delivered, swept.left, swept.aside), (1, 1, 0), trouble)
            self.assertEqual(provider.messages, [b"1"], trouble)
            self.courier.tries.clear()

    def test_what_breaks_at_the_provider_ends_the_sweep_and_deletes_nothing(self) -> None:
        provider = Provider([b"1", b"2"])
        with self.assertRaises(OSError):
            self.sweep(provider, lambda _: OSError("connection to the provider lost"))
        self.assertEqual((provider.done, provider.messages), ([], [b"1", b"2"]))

    def test_a_mail_server_that_is_gone_is_not_asked_for_every_message(self) -> None:
        provider, asked = Provider([b"%d" % n for n in range(9)]), []

        def gone(uid: str) -> Exception:
            asked.append(uid)
            return ConnectionError("gone")

        self.assertEqual(self.sweep(provider, gone).left, 9)
        self.assertEqual(len(asked), 3)

    def test_told_to_stop_it_counts_what_is_left(self) -> None:
        self.stop.set()
        provider = Provider([b"1", b"2"])
        self.assertEqual(self.sweep(provider, lambda _: None), Swept(0, 2, 0, ""))

    def test_what_is_refused_for_good_three_times_while_others_get_through_is_moved_aside(self) -> None:
        def refuse(uid: str) -> Exception | None:
            return Refused(554, b"no", True) if uid == "bad" else None

        provider = Provider([b"bad"])
        self.assertEqual([self.sweep(provider, refuse).aside for _ in range(4)], [0, 0, 0, 0])  # nothing gets through
        provider.messages.append(b"good")
        self.assertEqual(self.sweep(provider, refuse), Swept(1, 0, 1, "554 no"))
        self.assertEqual(provider.done[-1], ("move", "bad", "Aside"))

    def test_what_is_refused_for_now_is_never_moved_aside(self) -> None:
        provider = Provider([b"bad"])
        self.delivered += 1
        for _ in range(10):
            self.assertEqual(self.sweep(provider, lambda _: Refused(452, b"full", True)).aside, 0)

    def test_the_ones_never_tried_come_first(self) -> None:
        provider, asked = Provider([b"1", b"2"]), list[str]()
        self.sweep(provider, lambda uid: Refused(554, b"no", True) if uid == "1" else None)
        provider.messages.append(b"3")
        self.sweep(provider, lambda uid: asked.append(uid))
        self.assertEqual(asked, ["3", "1"])

    def test_a_folder_that_is_not_there_has_no_mail(self) -> None:
        provider = Provider([b"1"])
        with mock.patch.object(courier, "Provider", lambda *_: provider):
            self.assertEqual(self.courier.sweep(PAIR, "Fetcher-Refused", None), Swept(0, 0, 0, ""))


class Facts(unittest.TestCase):
    def test_a_message_is_beyond_hope_after_three_refusals_while_others_get_through(self) -> None:
        self.assertTrue(Tried(3, 0, before=5).beyond_hope(6))
        self.assertFalse(Tried(3, 0, before=5).beyond_hope(5))
        self.assertFalse(Tried(2, 0, before=5).beyond_hope(6))

    def test_the_sender_is_the_return_path_and_never_an_smtp_command(self) -> None:
        self.assertEqual(envelope_sender(b"Return-Path: <a@example.org>\r\n\r\n"), "a@example.org")
        for odd in (b"", b"<>", b"<no address>", b"<a@b> SIZE=1\r\nRSET <", b"<a b@example.org>", b"<\xc5\x91@x.org>"):
            self.assertIn(envelope_sender(odd), ("", "a@b"))
