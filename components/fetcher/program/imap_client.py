"""imaplib's client with a reader of its own: it bears what servers send that no standard has, and stays in step.

Python's own gives the session up for a blank line, a line end without CR, `OK` in small letters or without a text, and
takes `{5+}` for text. Text in which nothing makes sense is passed over, but not in an answer with a part of a message:
there it may be a message whose length was told wrong, and whoever sent the message could write answers into it.
"""

from __future__ import annotations

import base64
import re
import secrets
import socket
import ssl
from typing import Any

import reasons
from imap_reader import OVERHEAD, Reader

TO_ANSWER = 60
TO_STRANGER = 5
MOST_NOISE = 50  # lines in a row in which nothing makes sense

Answer = tuple[str, list[Any]]
TAGGED = re.compile(rb"(\S+)[ \t]+([A-Za-z]+)(?:[ \t]+(.*))?", re.DOTALL)
UNTAGGED = re.compile(rb"\*[ \t]*(?:(\d+)[ \t]+)?([A-Za-z][A-Za-z0-9-]*)[ \t]*(.*)", re.DOTALL)
STATES = ("OK", "NO", "BAD", "BYE", "PREAUTH")  # what follows is text, and never a literal
LASTING = ("BYE", "EXISTS", "UIDVALIDITY")  # responses that hold for more than one command
CODE = re.compile(rb"\[([A-Za-z0-9-]+)(?: (\(.*?\)|[^\]]*))?\]", re.DOTALL)
LITERAL = re.compile(rb"\{(\d+)\+?\}$")


class Unusable(OSError):
    """What answers is no IMAP server, or none to log in to."""


class Client(Reader):
    """The commands of imaplib's client, with answers read anew."""

    # imaplib's own, which typeshed knows for text only
    tagpre: Any
    literal: Any
    tagged_commands: dict[bytes, Any]
    untagged_responses: dict[str, list[Any]]
    continuation_response: Any

    continued = False  # whether the server said "+" since that was last reset

    def __init__(self, host: str, port: int, context: ssl.SSLContext) -> None:
        self.buffer, self.noise, self.fetching = bytearray(), 0, False
        super().__init__(host, port, ssl_context=context, timeout=TO_ANSWER)

    def _mode_ascii(self) -> None:
        super()._mode_ascii()  # type: ignore[misc] # typeshed does not know what is imaplib's own
        self._encoding = "latin-1"  # names of folders go back as they came, byte for byte

    # The greeting

    def _connect(self) -> None:
        self.tagpre = b"F" + secrets.token_hex(3).upper().encode() + b"-"
        self.begin_answer()
        self.greet()
        self.state = "NONAUTH"
        self.sock.settimeout(TO_ANSWER)
        self.capabilities: tuple[str, ...] = ()
        self.learn_capabilities()

    def greet(self) -> None:
        endpoint, strange = (self.host, self.port), b""
        for _ in range(MOST_NOISE):
            try:
                line = self._get_line()
            except (OSError, self.abort):
                if not strange:
                    raise
                break
            found = UNTAGGED.match(line)
            kind = found.group(2).upper().decode() if found else ""
            if found and kind == "OK":
                self.note_code(found.group(3))
                return
            if kind == "PREAUTH":
                raise Unusable(reasons.logged_in_already(endpoint))
            if kind in STATES:
                raise self.error(line.decode("utf-8", "replace").lstrip("* "))
            strange = strange or line.strip()
            if strange and not found:
                self.sock.settimeout(TO_STRANGER)  # whoever speaks another protocol waits for an answer now
        raise Unusable(reasons.not_imap(endpoint, strange[:200].decode("utf-8", "replace")))

    def learn_capabilities(self) -> None:
        """By CAPABILITY, or else as the server tells them unasked; what it told before the login, if nothing then."""
        unasked = self.untagged_responses.pop("CAPABILITY", [])[-1:]
        self._simple_command("CAPABILITY")
        told = self.untagged_responses.pop("CAPABILITY", []) or unasked
        text = b" ".join(line for line in told if isinstance(line, bytes))
        self.capabilities = tuple(text.decode("latin-1").upper().split()) or self.capabilities

    # The login

    def log_in(self, user: str, password: str) -> Answer:
        """With PLAIN where the server has it; with LOGIN where not, and where it does not know PLAIN after all."""
        if "AUTH=PLAIN" in self.capabilities:
            self.secrets = [b"*", base64.b64encode(f"\0{user}\0{password}".encode())]
            self.literal = self.next_secret
            answer = self._simple_command("AUTHENTICATE", "PLAIN")
            if answer[0] != "BAD" or "LOGINDISABLED" in self.capabilities:
                return self.logged_in(answer)
        quoted = (self._quote(text).encode() for text in (user, password))
        return self.logged_in(self._simple_command("LOGIN", *quoted))

    def next_secret(self, _: object) -> bytes:
        """What is sent for each "+" of the server's: the login, and for a second one that there is no more to say."""
        if not self.secrets:
            raise self.abort("it asks for the login again and again")
        return self.secrets.pop()

    def logged_in(self, answer: Answer) -> Answer:
        self.state = "AUTH" if answer[0] == "OK" else self.state
        return answer

    # Commands and answers

    def _command(self, name: str, *args: Any) -> bytes:
        self.fetching = name == "UID" and args[0] == "FETCH" and "]<" in args[-1]
        self.begin_answer(self.fetching)
        tag: bytes = super()._command(name, *args)  # type: ignore[misc]
        return tag

    def _log(self, _: str) -> None:
        """imaplib's own keeps the last commands, and passwords with them."""

    def _command_complete(self, name: str, tag: bytes) -> Answer:
        """BAD is an answer like NO: the words of both count."""
        if name != "LOGOUT":
            self._check_bye()
        answer: Answer = self._get_tagged_response(tag, expect_bye=name == "LOGOUT")
        if name != "LOGOUT":
            self._check_bye()
        return answer

    def _untagged_response(self, kind: str, data: list[Any], name: str) -> Answer:
        if kind not in ("OK", name):  # refused; `name` where it is `response` that asks
            return kind, data
        answer: Answer = super()._untagged_response(kind, data, name)  # type: ignore[misc]
        return answer

    def _check_bye(self) -> None:
        if said := self.untagged_responses.get("BYE"):
            raise self.abort(said[-1].decode("utf-8", "replace") or "BYE")

    def select(self, mailbox: str = "INBOX", _: bool = False) -> Answer:
        """imaplib's own ends the session at a folder that can only be read."""
        self.untagged_responses = {}
        kind, data = self._simple_command("SELECT", mailbox)
        self.state = "SELECTED" if kind == "OK" else "AUTH"
        if "READ-ONLY" in self.untagged_responses and kind == "OK":
            return "NO", [b"[READ-ONLY] " + mailbox.encode("latin-1") + b" cannot be changed"]
        return kind, data

    def _get_response(self) -> bytes | None:
        """Reads a response and notes it; None for a "+"."""
        line = self._get_line()
        if line.startswith(self.tagpre) and (found := TAGGED.fullmatch(line)):
            self.noise, kind = 0, found.group(2).upper().decode()
            if found.group(1) in self.tagged_commands:  # else it is told for the second time
                self.tagged_commands[found.group(1)] = (kind, [found.group(3) or b""])
                self.note_code(found.group(3) or b"")
        elif line.startswith(b"+"):
            self.continuation_response, self.continued = line[1:].strip(), True
            return None
        elif found := UNTAGGED.fullmatch(line):
            self.noise = 0
            self.note(found.group(2).upper().decode(), b" ".join(filter(None, (found.group(1), found.group(3)))))
        elif line.strip():
            self.noise += 1
            self.note_code(line)  # Exchange 2013 leaves "* OK" away before the UIDs of what was moved
            if self.fetching or self.noise > MOST_NOISE:
                raise self.abort("it says what is no IMAP")  # it may be a line of somebody's mail
        return line or b" "

    def note(self, kind: str, text: bytes) -> None:
        """Keeps an untagged response with all of its literals."""
        if kind in STATES:
            self.note_code(text)
        while kind not in STATES and (found := LITERAL.search(text)):
            self._append_untagged(kind, (text, self.read(int(found.group(1)[:15]))))
            text = self._get_line()
        self._append_untagged(kind, text)

    def _append_untagged(self, kind: str, data: Any) -> None:
        self.keep(len(data[0] if isinstance(data, tuple) else data or b"") + OVERHEAD)
        super()._append_untagged(kind, data)  # type: ignore[misc] # typeshed does not know what is imaplib's own

    def forget(self) -> None:
        """Before a command: what was said until now is not of its answer, and of the rest the last word counts."""
        said = self.untagged_responses
        self.untagged_responses = {kind: said[kind][-1:] for kind in LASTING if kind in said}

    def note_code(self, text: bytes) -> None:
        if found := CODE.match(text):
            self._append_untagged(found.group(1).upper().decode(), found.group(2))

    def drain(self) -> None:
        """Notes what came after the last answer: it belongs to no command, so not to the next one either."""
        self.begin_answer()  # the last command may be long ago
        while self.response_within(0.0):
            pass

    def response_within(self, seconds: float) -> bool:
        """Notes the next response, if one comes in this time."""
        if b"\n" not in self.buffer:
            self.sock.settimeout(seconds)
            try:
                self.fill()
            except (socket.timeout, BlockingIOError, ssl.SSLWantReadError):
                return False
            finally:
                self.sock.settimeout(TO_ANSWER)
        if b"\n" not in self.buffer:
            return False
        self._get_response()
        return True
