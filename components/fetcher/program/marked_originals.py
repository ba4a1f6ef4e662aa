"""Originals of a time with `forever` were delivered then: now they are kept, and not delivered again."""

from __future__ import annotations

from batches import Batches
from folders import FETCHED, Layout
from imap_session import ImapSession
from kept_folders import Full, KeptFolders


def keep(
    session: ImapSession, layout: Layout, fresh: list[int], folders: KeptFolders, batches: Batches
) -> tuple[list[int], bool]:
    """Moves those of the open folder; returns what is to be delivered, and whether there are more of those."""
    marked = sorted(set(session.search("KEYWORD", FETCHED)) & set(fresh))
    part = marked[: batches.size]
    if not marked:
        return fresh, False
    folder: str | None = None

    def day() -> None:
        nonlocal folder
        folder = folders.folder(session, layout)

    try:
        folders.with_room(session, layout, day)
    except Full:
        folders.warn("the provider is full: what was delivered while it stayed in the inbox goes on staying")
        return [uid for uid in fresh if uid not in set(marked)], False
    if folder is None:
        return fresh, False
    target = folder
    done, refused = batches.piecewise(part, lambda uids: session.move(uids, target))
    if done:
        folders.say(f"{done} that were delivered while they stayed in the inbox moved to {target}")
    gone = set(marked) - set(refused)
    return [uid for uid in fresh if uid not in gone], done > 0 and len(marked) > len(part)
