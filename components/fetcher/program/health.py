"""Tells the outside how fetching goes: HTTP pages, a file for the readiness probe, and the termination message."""

from __future__ import annotations

import contextlib
import http.server
import json
import os
import threading
import time
from collections.abc import Sequence

import status_page
from worker import Worker


class Health(http.server.BaseHTTPRequestHandler):
    """/live, /ready, /metrics, /status."""

    workers: Sequence[Worker] = ()  # of the provider; these alone decide whether the pod is ready and alive
    sources: Sequence[Worker] = ()
    mailbox, limit = "", 180.0
    METRICS = (
        ("last_contact_timestamp_seconds", "gauge", "When the provider last answered.", lambda w: w.status.contact),
        ("last_delivery_timestamp_seconds", "gauge", "When a message was handed over.", lambda w: w.status.delivery),
        ("last_error_timestamp_seconds", "gauge", "When fetching last failed.", lambda w: w.status.last_error_time),
        ("delivered_total", "counter", "Messages handed over since start.", lambda w: w.status.delivered),
        ("waiting", "gauge", "Messages at the provider that are still to come.", lambda w: w.status.waiting),
        ("waiting_since_timestamp_seconds", "gauge", "Since when none of it came.", lambda w: w.status.waiting_since()),
        ("left", "gauge", "Messages that the mail server did not take in the latest round.", lambda w: w.status.left),
        ("set_aside", "gauge", "Messages refused for good, in a folder at the provider.", lambda w: w.status.aside),
        ("rounds_total", "counter", "Times fetchmail was started.", lambda w: w.status.rounds),
        ("logins_total", "counter", "Logins at the provider since start, of all folders.", lambda w: w.logins.total),
        ("login_refused", "gauge", "Whether the provider refuses the login.", lambda w: int(w.status.refused())),
        ("ready", "gauge", "Whether mail flows.", lambda w: int(not w.unready_reason())),
    )

    def do_GET(self) -> None:
        if self.path == "/live":
            stuck = [w.folder for w in self.workers if time.monotonic() - w.beat > self.limit]
            self.answer(503 if stuck else 200, f"stuck: {', '.join(stuck)}" if stuck else "ok")
        elif self.path == "/ready":
            reason = unready_reason(self.workers)
            self.answer(503 if reason else 200, reason or "ok")
        elif self.path == "/metrics":
            self.answer(200, self.metrics())
        elif self.path == "/status":
            self.answer(200, json.dumps(self.status()), "application/json")
        else:
            self.answer(404, "no such page")

    def metrics(self) -> str:
        # Under names of their own: an old account that fails is not the mailbox that fails.
        lines = self.lines("fetchmail_", self.workers)
        if self.sources:
            lines += self.lines("fetchmail_source_", self.sources)
        return "\n".join(lines)

    def lines(self, prefix: str, workers: Sequence[Worker]) -> list[str]:
        lines = []
        for name, kind, text, value in self.METRICS:
            lines += [f"# HELP {prefix}{name} {text}", f"# TYPE {prefix}{name} {kind}"]
            for w in workers:
                source = f',source="{w.options.source}"' if w.options.source else ""
                labels = f'mailbox="{self.mailbox}"{source},folder="{w.folder}"'
                lines.append(f"{prefix}{name}{{{labels}}} {value(w):.15g}")
        return lines

    def status(self) -> dict[str, object]:
        return status_page.page(self.workers, self.sources, self.mailbox, unready_reason(self.workers))

    def answer(self, code: int, text: str, kind: str = "text/plain; version=0.0.4; charset=utf-8") -> None:
        body = (text + "\n").encode()
        self.send_response(code)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def serve(port: int, workers: Sequence[Worker], sources: Sequence[Worker], mailbox: str, limit: float) -> None:
    """Answers on all the pod's addresses from now on; no progress for `limit` seconds is being stuck."""
    Health.workers, Health.sources, Health.mailbox, Health.limit = workers, sources, mailbox, limit
    server = http.server.ThreadingHTTPServer(("", port), Health)
    threading.Thread(target=server.serve_forever, daemon=True).start()


def unready_reason(workers: Sequence[Worker]) -> str:
    """Why mail does not flow, in one line; empty when it does, or when there is nothing to fetch."""
    return "; ".join(filter(None, (w.unready_reason() for w in workers)))


def write(path: str, text: str) -> None:
    """In one step, so that a probe never reads half a line."""
    with open(path + ".new", "w", encoding="utf-8") as file:
        file.write(text and text + "\n")
    os.replace(path + ".new", path)


TERMINATION_LOG = "/dev/termination-log"


class TerminationReason:
    """Why nothing has ever got through, left where `pulumi up` shows it.

    It shows of a pod that is not ready what a container said when it ended, and neither its log nor its probe's answer.
    So a pod whose mailbox cannot be fetched ends once, early, and then goes on trying as ever.
    """

    def __init__(self, state: str, first_contact: float) -> None:
        self.told = os.path.join(state, "told")  # the volume outlives the container
        self.first_contact, self.since = first_contact, time.monotonic()

    def said(self) -> bool:
        return os.path.exists(self.told)

    def say(self, workers: Sequence[Worker]) -> str:
        """The reason, once it is time to end for it; an empty string otherwise."""
        if time.monotonic() - self.since < self.first_contact or self.said():
            return ""
        reason = "; ".join(f"{w.folder}: {w.status.error}" for w in workers if w.status.error and not w.status.flowed)
        if reason:
            write(self.told, reason)
            with contextlib.suppress(OSError), open(TERMINATION_LOG, "w", encoding="utf-8") as file:
                file.write(reason)
        return reason
