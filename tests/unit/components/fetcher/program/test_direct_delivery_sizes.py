"""A message that is not complete is never delivered, whatever size the provider states."""

from __future__ import annotations

from typing import Any

from direct_delivery import Entry
from direct_delivery_harness import Delivering
from fake_imap import FakeImap, body
from fetch_response import leaves, parse


class Sizes(Delivering):
    def test_a_message_that_arrives_short_is_not_delivered_or_deleted_and_is_named(self) -> None:
        for given in ((), (b"",), (b"Subject: half\r\n",)):
            session = FakeImap("a", "b")
            whole = session.pieces
            session.pieces = lambda uid, size, g=given, w=whole: iter(g) if uid == 1 else w(uid, size)  # type: ignore
            self.assertEqual(self.deliver(session).delivered, 1)
            self.assertEqual(session.names("INBOX"), ["a"])
            size = len(body("a"))
            said = f"the provider returned {sum(map(len, given))} of {size} bytes of message UID 1"
            self.assertEqual(self.failures.summary(), said)
            self.failures.known.clear()

    def test_a_message_without_a_size_and_without_a_text_stops_no_other_and_is_named(self) -> None:
        session = FakeImap("a", "b")
        whole, fetch = session.pieces, session.fetch
        session.pieces = lambda uid, size: iter(()) if uid == 1 else whole(uid, size)  # type: ignore
        session.fetch = lambda uids, asked: fetch(uids, asked.replace("RFC822.SIZE ", ""))  # type: ignore
        self.assertEqual(self.deliver(session).delivered, 1)
        self.assertEqual((self.smtp.got, session.names("INBOX")), ([body("b")], ["a"]))
        self.assertEqual(self.failures.summary(), "the provider returned 0 bytes and no size of message UID 1")

    def test_a_slightly_wrong_size_blocks_no_message_that_stays_the_same(self) -> None:
        session = FakeImap("a")
        session.select("INBOX")
        same = [Entry(1, len(body("a")) + 3, b"\r\n")]
        imap: Any = session
        smtp: Any = self.smtp
        self.assertEqual(self.direct.deliver(imap, smtp, same, lambda _: None).delivered, 1)
        texts = iter([body("a"), body("a")[:-3] + b"x\r\n"])
        session.pieces = lambda *_: iter([next(texts)])  # type: ignore
        self.assertEqual(self.direct.deliver(imap, smtp, same, lambda _: None).delivered, 0)

    def estimated(self, text: bytes, size: int, **changes: Any) -> int:
        """How many of one are delivered whose size the provider has guessed."""
        session = FakeImap()
        session.put("INBOX", text)
        session.select("INBOX")
        for name, value in changes.items():
            setattr(session, name, value)
        self.failures.known.clear()
        imap: Any = session
        smtp: Any = self.smtp
        entries = [Entry(1, size, b"\r\n")]
        return self.direct.deliver(imap, smtp, entries, lambda uid: session.delete([uid])).delivered

    def test_a_size_that_is_a_guess_blocks_no_message_that_is_complete_by_itself(self) -> None:
        multipart = body("m").replace(b"\r\n\r\n", b"\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n", 1)
        multipart += b"--x\r\n\r\none\r\n--x\r\n\r\ntwo\r\n--x--\r\n" + b"\r\n" * 100
        plain = body("p") + b"text\r\n" * 100
        for text in (multipart, plain):
            self.assertEqual(self.estimated(text, len(text) * 5 // 4), 1)
            self.assertEqual(self.estimated(text, len(text) * 3 // 2), 0, "more than a guess")
            other = [text[:-1] + b"!"]
            self.assertEqual(self.estimated(text, len(text) * 5 // 4, halves=lambda *_, o=other: iter(o)), 0)
        self.assertEqual(self.estimated(multipart.replace(b"--x--", b"", 1), len(multipart) * 5 // 4), 0, "cut off")
        self.assertEqual(self.estimated(multipart.replace(b"two", b""), len(multipart) * 5 // 4), 0, "an empty part")
        for told in ([len(plain)], None, []):
            self.assertEqual(self.estimated(plain, len(plain) * 5 // 4, leaves=lambda _, n=told: n), 0, told)

    def test_a_photo_without_text_whose_size_is_a_guess_is_delivered(self) -> None:
        photo = body("p").replace(b"\r\n\r\n", b"\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n", 1)
        photo += b"--x\r\n\r\n\r\n--x\r\nContent-Type: image/jpeg\r\n\r\n" + b"AAAA" * 100 + b"\r\n--x--\r\n"
        size = len(photo) * 5 // 4
        self.assertEqual(self.estimated(photo, size, leaves=lambda _: [2, 400]), 1)
        for told in ([90, 400], [400], None):
            self.assertEqual(self.estimated(photo, size, leaves=lambda _, n=told: n), 0, told)

    def test_a_message_of_too_many_or_too_deep_parts_blocks_no_other(self) -> None:
        def deep(_: int) -> list[int] | None:
            return leaves(parse([b"1 (BODYSTRUCTURE %b%b)" % (b"(" * 5000, b")" * 5000)])[0].items["BODYSTRUCTURE"])

        plain = body("p") + b"text\r\n" * 100
        self.assertEqual(self.estimated(plain, len(plain) * 5 // 4, leaves=deep), 0)
        many = body("m").replace(b"\r\n\r\n", b"\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n", 1)
        many += b"--x\r\n\r\none\r\n" * 20_000 + b"--x--\r\n"
        self.assertEqual(self.estimated(many, len(many) * 5 // 4), 0)
        self.assertEqual(len(self.failures.known), 1)

    def test_a_message_of_a_subject_alone_is_delivered_if_the_providers_structure_confirms_it(self) -> None:
        for kind in (b"text/plain", b"multipart/mixed; boundary=x"):
            text = b"Return-Path: <a@example.org>\r\nContent-Type: %s\r\nSubject: only\r\n\r\n" % kind
            size, empty, nil = len(text) * 5 // 4, [text, b""], [text]
            for told, given, delivered in (([0], empty, 1), ([20], empty, 0), (None, empty, 0), ([0], nil, 0)):
                found = self.estimated(text, size, leaves=lambda _, n=told: n, halves=lambda *_, g=given: iter(g))
                self.assertEqual(found, delivered, (kind, told, given))

    def test_progress_is_reported_while_a_message_is_checked_again(self) -> None:
        text, alive = body("p") + b"text\r\n" * 100, list[int]()
        self.direct.alive = lambda: alive.append(1)
        self.estimated(text, len(text))
        once = len(alive)
        for size in (len(text) + 3, len(text) * 5 // 4):
            alive.clear()
            self.assertEqual(self.estimated(text, size), 1)
            self.assertGreater(len(alive), once, size)
