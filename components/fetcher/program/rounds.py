"""The state machine of a round: state and event in, state out; and when fetchmail has ended, the next step.

A round is one run of fetchmail and what follows it. docs/explanation/fetching.md has the picture.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

import reasons
from events import Event, Kind


class Round(NamedTuple):
    """What is known of the round that runs, or of the last one."""

    idling: bool = False  # fetchmail waits for new mail
    left: int = 0  # messages that stay at the provider
    refused: bool = False  # the login
    missing: bool = False  # the folder
    detail: str = ""  # why something did not work, in one line


def heard(now: Round, event: Event) -> Round:
    """The state after an event."""
    kind, number, words = event
    if kind in (Kind.ASKS, Kind.WAITS):
        return now._replace(idling=kind is Kind.WAITS)
    if kind in (Kind.PROVIDER_REFUSED, Kind.NO_SUCH_FOLDER):
        return now._replace(detail=reasons.provider_answered(words), missing=kind is Kind.NO_SUCH_FOLDER)
    if kind is Kind.LOGIN_REFUSED:
        return now._replace(refused=True)
    if kind is Kind.CERTIFICATE_REFUSED:  # the first line says why, the next ones only that it failed
        said = now.detail.startswith(reasons.certificate_refused(""))
        return now if said else now._replace(detail=reasons.certificate_refused(words))
    if kind is Kind.LEFT:
        return now._replace(left=now.left + 1)
    if kind is Kind.SKIPPED:
        return now._replace(left=max(now.left, 1))
    if kind is Kind.MAIL_SERVER_REFUSED:
        return now._replace(detail=reasons.mail_server_answered(words))
    if kind is Kind.SILENT:
        return now._replace(detail=reasons.silent(number))
    if kind in (Kind.TIMED_OUT, Kind.COURIER_FAILED):
        return now._replace(detail=words)
    if kind is Kind.CARRIED:
        return now._replace(left=number, detail=words or now.detail)
    return now


def waits_in_vain(now: Round, seconds: float) -> bool:
    """Whether fetchmail has waited for `seconds` while old mail is left: it waits for new mail only."""
    return now.idling and now.left > 0 and seconds > 5


class Ended(NamedTuple):
    """How fetchmail ended."""

    status: int
    seconds: float  # that it ran
    provider: str | None = None  # why the provider could not be reached, as its relay saw it
    mail_server: str | None = None  # the same of the mail server

    @property
    def well(self) -> bool:
        return self.status in (0, 1)  # 1: there was no mail


class Step(Enum):
    WAIT_ANEW = "start fetchmail again at once: nothing is wrong"
    LOG_IN_LATER = "wait until the provider may be asked again"
    CARRY = "let the courier try what is left"
    CONCLUDE = "say how the round went, and pause"


def unreachable(now: Round, ended: Ended) -> str | None:
    """Why a server could not be reached. When all is fetched, it does not matter who hung up on whom in the end."""
    return (ended.provider or ended.mail_server) if now.left or not ended.well else None


def next_step(now: Round, ended: Ended) -> Step:
    """What follows when fetchmail has ended."""
    if now.idling and not now.left and not ended.provider and ended.seconds > 60:
        return Step.WAIT_ANEW  # the provider, or our limit on silence, ended a long wait
    if now.refused:
        return Step.LOG_IN_LATER
    if now.left and not unreachable(now, ended):
        return Step.CARRY
    return Step.CONCLUDE


def problem(now: Round, ended: Ended, down: str | None) -> str:
    """What was wrong with a round, the courier's work included; an empty string when nothing was.

    `down` is why a server could not be reached when fetchmail ended.
    """
    if down:
        return down
    if now.left:
        return reasons.some_stay(now.left, now.detail)
    if not ended.well and not now.missing:  # a folder that is not there has no mail
        return now.detail or reasons.fetchmail_ended(ended.status)
    return ""
