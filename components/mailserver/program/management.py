"""The mail server's management interface: JMAP as its administrator. One method per request."""

from __future__ import annotations

import base64
import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Sequence
from typing import Any

Value = dict[str, Any]

USING = ["urn:ietf:params:jmap:core", "urn:stalwart:jmap"]
BATCH = 100  # the server takes 500 ids in one request

# The server expects the header on every request. This address is never banned, and the one that may log in with a
# password at this interface in spite of the header (crates/http/src/request.rs, "to avoid lockouts").
FROM_HERE = {"X-Forwarded-For": "127.0.0.1"}


class Refused(Exception):
    """The server did not do what it was asked. The text names no account."""


class Jmap:
    def __init__(self, url: str, user: str, password: str, seconds: float = 30) -> None:
        self.url, self.seconds = url, seconds
        self.login = base64.b64encode(f"{user}:{password}".encode()).decode()

    def call(self, method: str, arguments: Value, seconds: float | None = None) -> Value:
        body = json.dumps({"using": USING, "methodCalls": [[method, arguments, "0"]]}).encode()
        headers = {
            "Authorization": f"Basic {self.login}",
            "Content-Type": "application/json",
            **FROM_HERE,
        }
        request = urllib.request.Request(f"{self.url}/jmap", data=body, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=seconds or self.seconds) as response:
                name, result, _ = json.load(response)["methodResponses"][0]
        except urllib.error.HTTPError as error:
            raise Refused(f"{method}: HTTP status {error.code}") from None
        except (OSError, http.client.HTTPException, ValueError, KeyError, IndexError) as error:
            raise Refused(f"{method}: {type(error).__name__}") from None
        if name == "error" or not isinstance(result, dict):
            raise Refused(f"{method}: {result.get('type', 'no result') if isinstance(result, dict) else 'no result'}")
        return result

    def is_missing(self, path: str) -> bool:
        """Whether the server says that there is no such page; other answers, and none, say nothing."""
        request = urllib.request.Request(f"{self.url}{path}", headers=FROM_HERE)
        try:
            urllib.request.urlopen(request, timeout=self.seconds).close()
        except urllib.error.HTTPError as error:
            return error.code == 404
        except OSError:
            pass
        return False

    def all(self, kind: str) -> list[Value]:
        """Every object of one kind."""
        # In one answer, of up to 5,000. Where a position is named the server counts from the oldest, and else from the
        # newest (crates/jmap/src/registry/query.rs): pages do not fit together.
        ids = self.call(f"{kind}/query", {}).get("ids", [])
        found: list[Value] = []
        for start in range(0, len(ids), BATCH):
            found += self.call(f"{kind}/get", {"ids": ids[start : start + BATCH]}).get("list", [])
        return found

    def create(self, kind: str, value: Value, seconds: float | None = None) -> None:
        result = self.call(f"{kind}/set", {"create": {"new": value}}, seconds)
        self.check(kind, result, "notCreated")

    def update(self, kind: str, identifier: str, patch: Value) -> None:
        result = self.call(f"{kind}/set", {"update": {identifier: patch}})
        self.check(kind, result, "notUpdated")

    def destroy(self, kind: str, identifiers: Sequence[str]) -> None:
        result = self.call(f"{kind}/set", {"destroy": list(identifiers)})
        self.check(kind, result, "notDestroyed")

    @staticmethod
    def check(kind: str, result: Value, failed: str) -> None:
        for error in (result.get(failed) or {}).values():
            raise Refused(f"{kind}/set: {error.get('type', failed) if isinstance(error, dict) else failed}")
