"""What fetchmail says: each rule, and each regular expression, has the line that it stands for.

The lines are fetchmail 6.4.37's, as Debian 12's wrote them in the integration tests; those under RARE are from its
source and the IMAP standard, because the servers there do not bring them about.
"""

from __future__ import annotations

import re
import unittest

import output
from events import Event, Kind
from output import Output

VERIFY_FAILED = "OpenSSL reported: error:0A000086:SSL routines::certificate verify failed"

LINES: tuple[tuple[str, list[Event]], ...] = (
    ('fetchmail: IMAP> A0001 LOGIN "kinga@example.org" *', []),
    (r"fetchmail: IMAP> A0009 STORE 2 +FLAGS (\Seen \Deleted)", []),
    ("fetchmail: IMAP> A0003 IDLE", []),
    ("fetchmail: IMAP< * OK [UIDNEXT 3] Predicted next UID", [Event(Kind.ANSWERED)]),
    ("fetchmail: IMAP< A0002 OK [READ-WRITE] Select completed (0.001 + 0.000 secs).", [Event(Kind.ANSWERED)]),
    ("fetchmail: IMAP< * 14 EXISTS", []),
    ("fetchmail: IMAP< + idling", []),
    ("fetchmail: IMAP< * BYE down for maintenance", [Event(Kind.PROVIDER_LEFT, words="down for maintenance")]),
    (
        "fetchmail: IMAP< A0001 NO [AUTHENTICATIONFAILED] Authentication failed.",
        [Event(Kind.PROVIDER_REFUSED, words="[AUTHENTICATIONFAILED] Authentication failed.")],
    ),
    (
        "fetchmail: IMAP< A0002 NO Mailbox doesn't exist: Fetcher-Outbox (0.001 + 0.000 secs).",
        [Event(Kind.PROVIDER_REFUSED, words="Mailbox doesn't exist: Fetcher-Outbox (0.001 + 0.000 secs).")],
    ),
    ("fetchmail: Authorization failure on kinga@example.org@127.0.0.1", [Event(Kind.LOGIN_REFUSED)]),
    ("1 message for kinga@example.org at imap.example.org (folder INBOX).", []),
    ("100 messages for kinga@example.org at imap.example.org (folder Fetcher-Outbox).", []),
    ("reading message kinga@example.org@127.0.0.1:1 of 3 (412 header octets)", []),
    (" flushed", [Event(Kind.DELIVERED)]),
    (" not flushed", []),
    (
        "fetchmail: Too many mails skipped (50 > 20) due to transient errors for kinga@example.org at imap.example.org "
        "(folder INBOX)",
        [],
    ),
    (
        "fetchmail: SMTP< 452 4.3.2 Too many messages in this session",
        [Event(Kind.MAIL_SERVER_REFUSED, words="452 4.3.2 Too many messages in this session")],
    ),
    (
        "fetchmail: SMTP error: 550 5.1.1 no such user",
        [Event(Kind.MAIL_SERVER_REFUSED, words="550 5.1.1 no such user")],
    ),
    ("fetchmail: SMTP< 250 2.0.0 queued", []),
    ("fetchmail: SMTP< 354 go ahead", []),
    (
        "fetchmail: Server certificate verification error: certificate has expired",
        [Event(Kind.CERTIFICATE_REFUSED, words="Server certificate verification error: certificate has expired")],
    ),
    (
        "fetchmail: Server CommonName mismatch: imap.elsewhere.org != imap.example.org",
        [Event(Kind.CERTIFICATE_REFUSED, words="Server CommonName mismatch: imap.elsewhere.org != imap.example.org")],
    ),
    (f"fetchmail: {VERIFY_FAILED}", [Event(Kind.CERTIFICATE_REFUSED, words=VERIFY_FAILED)]),
    ("fetchmail: Server certificate:", []),
    ("fetchmail: Subject CommonName: imap.example.org", []),
    (
        "fetchmail: timeout after 60 seconds waiting for server imap.example.org.",
        [Event(Kind.TIMED_OUT, words="timeout after 60 seconds waiting for server imap.example.org.")],
    ),
    ("fetchmail: line: this is no header, and it is flushed", []),
    ("fetchmail: line: Authorization failure", []),
    ("fetchmail: will idle after poll", []),
    ("fetchmail: socket error while fetching from kinga@example.org@imap.example.org", []),
    ("#", []),
    ("", []),
)  # fmt: skip

RARE: tuple[tuple[str, list[Event]], ...] = (
    ("fetchmail: IMAP< A0004 BAD Unknown command.", [Event(Kind.PROVIDER_REFUSED, words="Unknown command.")]),
    (
        "fetchmail: IMAP< A0002 NO [NONEXISTENT] Unknown folder",
        [Event(Kind.PROVIDER_REFUSED, words="[NONEXISTENT] Unknown folder")],
    ),
    (
        "fetchmail: IMAP< A0002 NO There exists no such mailbox",
        [Event(Kind.PROVIDER_REFUSED, words="There exists no such mailbox")],
    ),
    (
        "3 messages (2 seen) for kinga@example.org at imap.example.org (folder INBOX).",
        [],
    ),
    (" retained", []),
    ("fetchmail: IMAP< * BYE Logging out", []),
)


def as_it_is(words: str) -> str:
    return words.strip()


class Lines(unittest.TestCase):
    def test_each_line_of_fetchmail_gives_the_documented_events(self) -> None:
        for line, events in LINES + RARE:
            with self.subTest(line=line):
                self.assertEqual(Output(as_it_is).events(line), events)

    def test_each_rule_for_fetchmails_output_matches_a_line_of_its_own(self) -> None:
        for rule in output.RULES:
            first = [next((r for r in output.RULES if r.sign.search(line)), None) for line, _ in LINES]
            self.assertIn(rule, first, rule.sign.pattern)

    def test_each_regular_expression_for_fetchmails_output_matches_a_line(self) -> None:
        patterns = [value for value in vars(output).values() if isinstance(value, re.Pattern)]
        self.assertGreater(len(patterns), 3)
        for pattern in patterns:
            self.assertTrue(any(pattern.search(line) for line, _ in LINES), pattern.pattern)

    def test_each_kind_of_event_of_fetchmails_output_comes_from_a_line(self) -> None:
        brought = {event.kind for _, events in LINES for event in events}
        self.assertEqual(set(Kind) - brought, {Kind.SILENT, Kind.MESSAGE_REFUSED, Kind.FLAGGED})

    def test_a_message_counts_as_flagged_when_the_provider_confirms_the_flag(self) -> None:
        store, done = r"fetchmail: IMAP> A0009 STORE 2 +FLAGS (\Seen \Deleted)", "fetchmail: IMAP< A0009 OK done"
        flags = "fetchmail: IMAP< * 2 FETCH (FLAGS (\\Deleted))"
        for lines, flagged in (
            ((store, flags, done), 1),
            ((store, done, done), 1),
            ((store.replace("FLAGS", "FLAGS.SILENT"), done), 1),  # where a server does not say that it is IMAP4rev1
            ((store, flags), 0),
            ((store, "fetchmail: IMAP< A0009 NO [UNAVAILABLE] not now"), 0),
            (("fetchmail: IMAP> A0009 FETCH 2 BODY.PEEK[TEXT]", done), 0),
            ((store, "fetchmail: IMAP> A0010 LOGOUT", done), 0),
        ):
            said = Output(as_it_is)
            kinds = [event.kind for line in lines for event in said.events(line)]
            self.assertEqual(kinds.count(Kind.FLAGGED), flagged, lines)

    def test_a_message_that_fetchmail_leaves_is_never_taken_for_a_delivered_one(self) -> None:
        for ending in (" not flushed", " retained", "(412 header octets) not flushed"):
            self.assertEqual(Output(as_it_is).events(ending), [])

    def test_what_a_refusal_is_about_depends_on_the_command_before_it(self) -> None:
        refusal = "fetchmail: IMAP< A0006 NO [UNAVAILABLE] not now"
        for command, kind in (
            ("A0006 FETCH 1 BODY.PEEK[TEXT]", Kind.MESSAGE_REFUSED),
            (r"A0006 STORE 1 +FLAGS (\Seen \Deleted)", Kind.MESSAGE_REFUSED),
            ('A0006 SELECT "Fetcher-Outbox"', Kind.PROVIDER_REFUSED),
            ("A0006 EXPUNGE", Kind.PROVIDER_REFUSED),
        ):
            said = Output(as_it_is)
            said.events(f"fetchmail: IMAP> {command}")
            self.assertEqual(said.events(refusal), [Event(kind, words="[UNAVAILABLE] not now")], command)

    def test_text_of_other_servers_is_redacted_before_it_is_passed_on(self) -> None:
        for line, events in LINES + RARE:
            for event in Output(lambda _: "cleaned").events(line):
                self.assertIn(event.words, ("", "cleaned"))
                self.assertEqual(event.words == "cleaned", any(e.words for e in events if e.kind is event.kind))

    def test_text_after_a_servers_answer_does_not_count_as_another_answer(self) -> None:
        line = "fetchmail: IMAP< A0007 NO 3 messages for nobody flushed"
        self.assertEqual([e.kind for e in Output(as_it_is).events(line)], [Kind.PROVIDER_REFUSED])
