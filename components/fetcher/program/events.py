"""What can happen in a run of fetchmail: what it tells of itself, and what the watch over it adds."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple


class Kind(Enum):
    ANSWERED = "the provider did what it was asked"
    PROVIDER_REFUSED = "the provider did not do what it was asked"
    MESSAGE_REFUSED = "the same, of a message that it was to give or to flag"
    PROVIDER_LEFT = "the provider says why it hangs up"
    LOGIN_REFUSED = "the provider does not take the password"
    CERTIFICATE_REFUSED = "fetchmail does not take the provider's certificate"
    DELIVERED = "one message is handed over, and is to be marked for deletion"
    FLAGGED = "it is marked"
    MAIL_SERVER_REFUSED = "the mail server does not take something"
    TIMED_OUT = "fetchmail's own timeout expired"
    SILENT = "no output and no traffic for so many seconds; fetchmail is ended"


class Event(NamedTuple):
    kind: Kind
    number: int = 0
    words: str = ""  # somebody else's, and fit for the log
