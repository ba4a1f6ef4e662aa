"""Which messages of the outbox may bear fetchmail's flag for deletion, written down before each of its runs.

With `retention: 0` the message in the outbox is the only one there is, so that a new process must not take a flag that
somebody else has set for fetchmail's. In every other mode the flag is believed: there is a copy, or the original.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterable

import reasons
from failures import Key
from folders import Retention


class OutboxRecord:
    def __init__(self, folder: str, retention: Retention) -> None:
        self.folder, self.needed = folder, retention == 0

    @property
    def path(self) -> str:
        return os.path.join(self.folder, "outbox.json")

    def write(self, outbox: str, validity: bytes, keys: Iterable[Key]) -> None:
        if not self.needed:
            return
        uids = sorted({uid for folder, valid, uid in keys if (folder, valid) == (outbox, validity)})
        try:
            os.makedirs(self.folder, exist_ok=True)
            with open(self.path + ".new", "w", encoding="utf-8") as file:
                json.dump({"folder": outbox, "validity": validity.decode("latin-1"), "uids": uids}, file)
            os.replace(self.path + ".new", self.path)
        except OSError as problem:
            raise OSError(reasons.cannot_report(reasons.of(problem))) from problem

    def delivered(self, flagged: set[Key]) -> set[Key]:
        """Of what bears the flag, what fetchmail may have given it to."""
        if not self.needed:
            return flagged
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
            with open(self.path, encoding="utf-8") as file:
                known = json.load(file)
            place = known["folder"], known["validity"].encode("latin-1")
            return flagged & {(*place, uid) for uid in known["uids"]}
        return set()
