"""Why mail does not flow: each reason the fetcher gives, in its words.

docs/reference/fetcher.md says of each what to do about it.

Whoever meets a trouble, fetchmail, the direct delivery, tells it in these words: one trouble is one line.
"""

from __future__ import annotations

import socket

NO_CREDENTIALS = "the Secret holds no address or no password for this mailbox"
NO_CONTACT = "no contact with the provider yet"
ASTRAY = "another client removed it from the outbox, and the provider refuses to copy it there again"
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


def is_refusal(reason: str) -> bool:
    return reason.startswith("the mail server answered")


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


def of(problem: BaseException) -> object:
    """Why a connection failed, as the system says it."""
    if isinstance(problem, socket.timeout):
        return "timed out"
    return (problem.strerror if isinstance(problem, OSError) else None) or str(problem) or type(problem).__name__


def incomplete(given: int, announced: int | None, uid: int) -> str:
    of_how_many = f"{given:,} of {announced:,} bytes" if announced is not None else f"{given:,} bytes and no size"
    return f"the provider returned {of_how_many} of message UID {uid}"


def changes(uid: int) -> str:
    return f"the provider returns another text each time for message UID {uid}, and does not delete it"


def delivered_but_stays(words: object) -> str:
    return f"delivered, and the provider refuses to delete it: {words}"


def aside_but_stays(words: object) -> str:
    return f"copied to the folder for what was refused, and the provider refuses to take it away: {words}"


def fetched_but_stays(words: object) -> str:
    return f"fetched, and the provider refuses to take it out of the inbox: {words}"


def no_outbox(words: object) -> str:
    return f"the provider refuses the folder Fetcher-Outbox, so each message is delivered from the inbox: {words}"


def nothing_delivered_for(count: int, seconds: int) -> str:
    return f"{count} messages wait and none was delivered for {seconds} s"


def cannot_report(why: object) -> str:
    return f"cannot write to the state volume: {why}"


def clocks_differ(ahead: object) -> str:
    return f"the provider's clock differs from this node's by {ahead}: kept mail is deleted once it is old by both"


def search_overlooks(count: int) -> str:
    return f"the provider's search overlooks {count} that were not fetched: their flags tell of them, and they are now"


def made_anew(folder: str, count: int) -> str:
    return f"{folder} was made anew, with {count} that were not delivered: all that is in it is delivered again"


def flag_stays(words: object) -> str:
    return f"the provider refuses to take the flag for deletion off what is to be delivered: {words}"


def not_imap(endpoint: tuple[str, int], words: str) -> str:
    return f"{endpoint[0]}:{endpoint[1]} does not speak IMAP over TLS: {words}"


def logged_in_already(endpoint: tuple[str, int]) -> str:
    return f"no password was sent to {endpoint[0]}:{endpoint[1]}, which says that somebody is logged in already"
