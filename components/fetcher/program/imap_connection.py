"""A connection to the provider, logged in, whose answers and errors come in the fetcher's own terms."""

from __future__ import annotations

import contextlib
import imaplib
import re
import ssl
from types import TracebackType
from typing import Any

import reasons
from credentials import Login
from imap_client import Client, Unusable
from options import Endpoint
from tcp_proxy import tune

TO_SAY_GOODBYE = 5  # seconds

OVERQUOTA = re.compile(r"\[OVERQUOTA\b", re.IGNORECASE)
FULL = r"(?:over|beyond|exceed\w*|reached|full|used up|out of|insufficient|not enough|no (?:more|space|room))"
USED_UP = re.compile(rf"\b{FULL}\b[^.;:]{{0,30}}\bquota\b|\bquota\b[^.;]{{0,30}}\b{FULL}\b", re.IGNORECASE)
OTHER_QUOTA = re.compile(
    r"bandwidth|traffic|\b(?:commands|requests|calls|connections|logins?|rate)\b"
    r"|\[(?!OVERQUOTA\b|ALERT\b)[A-Z-]+"
    r"|\b(?:check|determin|read|look|retriev|obtain|calculat|comput|updat|load|access|find|fetch|know)\w*\b[^.;]*\bquota\b"
    r"|\bquota\b[^.;]*\b(?:not (?:be )?(?:exceeded|reached|found|known|set|supported)|unknown|unavailable)\b",
    re.IGNORECASE,
)


class SessionLost(OSError):
    """The connection is gone, with the provider's last words, if there were any."""


class LostOverMessage(SessionLost):
    """The same, while the provider was asked for certain messages: it may be one of them that it cannot bear."""


class LoginRefused(Exception):
    pass


class CommandRefused(Exception):
    """The provider did not do what it was asked; its own words."""

    def __init__(self, said: str = "", bad: bool = False) -> None:
        super().__init__(said)
        self.bad = bad  # whether it does not know the command, or says so

    @property
    def over_quota(self) -> bool:
        """Whether it is full, by the code (RFC 5530) or, without one, by words that say that a quota is used up.

        Kept mail is deleted for it. So a quota that cannot be read is none, nor is one of traffic, as Gmail has it.
        """
        said = re.sub(r'"[^"]*"', "", str(self))  # names of folders
        return (OVERQUOTA.search(said) or USED_UP.search(said)) is not None and OTHER_QUOTA.search(said) is None


def words(data: list[Any]) -> str:
    """What a provider says in its answer to a command."""
    last = data[-1] if data else None
    return last.decode("utf-8", "replace") if isinstance(last, bytes) else ""


class ImapConnection:
    def __init__(self, endpoint: Endpoint, login: Login) -> None:
        self.endpoint = endpoint
        try:
            self.imap = Client(*endpoint, ssl.create_default_context())
        except ssl.SSLCertVerificationError as problem:
            raise OSError(reasons.certificate_refused(problem.verify_message)) from None
        except Unusable:
            raise
        except OSError as problem:
            raise OSError(reasons.cannot_connect(endpoint, reasons.of(problem))) from None
        except imaplib.IMAP4.abort as problem:
            raise self.lost(problem) from problem
        except imaplib.IMAP4.error as problem:  # a greeting that is none: "* BYE Too many connections"
            raise OSError(reasons.provider_answered(problem)) from None
        tune(self.imap.socket())
        try:
            kind, data = self.imap.log_in(login.user, login.password)
            if kind != "OK":
                raise LoginRefused(reasons.login_refused(reasons.provider_answered(words(data) or kind)))
            self.imap.learn_capabilities()  # after login the list is longer
        except (OSError, imaplib.IMAP4.abort) as problem:
            self.close(lost=True)
            raise self.lost(problem) from problem
        except LoginRefused:
            self.close(lost=True)
            raise
        self.capabilities = list(self.imap.capabilities)

    def __exit__(self, _: type | None, problem: BaseException | None, __: TracebackType | None) -> None:
        self.close(lost=isinstance(problem, OSError))

    def close(self, lost: bool) -> None:
        with contextlib.suppress(OSError, imaplib.IMAP4.error):
            if not lost:
                self.imap.socket().settimeout(TO_SAY_GOODBYE)
                self.imap.logout()
        with contextlib.suppress(OSError):
            self.imap.shutdown()

    def lost(self, problem: BaseException) -> SessionLost:
        return SessionLost(reasons.connection_lost(self.endpoint, reasons.of(problem)))

    def call(self, method: str, *args: Any) -> list[Any]:
        """The data of the answer; imaplib's own errors become ours."""
        try:
            self.imap.drain()
            # A refusal may have said [READ-ONLY]: imaplib would give the whole session up for that. And what is said
            # before a refusal would count as a part of the next answer.
            self.imap.forget()
            kind, data = getattr(self.imap, method)(*args)
        except (OSError, imaplib.IMAP4.abort) as problem:
            raise self.lost(problem) from problem
        except imaplib.IMAP4.error as problem:  # imaplib's own: no folder is open
            raise CommandRefused(str(problem)) from None
        if kind != "OK":
            raise CommandRefused(words(data) or kind, kind == "BAD")
        return list(data)

    def uid(self, *command: Any) -> list[Any]:
        return self.call("uid", *command)
