"""A connection to the provider, logged in, whose answers and errors come in the fetcher's own terms."""

from __future__ import annotations

import imaplib
import re
import socket
import ssl
from types import TracebackType
from typing import Any

import reasons
from credentials import Login
from options import Endpoint
from tcp_proxy import tune

TO_GREET = 120  # seconds: some let a new connection wait on purpose
TO_ANSWER = 60
LARGEST_LITERAL = 40 * 1024 * 1024  # bytes; messages are asked for in pieces, and more would not fit into the pod

imaplib._MAXLINE = 10_000_000  # type: ignore[attr-defined] # a SEARCH over a large folder answers in one line


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

    @property
    def over_quota(self) -> bool:
        """Whether it is full, by the code (RFC 5530) or, without one, by words that say that a quota is used up.

        Kept mail is deleted for it. So a quota that cannot be read is none, nor is one of traffic, as Gmail has it.
        """
        said = re.sub(r'"[^"]*"', "", str(self))  # names of folders
        return (OVERQUOTA.search(said) or USED_UP.search(said)) is not None and OTHER_QUOTA.search(said) is None

    @property
    def no_such_folder(self) -> bool:
        return "TRYCREATE" in str(self) or "NONEXISTENT" in str(self)


def words(data: list[Any]) -> str:
    """What a provider says in its answer to a command."""
    last = data[-1] if data else None
    return last.decode("utf-8", "replace") if isinstance(last, bytes) else ""


class Client(imaplib.IMAP4_SSL):
    """Waits longer for the greeting than for anything else, and takes no response that would fill the pod's memory."""

    def _create_socket(self, timeout: float | None) -> socket.socket:
        sock: socket.socket = super()._create_socket(timeout)  # type: ignore[misc] # typeshed does not know it
        sock.settimeout(TO_GREET)
        return sock

    def read(self, size: int) -> bytes:
        if size > LARGEST_LITERAL:
            raise self.abort(f"{size:,} bytes in one response")
        return super().read(size)


class ImapConnection:
    def __init__(self, endpoint: Endpoint, login: Login) -> None:
        self.endpoint = endpoint
        try:
            self.imap = Client(*endpoint, ssl_context=ssl.create_default_context(), timeout=TO_ANSWER)
            self.imap.socket().settimeout(TO_ANSWER)
        except ssl.SSLCertVerificationError as problem:
            raise OSError(reasons.certificate_refused(problem.verify_message)) from None
        except OSError as problem:
            raise OSError(reasons.cannot_connect(endpoint, reasons.of(problem))) from None
        except imaplib.IMAP4.abort as problem:
            raise self.lost(problem) from problem
        except imaplib.IMAP4.error as problem:  # a greeting that is none: "* BYE Too many connections"
            greeting = re.sub(r"^b['\"]|['\"]$", "", str(problem))
            raise OSError(reasons.provider_answered(greeting.removeprefix("* "))) from None
        tune(self.imap.socket())
        try:
            self.log_in(login.user, login.password)
            answer = self.imap.capability()[1][0]  # after login the list is longer
        except (OSError, imaplib.IMAP4.abort) as problem:
            self.close(lost=True)
            raise self.lost(problem) from problem
        except imaplib.IMAP4.error as problem:
            self.close(lost=True)
            raise LoginRefused(reasons.login_refused(reasons.provider_answered(problem))) from None
        self.capabilities = answer.decode("ascii", "replace").upper().split()

    def log_in(self, address: str, password: str) -> None:
        if "AUTH=PLAIN" in self.imap.capabilities:
            self.imap.authenticate("PLAIN", lambda _: f"\0{address}\0{password}".encode())
        else:
            self.imap._encoding = "utf-8"  # type: ignore[attr-defined]
            # imaplib quotes the password alone.
            self.imap.login(self.imap._quote(address), password)

    def __exit__(self, _: type | None, problem: BaseException | None, __: TracebackType | None) -> None:
        self.close(lost=isinstance(problem, OSError))

    def close(self, lost: bool) -> None:
        try:
            self.imap.shutdown() if lost else self.imap.logout()
        except (OSError, imaplib.IMAP4.error):
            pass

    def lost(self, problem: BaseException) -> SessionLost:
        return SessionLost(reasons.connection_lost(self.endpoint, reasons.of(problem)))

    def call(self, method: str, *args: Any) -> list[Any]:
        """The data of the answer; imaplib's own errors become ours."""
        # A refusal may have said [READ-ONLY]: imaplib would give the whole session up for that. And what is said before
        # a refusal would count as a part of the next answer.
        for name in ("READ-ONLY", "FETCH", "SEARCH", "LIST", "STATUS", "NAMESPACE"):
            self.imap.untagged_responses.pop(name, None)
        try:
            kind, data = getattr(self.imap, method)(*args)
        except (OSError, imaplib.IMAP4.abort) as problem:
            raise self.lost(problem) from problem
        except imaplib.IMAP4.error as problem:  # BAD
            raise CommandRefused(str(problem)) from None
        if kind != "OK":
            raise CommandRefused(words(data) or kind)
        return list(data)

    def uid(self, *command: Any) -> list[Any]:
        return self.call("uid", *command)
