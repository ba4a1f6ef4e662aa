"""What an IMAP server sends, as lines and literals, with bounds for both: nothing that comes fills the pod's memory."""

from __future__ import annotations

import imaplib
import io
import math
import socket
import time
from typing import Callable

TO_GREET = 120  # seconds: some let a new connection wait on purpose
TO_END = 150  # seconds for a command whose answer does not end; the pod is ended when it says nothing for three minutes
LONGEST_LINE = 10_000_000  # bytes; a SEARCH over a large folder answers in one line
LARGEST_LITERAL = 40 * 1024 * 1024  # bytes; messages are asked for in pieces, and more would not fit into the pod
LARGEST_OTHER = 16 * 1024  # bytes of a literal that is no such piece; a header field is as long as its sender likes
LARGEST_ANSWER = 20 * 1024 * 1024  # bytes of an answer; a thousand such fields are in one
BESIDE = 8 * 1024 * 1024  # bytes of an answer besides a piece of a message
OVERHEAD = 64  # bytes in memory for a line that is kept, whatever is in it
ENDLESS = 1 << 30  # bytes; no message is so large


class Reader(imaplib.IMAP4_SSL):
    """Waits longer for the greeting than for anything else."""

    buffer: bytearray
    until = math.inf  # when the answer to the command has to be over, on the monotonic clock
    most = room = LARGEST_ANSWER  # bytes that may be kept of an answer, and how many of them still may
    origin: int | None = None  # where the piece of a message begins that is asked for
    total = 0  # the length of a message that is too large for one response, and was given in one
    cut = False  # whether the last piece is what fits of such a message, from `origin` on
    alive: Callable[[], None] = staticmethod(lambda: None)

    def _create_socket(self, timeout: float | None) -> socket.socket:
        sock: socket.socket = super()._create_socket(timeout)  # type: ignore[misc] # typeshed does not know it
        sock.settimeout(TO_GREET)
        return sock

    def fill(self) -> None:
        data = self.sock.recv(1 << 16)
        if not data:
            raise self.abort("the provider hung up")
        self.buffer += data

    def begin_answer(self, piece: bool = False) -> None:
        """What comes from now on is another answer; with a piece of a message in it or not."""
        self.until = time.monotonic() + TO_END
        self.most = self.room = LARGEST_LITERAL + BESIDE if piece else LARGEST_ANSWER

    def keep(self, size: int) -> None:
        self.room -= size
        if self.room < 0:
            raise self.abort(f"an answer of more than {self.most:,} bytes")

    def _get_line(self) -> bytes:
        searched, end = 0, -1
        while end < 0:
            if time.monotonic() > self.until:
                raise self.abort(f"an answer that does not end in {TO_END} s")
            if (end := self.buffer.find(b"\n", searched)) < 0:
                searched = len(self.buffer)
                if searched > LONGEST_LINE:
                    raise self.abort(f"a line of more than {LONGEST_LINE:,} bytes")
                self.fill()
        line = bytes(self.buffer[:end])
        del self.buffer[: end + 1]
        return line.rstrip(b"\r")

    def read(self, size: int) -> bytes:
        """A literal, or how it begins. If a piece of a message is asked for, what fits of it, from `origin` on."""
        self.cut, first, started = size > LARGEST_LITERAL, 0, time.monotonic()
        if self.cut:
            if (
                self.origin is None
                or size > ENDLESS
                or (self.origin and size not in (self.total, self.total - self.origin))
            ):
                raise self.abort(f"{size:,} bytes in one response")
            self.total = self.total if self.origin else size
            first = self.origin if size == self.total else 0
        most = LARGEST_OTHER if self.origin is None else LARGEST_LITERAL
        last, at, kept = min(size, first + most), 0, io.BytesIO()  # which gives it away without a copy
        self.keep(max(last - first, 0))
        while at < size:
            if not self.buffer:
                self.fill()
            part = self.buffer[: size - at]
            del self.buffer[: len(part)]
            kept.write(part[max(first - at, 0) : max(last - at, 0)])
            if at >> 16 != (at + len(part)) >> 16:  # not for each byte: who drips them is no better than who is silent
                self.alive()
            at += len(part)
        self.until += time.monotonic() - started
        return kept.getvalue()
