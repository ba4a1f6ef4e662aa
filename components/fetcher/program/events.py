"""What can happen in a round: what fetchmail tells of itself, and what the courier and the watch over it add."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple


class Kind(Enum):
    ASKS = "fetchmail sends the provider a command"
    WAITS = "it sends the one with which it waits for new mail"
    ANSWERED = "the provider did what it was asked"
    PROVIDER_REFUSED = "the provider did not do what it was asked"
    NO_SUCH_FOLDER = "the same, because there is no such folder"
    LOGIN_REFUSED = "the provider does not take the password"
    CERTIFICATE_REFUSED = "fetchmail does not take the provider's certificate"
    FOUND = "so many messages are at the provider"
    DELIVERED = "one message is handed over and marked for deletion"
    LEFT = "one message stays at the provider"
    SKIPPED = "the rest of the messages stays there, too"
    MAIL_SERVER_REFUSED = "the mail server does not take something"
    TIMED_OUT = "fetchmail's own patience is over"
    SILENT = "nothing was heard for so many seconds; fetchmail is ended"
    CARRIED = "the courier has tried what was left; so many messages still are"
    COURIER_FAILED = "the courier could not work"


class Event(NamedTuple):
    kind: Kind
    number: int = 0
    words: str = ""  # somebody else's, and fit for the log
