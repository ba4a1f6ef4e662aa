"""Carries single messages from the provider to the mail server, byte for byte, where fetchmail cannot.

fetchmail 6.4 alters some messages (relay.py holds those back), refuses others (a header line without a colon), and ends
a round after 20 refusals, so that bad messages at the head would stop those behind. What it leaves is carried here;
what the mail server refuses for good is moved aside, to a folder at the provider, and tried again from there.
"""

import imaplib
import re
import smtplib
import socket
import time

from provider import Provider
from relay import tune


class Refused(Exception):
    """The mail server's answer to one message. `final` when it is about this message and will not change by waiting."""

    def __init__(self, code, text, final):
        super().__init__(f"{code} {text.decode('utf-8', 'replace') if isinstance(text, bytes) else text}")
        self.final = final and 500 <= code < 600


class Sink:
    """An SMTP session at the mail server."""

    def __init__(self, endpoint, recipient):
        self.endpoint, self.recipient, self.smtp = endpoint, recipient, None

    def close(self):
        if self.smtp is not None:
            self.smtp.close()
            self.smtp = None

    def open(self):
        if self.smtp is None:
            try:
                self.smtp = smtplib.SMTP(*self.endpoint, timeout=60)
            except smtplib.SMTPException:
                raise
            except OSError as problem:  # of many kinds; what matters is at which end it was
                raise ConnectionError(problem.strerror or problem) from None
            tune(self.smtp.sock)
            self.smtp.ehlo_or_helo_if_needed()

    def command(self, text, final=False):
        code, reply = self.smtp.docmd(text)
        if not 200 <= code < 400:
            if code == 421:
                self.close()
            else:
                self.smtp.docmd("RSET")
            raise Refused(code, reply, final)

    def deliver(self, sender, size, pieces):
        self.open()
        options = " BODY=8BITMIME" if self.smtp.has_extn("8bitmime") else ""
        options += f" SIZE={size}" if self.smtp.has_extn("size") and size else ""
        try:
            self.command(f"MAIL FROM:<{sender}>{options}", final=not sender)
        except Refused:
            if not sender or self.smtp is None:
                raise
            self.command(f"MAIL FROM:<>{options}", final=True)  # an envelope sender it does not like
        self.command(f"RCPT TO:<{self.recipient}>")
        self.command("DATA", final=True)
        line_start, last = True, b"\r\n"
        try:
            for piece in pieces:
                stuffed = re.sub(rb"(?<=\n)\.", b"..", piece)
                self.smtp.sock.sendall(b"." + stuffed if line_start and piece.startswith(b".") else stuffed)
                line_start, last = piece.endswith(b"\n"), (last + piece)[-2:]
            self.smtp.sock.sendall(b".\r\n" if last == b"\r\n" else b"\r\n.\r\n")
        except BaseException:
            self.close()  # the end was not sent, so the server drops what it got
            raise
        code, reply = self.smtp.getreply()
        if code != 250:
            raise Refused(code, reply, True)


class Courier:
    """Empties one folder of the provider, message by message."""

    def __init__(self, imap, sink, stop, alive, report, delivered):
        self.imap, self.sink, self.stop = imap, sink, stop
        self.alive, self.report, self.delivered = alive, report, delivered
        # (folder, validity, uid) -> (times refused for good, time of the last, messages delivered before that round)
        self.tries = {}
        self.before = 0  # messages delivered when the round began that this sweep ends

    def refused(self, key, final):
        """Notes a refusal; returns whether the message is beyond hope while others get through."""
        count, _, before = self.tries.get(key, (0, 0, self.before))
        self.tries[key] = (count + final, time.monotonic(), before)
        return count + final >= 3 and self.delivered() > before

    def sweep(self, pair, folder, aside, budget=300):
        """Returns (messages delivered, messages left, set aside, the last refusal)."""
        delivered, left, moved, refusal, drops = 0, 0, 0, "", 0
        until = time.monotonic() + budget
        sink = Sink(self.sink, pair[0])
        with Provider(self.imap, pair) as provider:
            source, aside = self.place(provider, folder), aside and provider.path(aside)
            if not provider.exists(source):
                return 0, 0, 0, ""
            provider.select(source)
            key = lambda uid: (source, provider.validity, uid)
            uids = sorted(provider.search("UNDELETED"), key=lambda uid: self.tries.get(key(uid), (0, 0))[1])
            for n, uid in enumerate(uids):
                self.alive()
                if self.stop.is_set() or time.monotonic() > until or drops >= 3:
                    left += len(uids) - n
                    break
                try:
                    self.carry(provider, uid, sink)
                    provider.delete(uid)
                    self.tries.pop(key(uid), None)
                    delivered, drops = delivered + 1, 0
                    self.report()
                except Refused as problem:
                    refusal = str(problem)
                    if self.refused(key(uid), problem.final) and aside:
                        provider.move(uid, aside)
                        self.tries.pop(key(uid))
                        moved += 1
                    else:
                        left += 1
                except (smtplib.SMTPException, ConnectionError, socket.timeout) as problem:
                    if isinstance(problem, imaplib.IMAP4.error):
                        raise
                    refusal = f"connection to the mail server lost: {problem}"
                    self.refused(key(uid), False)
                    sink.close()
                    left, drops = left + 1, drops + 1
        sink.close()
        return delivered, left, moved, refusal

    @staticmethod
    def place(provider, folder):
        return folder if folder in ("INBOX", "Junk") else provider.path(folder)

    @staticmethod
    def carry(provider, uid, sink):
        header = provider.part(uid, "HEADER.FIELDS (RETURN-PATH)") or b""
        sender = re.search(rb"<([\x21-\x3b\x3d\x3f-\x7e]+@[\x21-\x3b\x3d\x3f-\x7e]+)>", header)
        sink.deliver(sender.group(1).decode() if sender else "", provider.size(uid), provider.pieces(uid))
