"""Logins, from the mounted Secrets: the mailbox's at the provider, and those of its sources."""

from __future__ import annotations

import os
from typing import NamedTuple


class Login(NamedTuple):
    user: str
    password: str
    recipient: str  # the mailbox's address: at a source the user is another one


class Credentials:
    """The mounted Secret files. The kubelet swaps them in place, so they are read again and again."""

    def __init__(self, folder: str, source: str = "") -> None:
        # In a folder of their own: a source may be called like one of the pod's files.
        account = os.path.join(folder, "sources", source) if source else folder
        self.user = os.path.join(account, "user" if source else "address")
        self.password = os.path.join(account, "password")
        self.address = os.path.join(folder, "address")
        self.seen: set[str] = set()  # all that there were: somebody may still repeat an old one

    def read(self) -> Login | None:
        """None while one is missing."""
        values = []
        for path in (self.user, self.password, self.address):
            try:
                with open(path, encoding="utf-8", newline="") as file:
                    values.append(file.read().rstrip("\r\n"))
            except (OSError, UnicodeDecodeError):
                return None
        self.seen.update(filter(None, values))
        return Login(*values) if all(values) else None

    def changed(self, login: Login) -> bool:
        return self.read() not in (login, None)
