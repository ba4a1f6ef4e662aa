"""The mailbox's address and password, from the mounted Secrets."""

from __future__ import annotations

import os

Login = tuple[str, str]  # address, password


class Credentials:
    """The mounted Secret files. The kubelet swaps them in place, so they are read again and again."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.seen: set[str] = set()  # all that there were: somebody may still repeat an old one

    def read(self) -> Login | None:
        """(address, password), or None while one is missing."""
        values = []
        for name in ("address", "password"):
            try:
                with open(os.path.join(self.folder, name), encoding="utf-8", newline="") as file:
                    values.append(file.read().rstrip("\r\n"))
            except (OSError, UnicodeDecodeError):
                return None
        address, password = values
        self.seen.update(filter(None, values))
        return (address, password) if address and password else None

    def changed(self, login: Login) -> bool:
        return self.read() not in (login, None)
