"""What fetchmail says: one line of its output in, events out.

Each line stands for one rule, the first whose sign it bears. Lines of fetchmail 6.4.37, run with -v in the locale C.
"""

from __future__ import annotations

import re
from typing import Callable, NamedTuple

from events import Event, Kind

Clean = Callable[[str], str]  # makes somebody else's words fit for the log

WAITING = re.compile(r"IMAP> A\d+ (?:IDLE|NOOP)")  # NOOP: its stand-in where the provider has no IDLE
REFUSAL = re.compile(r"IMAP< A\d+ (?:NO|BAD) (.*)")
NO_FOLDER = re.compile(r"NONEXISTENT|exist.*ailbox|ailbox.*exist")
COUNT = re.compile(r"(\d+) message")
ABOUT_SMTP = re.compile(r"SMTP error:|SMTP<")


def command(line: str, _: Clean) -> list[Event]:
    return [Event(Kind.WAITS if WAITING.search(line) else Kind.ASKS)]


def answer(line: str, clean: Clean) -> list[Event]:
    events = [Event(Kind.ANSWERED)] if " OK" in line else []
    refusal = REFUSAL.search(line)
    if refusal:
        kind = Kind.NO_SUCH_FOLDER if NO_FOLDER.search(line) else Kind.PROVIDER_REFUSED
        events.append(Event(kind, words=clean(refusal.group(1))))
    return events


def count(line: str, _: Clean) -> list[Event]:
    found = COUNT.search(line)
    return [Event(Kind.FOUND, number=int(found.group(1)))] if found else []


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
        (r"IMAP>", command),
        (r"IMAP<", answer),
        (r"\d+ messages? .*for ", count),
        (r"(?: not flushed| retained)\Z", simply(Kind.LEFT)),
        (r" flushed\Z", simply(Kind.DELIVERED)),
        (r"Too many mails skipped", simply(Kind.SKIPPED)),
        (r"SMTP error:|SMTP< [45]\d\d", mail_server),
        (r"Authorization failure", simply(Kind.LOGIN_REFUSED)),
        (r"^(?=.*(?:certificate|CommonName)).*(?:error|fail|mismatch)", certificate),
        (r"timeout after", timeout),
    )
)


def understand(line: str, clean: Clean) -> list[Event]:
    """What a line means; most mean nothing here."""
    for sign, read in RULES:
        if sign.search(line):
            return read(line, clean)
    return []
