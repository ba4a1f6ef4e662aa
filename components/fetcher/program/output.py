"""What fetchmail says: one line of its output in, events out.

Each line stands for one rule, the first whose sign it bears. Lines of fetchmail 6.4.37, run with -v in the locale C.
"""

from __future__ import annotations

import re
from typing import Callable, NamedTuple

from events import Event, Kind

Clean = Callable[[str], str]  # makes somebody else's words fit for the log

REFUSAL = re.compile(r"IMAP< A\d+ (?:NO|BAD) (.*)")
ABOUT_SMTP = re.compile(r"SMTP error:|SMTP<")
ABOUT_A_MESSAGE = re.compile(r"IMAP> A\d+ (?:UID )?(?:FETCH|STORE) \d")
COMMAND = re.compile(r"IMAP> (A\d+) ")
FLAGS = re.compile(r"IMAP> A\d+ STORE \d+ \+FLAGS(?:\.SILENT)? \([^)]*\\Deleted")
DONE = re.compile(r"IMAP< A\d+ OK")
OF_A_MESSAGE = "fetchmail: line: "  # a header line without a colon, as its sender wrote it


class Output:
    """Reads the lines of one run; what a refusal is about depends on the command before it."""

    def __init__(self, clean: Clean) -> None:
        self.clean = clean
        self.about_a_message = self.flags = False

    def events(self, line: str) -> list[Event]:
        """What a line means; most mean nothing here."""
        if OF_A_MESSAGE in line:
            return []
        if COMMAND.search(line):
            self.about_a_message = ABOUT_A_MESSAGE.search(line) is not None
            self.flags = FLAGS.search(line) is not None
            return []
        if self.flags and DONE.search(line):
            self.flags = False
            return [Event(Kind.ANSWERED), Event(Kind.FLAGGED)]
        refusal = REFUSAL.search(line)
        if refusal:
            kind = Kind.MESSAGE_REFUSED if self.about_a_message else Kind.PROVIDER_REFUSED
            return [Event(kind, words=self.clean(refusal.group(1)))]
        for sign, read in RULES:
            if sign.search(line):
                return read(line, self.clean)
        return []


def answer(line: str, _: Clean) -> list[Event]:
    return [Event(Kind.ANSWERED)] if " OK" in line else []


def farewell(line: str, clean: Clean) -> list[Event]:
    said = line.partition("* BYE ")[2]
    return [Event(Kind.PROVIDER_LEFT, words=clean(said))]


def mail_server(line: str, clean: Clean) -> list[Event]:
    return [Event(Kind.MAIL_SERVER_REFUSED, words=clean(ABOUT_SMTP.split(line)[1]))]


def certificate(line: str, clean: Clean) -> list[Event]:
    return [Event(Kind.CERTIFICATE_REFUSED, words=clean(line.partition("fetchmail: ")[2]))]


def timeout(line: str, clean: Clean) -> list[Event]:
    return [Event(Kind.TIMED_OUT, words=clean(line.partition("fetchmail: ")[2] or line))]


def simply(kind: Kind) -> Callable[[str, Clean], list[Event]]:
    return lambda _, __: [Event(kind)]


class Rule(NamedTuple):
    sign: re.Pattern[str]
    read: Callable[[str, Clean], list[Event]]


RULES = tuple(
    Rule(re.compile(sign), read)
    for sign, read in (
        (r"IMAP< \* BYE (?!.*(?i:logging out|logout))", farewell),
        (r"IMAP<", answer),
        (r" flushed\Z(?<!not flushed)", simply(Kind.DELIVERED)),
        (r"SMTP error:|SMTP< [45]\d\d", mail_server),
        (r"Authorization failure", simply(Kind.LOGIN_REFUSED)),
        (r"^(?=.*(?:certificate|CommonName)).*(?:error|fail|mismatch)", certificate),
        (r"timeout after", timeout),
    )
)
