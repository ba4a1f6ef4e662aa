"""Small files of what a new process must know. The volume outlives the container, and not the pod."""

from __future__ import annotations

import contextlib
import json
import os
from typing import Any

import reasons


class StateFile:
    def __init__(self, folder: str, name: str) -> None:
        self.folder, self.name = folder, name

    @property
    def path(self) -> str:
        return os.path.join(self.folder, self.name)

    def write(self, value: object, sync: bool = False) -> None:
        """Whole or not at all; with `sync`, so that a node without power does not forget it either."""
        try:
            os.makedirs(self.folder, exist_ok=True)
            with open(self.path + ".new", "w", encoding="utf-8") as file:
                json.dump(value, file)
                if sync:
                    file.flush()
                    os.fsync(file.fileno())
            os.replace(self.path + ".new", self.path)
            if sync:
                self.sync_folder()
        except OSError as problem:
            raise OSError(reasons.cannot_report(reasons.of(problem))) from problem

    def sync_folder(self) -> None:
        folder = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def read(self) -> Any:
        """What was written; None where there is nothing that can be read."""
        with contextlib.suppress(OSError, ValueError, RecursionError), open(self.path, encoding="utf-8") as file:
            return json.load(file)
        return None
