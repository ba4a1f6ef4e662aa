"""Originals of a time with `forever` were delivered then: now they are kept, and not delivered again."""

from __future__ import annotations

from typing import NamedTuple

from batches import Batches
from folders import FETCHED, Layout, uid_set
from imap_session import ImapSession
from kept_folders import Full, KeptFolders


class Kept(NamedTuple):
    fresh: list[int]  # to be delivered
    moved: list[int]
    more: bool


def keep(session: ImapSession, layout: Layout, fresh: list[int], folders: KeptFolders, batches: Batches) -> Kept:
    """Moves those of the open folder."""
    found = sorted(set(session.first("KEYWORD", FETCHED)) & set(fresh))
    if not found:
        return Kept(fresh, [], False)
    part, later = found[: batches.size], found[batches.size :]
    folder: str | None = None

    def day() -> None:
        nonlocal folder
        folder = folders.folder(session, layout)

    try:
        folders.with_room(session, layout, day)
    except Full:
        folders.warn("the provider is full: what was delivered while it stayed in the inbox goes on staying")
        stay = {*bearing_the_mark(session, part), *later}
        return Kept([uid for uid in fresh if uid not in stay], [], False)
    if folder is None:
        return Kept(fresh, [], False)
    target, marked = folder, bearing_the_mark(session, part)
    done, refused = batches.piecewise(marked, lambda uids: session.move(uids, target))
    if done:
        folders.say(f"{done} that were delivered while they stayed in the inbox moved to {target}")
    moved = [uid for uid in marked if uid not in set(refused)]
    gone = {*moved, *later}
    return Kept([uid for uid in fresh if uid not in gone], moved, done > 0 and bool(later))


def bearing_the_mark(session: ImapSession, uids: list[int]) -> list[int]:
    """What is moved is not delivered: so a server that finds others, too, is not believed."""
    found = set[int]()
    for message in session.fetch(uid_set(uids), "(UID FLAGS)"):
        flags = message.items.get("FLAGS")
        words = [flag.lower() for flag in flags if isinstance(flag, bytes)] if isinstance(flags, list) else []
        if message.uid is not None and FETCHED.lower().encode() in words:
            found.add(message.uid)
    return [uid for uid in uids if uid in found]
