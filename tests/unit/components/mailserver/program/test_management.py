"""The client of the management interface, against a server that answers as each test says."""

from __future__ import annotations

import contextlib
import http.server
import json
import threading
import time
import unittest
from collections.abc import Callable
from typing import Any

from management import Jmap, Refused


class Answers(unittest.TestCase):
    def setUp(self) -> None:
        self.code, self.body, self.pause = 200, "{}", 0.0
        self.headers: list[dict[str, str]] = []
        case = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def answer(self) -> None:
                case.headers.append(dict(self.headers))
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                closing.wait(case.pause)
                with contextlib.suppress(ConnectionError):  # who did not wait is gone
                    self.send_response(case.code)
                    self.end_headers()
                    self.wfile.write(case.body.encode())

            do_GET = do_POST = answer

            def log_message(self, *_: object) -> None:
                pass

        closing = threading.Event()
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        for end in (server.server_close, server.shutdown, closing.set):
            self.addCleanup(end)
        self.jmap = Jmap(f"http://127.0.0.1:{server.server_address[1]}", "admin", "a password", 2)

    def answer(self, name: str, result: Any) -> None:
        self.body = json.dumps({"methodResponses": [[name, result, "0"]]})

    def refusal(self) -> str:
        with self.assertRaises(Refused) as caught:
            self.jmap.update("x:Account", "b", {"description": "Kinga"})
        return str(caught.exception)

    def test_every_answer_of_the_mail_server_that_is_no_result_is_a_refusal_with_its_reason(self) -> None:
        for name, result, text in (
            ("error", {"type": "forbidden"}, "x:Account/set: forbidden"),
            ("error", {}, "x:Account/set: no result"),
            ("x:Account/set", None, "x:Account/set: no result"),
            ("x:Account/set", {"notUpdated": {"b": {"type": "notFound"}}}, "x:Account/set: notFound"),
            ("x:Account/set", {"notUpdated": {"b": None}}, "x:Account/set: notUpdated"),
        ):
            with self.subTest(text):
                self.answer(name, result)
                self.assertEqual(self.refusal(), text)
        for body in ("", "{}", '{"methodResponses": []}'):
            with self.subTest(body):
                self.body = body
                self.assertRegex(self.refusal(), r"^x:Account/set: \w+Error$")
        refused = {"type": "forbidden"}
        steps: dict[str, Callable[[], None]] = {
            "notCreated": lambda: self.jmap.create("x:Account", {}),
            "notDestroyed": lambda: self.jmap.destroy("x:Account", ["new"]),
        }
        for failed, step in steps.items():
            with self.subTest(failed), self.assertRaisesRegex(Refused, "x:Account/set: forbidden"):
                self.answer("x:Account/set", {failed: {"new": refused}})
                step()
        self.answer("x:Account/set", {"updated": {"b": None}, "notUpdated": None})
        self.jmap.update("x:Account", "b", {"description": "Kinga"})

    def test_only_a_404_of_the_mail_server_says_that_a_page_is_missing(self) -> None:
        said = []
        for self.code in (200, 404, 403, 500, 503):
            said.append(self.jmap.is_missing("/admin/"))
        self.assertEqual(said, [False, True, False, False, False])
        self.assertIs(Jmap("http://127.0.0.1:9", "admin", "a password").is_missing("/admin/"), False)

    def test_a_mail_server_that_does_not_answer_in_time_is_a_refusal(self) -> None:
        self.pause = 20
        self.jmap.seconds = 0.5
        start = time.monotonic()
        self.assertIn("TimeoutError", self.refusal())
        self.assertFalse(self.jmap.is_missing("/admin/"))
        self.assertLess(time.monotonic() - start, 15)

    def test_a_download_has_a_longer_time_limit_than_other_requests_to_the_mail_server(self) -> None:
        self.pause = 1.5
        self.jmap.seconds = 0.5
        self.answer("x:Action/set", {"created": {"new": {"id": "a"}}})
        self.jmap.create("x:Action", {"@type": "UpdateApps"}, 30)

    def test_every_request_to_the_mail_server_has_the_address_that_is_never_banned_and_may_use_the_password(
        self,
    ) -> None:
        self.answer("x:Account/set", {})
        self.jmap.update("x:Account", "b", {})
        self.jmap.is_missing("/admin/")
        self.assertEqual([one.get("X-Forwarded-For") for one in self.headers], ["127.0.0.1"] * 2)


if __name__ == "__main__":
    unittest.main()
