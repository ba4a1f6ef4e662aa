"""Which messages of the outbox may bear fetchmail's flag for deletion, written down before fetchmail may set it.

A new process must not take a flag that somebody else has set for fetchmail's: with `retention: 0` the message in the
outbox is the only one there is, and a copy in the kept folder is not delivered mail. What is written down was without
the flag then. Without a record, after a power cut or in a new pod, no flag is believed: messages come twice.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable

from failures import Key
from state_file import StateFile


class OutboxRecord:
    def __init__(self, folder: str) -> None:
        self.file = StateFile(folder, "outbox.json")
        self.last: tuple[str, bytes, set[int]] = "", b"", set()

    def write(self, outbox: str, validity: bytes, keys: Iterable[Key]) -> None:
        self.last = outbox, validity, {uid for folder, valid, uid in keys if (folder, valid) == (outbox, validity)}
        self.add(())

    def add(self, more: Iterable[int]) -> None:
        """UIDs of the same folder."""
        outbox, validity, known = self.last
        known.update(more)
        self.file.write({"folder": outbox, "validity": validity.decode("latin-1"), "uids": sorted(known)})

    def delivered(self, flagged: set[Key]) -> set[Key]:
        """Of what bears the flag, what fetchmail may have given it to."""
        known = self.file.read()
        with contextlib.suppress(ValueError, KeyError, TypeError, AttributeError):
            place = known["folder"], known["validity"].encode("latin-1")
            return flagged & {(*place, uid) for uid in known["uids"]}
        return set()
