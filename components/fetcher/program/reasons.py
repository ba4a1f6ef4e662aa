"""Why mail does not flow: each reason the fetcher gives, in its words.

docs/reference/fetcher.md says of each what to do about it.

Whoever meets a trouble, fetchmail, the courier or the keeper, tells it in these words: one trouble is one line.
"""

from __future__ import annotations

NO_CREDENTIALS = "the Secret holds no address or no password for this mailbox"
NO_CONTACT = "no contact with the provider yet"
FIRST_ROUND = "the first round is not over yet"


def login_refused(why: object) -> str:
    return f"the provider refuses the login: {why or 'it gave no reason'}"


def is_login_refused(reason: str) -> bool:
    return reason.startswith("the provider refuses the login")


def certificate_refused(why: object) -> str:
    return f"the provider's certificate is not accepted: {why}"


def provider_answered(words: object) -> str:
    return f"the provider answered {words}"


def mail_server_answered(words: object) -> str:
    return f"the mail server answered {words}"


def cannot_connect(endpoint: tuple[str, int], why: object) -> str:
    return f"cannot connect to {endpoint[0]}:{endpoint[1]}: {why}"


def connection_lost(endpoint: tuple[str, int], why: object) -> str:
    return f"connection to {endpoint[0]}:{endpoint[1]} lost: {why}"


def silent(seconds: int) -> str:
    return f"no sign of life for {seconds} s"


def no_contact_for(seconds: int) -> str:
    return f"no contact with the provider for {seconds} s"


def some_stay(count: int, why: str) -> str:
    return f"{count} of the messages stay at the provider: {why}"


def fetchmail_ended(status: int) -> str:
    return f"fetchmail ended with status {status}"
