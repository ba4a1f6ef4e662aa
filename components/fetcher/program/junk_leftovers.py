"""What is left at the provider of a Junk folder that is fetched no more."""

from __future__ import annotations

from typing import Callable

from folders import Layout
from imap_connection import CommandRefused, SessionLost
from imap_session import ImapSession
from kept_folders import KeptFolders

TRIES = 3  # a connection may be lost for other reasons


class JunkLeftovers:
    def __init__(self, kept: KeptFolders, say: Callable[[str], None]) -> None:
        self.kept, self.say = kept, say
        self.lost: dict[str, int] = {}  # sessions over each folder: the inbox does not wait for that for ever

    @staticmethod
    def layout(inbox: Layout) -> Layout:
        return inbox._replace(suffix="-Junk")

    def give_back(self, session: ImapSession, inbox: Layout) -> None:
        """What waits in its outbox, or was set aside, goes back to where it came from: it is not wanted here."""
        layout = self.layout(inbox)
        for folder in (layout.outbox, layout.staging, layout.refused):
            if self.lost.get(folder, 0) >= TRIES:
                continue
            try:
                if not session.exists(folder) or not session.count(folder):
                    continue
                session.select(folder)
                # In staging, the flag does not mean that a message is delivered.
                uids = session.search("ALL" if folder == layout.staging else "UNDELETED")
                place = next((name for name in ("Junk", f"{inbox.prefix}Junk") if session.exists(name)), None)
                if uids and place:
                    session.move(uids, place)
                    self.say(f"{len(uids)} from {folder} moved back to {place}, which is not fetched any more")
                elif uids:
                    session.move(uids, inbox.outbox)
            except CommandRefused as problem:
                self.kept.warn(f"the provider refuses to empty {folder}: {problem}")
                if not session.moves:  # there may be copies, which are not made again in each session
                    self.lost[folder] = TRIES
            except SessionLost as lost:
                self.lost[folder] = self.lost.get(folder, 0) + 1
                if self.lost[folder] == TRIES:
                    self.kept.warn(f"{folder} is left as it is: {lost}")
                raise

    def expire(self, session: ImapSession, inbox: Layout) -> None:
        self.kept.expire(session, self.layout(inbox))
