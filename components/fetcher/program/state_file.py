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

    def write(self, value: object) -> None:
        """Whole or not at all."""
        try:
            os.makedirs(self.folder, exist_ok=True)
            with open(self.path + ".new", "w", encoding="utf-8") as file:
                json.dump(value, file)
            os.replace(self.path + ".new", self.path)
        except OSError as problem:
            raise OSError(reasons.cannot_report(reasons.of(problem))) from problem

    def read(self) -> Any:
        """What was written; None where there is nothing that can be read."""
        with contextlib.suppress(OSError, ValueError, RecursionError), open(self.path, encoding="utf-8") as file:
            return json.load(file)
        return None
