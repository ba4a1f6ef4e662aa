"""The state of a run of fetchmail: state and event in, state out; and when it has ended, the next step. Pure.

docs/explanation/fetching.md has the picture.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

import reasons
from events import Event, Kind


class Round(NamedTuple):
    """What is known of the run that lasts, or of the last one."""

    delivered: int = 0
    flagged: int = 0  # of these, what the provider has marked for deletion
    refused: bool = False  # the login
    stuck: bool = False  # at a message; fetchmail would wait for it in vain
    detail: str = ""  # why something did not work, in one line


def apply(now: Round, event: Event) -> Round:
    """The state after an event."""
    kind, number, words = event
    if kind is Kind.DELIVERED:
        return now._replace(delivered=now.delivered + 1)
    if kind is Kind.FLAGGED:
        return now._replace(flagged=now.flagged + 1)
    if kind in (Kind.PROVIDER_REFUSED, Kind.PROVIDER_LEFT):
        return now._replace(detail=reasons.provider_answered(words))
    if kind is Kind.MESSAGE_REFUSED:
        return now._replace(detail=reasons.provider_answered(words), stuck=True)
    if kind is Kind.LOGIN_REFUSED:
        return now._replace(refused=True)
    if kind is Kind.CERTIFICATE_REFUSED:  # the first line says why, the next ones only that it failed
        said = now.detail.startswith(reasons.certificate_refused(""))
        return now if said else now._replace(detail=reasons.certificate_refused(words))
    if kind is Kind.MAIL_SERVER_REFUSED:
        return now._replace(detail=reasons.mail_server_answered(words))
    if kind is Kind.SILENT:
        return now._replace(detail=reasons.silent(number))
    if kind is Kind.TIMED_OUT:
        return now._replace(detail=words)
    return now


class Ended(NamedTuple):
    """How fetchmail ended."""

    status: int
    provider: str | None = None  # why the provider could not be reached, as its proxy saw it
    mail_server: str | None = None  # the same of the mail server

    @property
    def well(self) -> bool:
        return self.status in (0, 1)  # 1: there was no mail


class Step(Enum):
    DONE = "the outbox is empty"
    DELIVER_DIRECTLY = "deliver what is left message by message, in the session that is open"
    PAUSE_FETCHMAIL = "the same, and log in with fetchmail again later only"
    WAIT_FOR_SERVER = "the mail server is not there: wait"


def next_step(now: Round, ended: Ended, left: int) -> Step:
    """What follows when fetchmail has ended with so many messages left in the outbox."""
    if left == 0:
        return Step.DONE
    if now.refused:
        return Step.PAUSE_FETCHMAIL
    if ended.mail_server and ended.mail_server.startswith("cannot connect"):
        return Step.WAIT_FOR_SERVER
    return Step.DELIVER_DIRECTLY


def problem(now: Round, ended: Ended) -> str:
    """Why a run ended without having done its work, as far as is known."""
    return ended.mail_server or now.detail or ended.provider or reasons.fetchmail_ended(ended.status)
