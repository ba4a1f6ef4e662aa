"""An SMTP session at the mail server, over which a message goes byte for byte."""

from __future__ import annotations

import re
import select
import smtplib
import time
from collections.abc import Iterable, Iterator
from typing import Callable, NoReturn

import reasons
from options import Endpoint
from tcp_proxy import LAST_ANSWER, tune


class Rejected(Exception):
    """The mail server's answer to one message. `final` when it is about this message and will not change by waiting."""

    def __init__(self, code: int, text: bytes, final: bool) -> None:
        super().__init__(f"{code} {text.decode('utf-8', 'replace')}")
        self.code, self.final = code, final and 500 <= code < 600


class Unreachable(ConnectionError):
    """There is no session to be had."""


def dot_stuffed(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """A message as it goes over SMTP: a dot that begins a line is written twice, and the last line has an end."""
    line_start, last = True, b"\r\n"
    for piece in pieces:
        body = re.sub(rb"(?<=\n)\.", b"..", piece)
        yield b"." + body if line_start and piece.startswith(b".") else body
        line_start, last = piece.endswith(b"\n"), (last + piece)[-2:]
    if last != b"\r\n":
        yield b"\r\n"


class SmtpSession:
    """Opens when there is something to deliver, and again after it was closed."""

    def __init__(self, endpoint: Endpoint, recipient: str, alive: Callable[[], None]) -> None:
        self.endpoint, self.recipient, self.alive = endpoint, recipient, alive
        self.smtp: smtplib.SMTP | None = None

    def close(self) -> None:
        if self.smtp is not None:
            self.smtp.close()
            self.smtp = None

    def open(self) -> smtplib.SMTP:
        if self.smtp is None:
            smtp = None
            try:
                smtp = smtplib.SMTP(*self.endpoint, timeout=60)
                smtp.ehlo_or_helo_if_needed()
            except smtplib.SMTPResponseException as problem:
                code, text = problem.smtp_code, problem.smtp_error
                said = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
                self.give_up(smtp, reasons.mail_server_answered(f"{code} {said}"))
            except OSError as problem:  # of many kinds, smtplib's too; what matters is at which end it was
                self.give_up(smtp, reasons.cannot_connect(self.endpoint, reasons.of(problem)))
            assert smtp
            assert smtp.sock
            tune(smtp.sock)
            self.smtp = smtp
        return self.smtp

    @staticmethod
    def give_up(smtp: smtplib.SMTP | None, reason: str) -> NoReturn:
        if smtp is not None:
            smtp.close()
        raise Unreachable(reason)

    def command(self, smtp: smtplib.SMTP, text: str, final: bool = False) -> None:
        code, reply = smtp.docmd(text)
        if not 200 <= code < 400:
            if code == 421:
                self.close()
            else:
                smtp.docmd("RSET")
            raise Rejected(code, reply, final)

    def deliver(self, sender: str, size: int | None, pieces: Iterable[bytes]) -> None:
        """Hands a message over; when `pieces` raises, the mail server has not seen the end and drops what it got."""
        smtp = self.open()
        options = " BODY=8BITMIME" if smtp.has_extn("8bitmime") else ""
        options += f" SIZE={size}" if smtp.has_extn("size") and size else ""
        try:
            self.command(smtp, f"MAIL FROM:<{sender}>{options}", final=not sender)
        except Rejected as problem:
            if not sender or self.smtp is None or problem.code < 500:
                raise
            self.command(smtp, f"MAIL FROM:<>{options}", final=True)  # an envelope sender it does not like
        self.command(smtp, f"RCPT TO:<{self.recipient}>")
        self.command(smtp, "DATA", final=True)
        assert smtp.sock
        try:
            for piece in dot_stuffed(pieces):
                self.alive()
                smtp.sock.sendall(piece)
            smtp.sock.sendall(b".\r\n")
            self.await_answer(smtp)
        except BaseException:
            self.close()
            raise
        code, reply = smtp.getreply()
        if code != 250:
            if code == 421:
                self.close()
            raise Rejected(code, reply, True)

    def await_answer(self, smtp: smtplib.SMTP) -> None:
        """RFC 5321, 4.5.3.2.6: the answer to the final dot may take ten minutes."""
        assert smtp.sock
        until = time.monotonic() + LAST_ANSWER
        while not select.select([smtp.sock], [], [], 1)[0]:
            self.alive()
            if time.monotonic() > until:
                raise TimeoutError("timed out")
