"""The sandbox's fake of Stalwart in this process, with a plan applied, behind real HTTP."""

from __future__ import annotations

import http.server
import json
import os
import sys
import tempfile
import threading
import unittest
from typing import Any

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../rig/fakes/stalwart"))

from access import Access
from jmap import Jmap
from mail import Mail
from metrics import Metrics
from outgoing import Queue
from settings import Settings

PASSWORD = "correct horse battery staple"
DOMAIN = "home.test"


class NoTokens:
    def account(self, _token: str) -> None:
        return None


class FakeStalwart:
    """Settings, sign-in and JMAP; `broken` names methods that answer 500."""

    def __init__(self, test: unittest.TestCase) -> None:
        folder = tempfile.TemporaryDirectory()
        test.addCleanup(folder.cleanup)
        self.settings = Settings(folder.name)
        self.settings.registry.save = lambda: None
        self.metrics = Metrics()
        self.mail = Mail(folder.name, self.settings, self.metrics)
        self.queue = Queue(folder.name, self.mail, lambda _text: None)
        self.access = Access(self.settings, f"admin:{PASSWORD}")
        self.actions: list[str] = []
        self.jmap = Jmap(self.queue, self.settings, self.access, NoTokens(), self.actions.append)
        self.called: list[Any] = []
        self.broken: set[str] = set()
        self.has_web_ui = True
        fake = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200 if fake.has_web_ui else 404)
                self.end_headers()

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                method, arguments, _ = json.loads(body)["methodCalls"][0]
                fake.called.append((method, arguments))
                code, text = fake.jmap.answer(self.headers.get("Authorization"), self.path, body)
                if method in fake.broken:
                    code, text = 500, "{}"
                self.send_response(code)
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *_: object) -> None:
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        test.addCleanup(server.server_close)
        test.addCleanup(server.shutdown)
        self.url = f"http://127.0.0.1:{server.server_address[1]}"

    def apply(self, *operations: dict[str, Any]) -> Any:
        return self.settings.apply("\n".join(json.dumps(one) for one in operations), self.actions.append)

    def declare(self, *names: str) -> None:
        """What the stack's plan says of the domain and its accounts."""
        account = {"@type": "User", "domainId": "#domain", "description": "", "aliases": {}}
        self.apply(
            {"@type": "upsert", "object": "Domain", "matchOn": ["name"], "value": {"domain": {"name": DOMAIN}}},
            {"@type": "update", "object": "Authentication", "value": {"maxAppPasswords": 100}},
            {
                "@type": "upsert",
                "object": "Account",
                "matchOn": ["name", "domainId"],
                "value": {name: {**account, "name": name} for name in names},
            },
        )

    def declare_elsewhere(self, name: str, domain: str) -> str:
        """An account of a second domain; its id."""
        registry = self.settings.registry
        known = [one for one, value in registry.get("Domain").items() if value["name"] == domain]
        domain_id = known[0] if known else registry.create("Domain", {"name": domain})
        account = {"@type": "User", "domainId": domain_id, "description": "", "aliases": {}, "name": name}
        return str(registry.create("Account", account))

    def is_closed(self, identifier: str) -> bool:
        permissions = self.settings.registry.get("Account")[identifier].get("permissions", {})
        return bool(permissions.get("disabledPermissions", {}).get("authenticate"))

    def app_password(self, name: str) -> str:
        return str(self.access.make(name, {"description": "phone"})["secret"])

    def opens(self, user: str, password: str) -> bool:
        return bool(self.access.account(user, password))
