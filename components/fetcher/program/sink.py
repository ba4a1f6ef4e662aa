"""An SMTP session at the mail server, over which a message goes byte for byte."""

from __future__ import annotations

import re
import smtplib
from collections.abc import Iterable, Iterator

from options import Endpoint
from relay import tune


class Refused(Exception):
    """The mail server's answer to one message. `final` when it is about this message and will not change by waiting."""

    def __init__(self, code: int, text: bytes, final: bool) -> None:
        super().__init__(f"{code} {text.decode('utf-8', 'replace')}")
        self.final = final and 500 <= code < 600


def stuffed(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """A message as it goes over SMTP, with the end of its data: a dot that begins a line is written twice."""
    line_start, last = True, b"\r\n"
    for piece in pieces:
        body = re.sub(rb"(?<=\n)\.", b"..", piece)
        yield b"." + body if line_start and piece.startswith(b".") else body
        line_start, last = piece.endswith(b"\n"), (last + piece)[-2:]
    yield b".\r\n" if last == b"\r\n" else b"\r\n.\r\n"


class Sink:
    """An SMTP session at the mail server."""

    def __init__(self, endpoint: Endpoint, recipient: str) -> None:
        self.endpoint, self.recipient = endpoint, recipient
        self.smtp: smtplib.SMTP | None = None

    def close(self) -> None:
        if self.smtp is not None:
            self.smtp.close()
            self.smtp = None

    def open(self) -> smtplib.SMTP:
        if self.smtp is None:
            try:
                self.smtp = smtplib.SMTP(*self.endpoint, timeout=60)
            except smtplib.SMTPException:
                raise
            except OSError as problem:  # of many kinds; what matters is at which end it was
                raise ConnectionError(problem.strerror or problem) from None
            assert self.smtp.sock
            tune(self.smtp.sock)
            self.smtp.ehlo_or_helo_if_needed()
        return self.smtp

    def command(self, smtp: smtplib.SMTP, text: str, final: bool = False) -> None:
        code, reply = smtp.docmd(text)
        if not 200 <= code < 400:
            if code == 421:
                self.close()
            else:
                smtp.docmd("RSET")
            raise Refused(code, reply, final)

    def deliver(self, sender: str, size: int | None, pieces: Iterable[bytes]) -> None:
        smtp = self.open()
        options = " BODY=8BITMIME" if smtp.has_extn("8bitmime") else ""
        options += f" SIZE={size}" if smtp.has_extn("size") and size else ""
        try:
            self.command(smtp, f"MAIL FROM:<{sender}>{options}", final=not sender)
        except Refused:
            if not sender or self.smtp is None:
                raise
            self.command(smtp, f"MAIL FROM:<>{options}", final=True)  # an envelope sender it does not like
        self.command(smtp, f"RCPT TO:<{self.recipient}>")
        self.command(smtp, "DATA", final=True)
        assert smtp.sock
        try:
            for piece in stuffed(pieces):
                smtp.sock.sendall(piece)
        except BaseException:
            self.close()  # the end was not sent, so the server drops what it got
            raise
        code, reply = smtp.getreply()
        if code != 250:
            raise Refused(code, reply, True)
