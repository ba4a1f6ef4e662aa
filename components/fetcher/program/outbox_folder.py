"""Makes the outbox at the provider, and finds where the provider lets it be."""

from __future__ import annotations

import reasons
from folders import Layout
from imap_connection import CommandRefused
from imap_session import ImapSession
from kept_folders import Full, KeptFolders


def prepare(session: ImapSession, layout: Layout, folders: KeptFolders) -> Layout | None:
    """Below the inbox where the provider wants it there and does not say so; None where it refuses the folder."""
    below = layout._replace(prefix=f"INBOX{layout.separator or '.'}")
    refusal: object = ""
    for place in (layout, below) if not layout.prefix else (layout,):
        try:
            session.create(place.outbox)
            if place is not below and not layout.prefix:
                bring_home(session, below.outbox, place.outbox)
            return place
        except CommandRefused as problem:
            refusal = refusal or problem
    try:
        folders.with_room(session, layout, lambda: create(session, layout.outbox))
    except (CommandRefused, Full):
        folders.warn(reasons.no_outbox(refusal))
        return None
    return layout


def create(session: ImapSession, folder: str) -> None:
    session.create(folder)


def bring_home(session: ImapSession, other: str, outbox: str) -> None:
    """What was put into the outbox below the inbox, while the one beside it was refused, must not stay there."""
    if session.exists(other):
        session.select(other)
        uids = session.search("UNDELETED")
        if uids:
            session.move(uids, outbox)
