"""Runs fetchmail for one mailbox and says how it is doing.

Configuration comes from a mounted ConfigMap, address and password from mounted Secrets. /ready, /metrics and one log
line a change tell whether mail flows. Nothing printed here holds a password, an address, or a word of anybody's mail.
Python 3.9 or later, standard library only: it runs in any image that has fetchmail and Python.
"""

import argparse
import contextlib
import http.server
import os
import signal
import sys
import threading
import time

from relay import Relay
from status import log
from worker import Worker


class Health(http.server.BaseHTTPRequestHandler):
    """/live, /ready, /metrics."""

    workers, mailbox, limit = [], "", 180.0
    METRICS = (
        ("last_contact_timestamp_seconds", "gauge", "When the provider last answered.", lambda w: w.status.contact),
        ("last_delivery_timestamp_seconds", "gauge", "When a message was handed over.", lambda w: w.status.delivery),
        ("last_error_timestamp_seconds", "gauge", "When fetching last failed.", lambda w: w.status.last_error_at),
        ("delivered_total", "counter", "Messages handed over since start.", lambda w: w.status.delivered),
        ("waiting", "gauge", "Messages at the provider that are still to come.", lambda w: w.status.waiting),
        ("left", "gauge", "Messages that the mail server did not take in the latest round.", lambda w: w.status.left),
        ("set_aside", "gauge", "Messages refused for good, in a folder at the provider.", lambda w: w.status.aside),
        ("rounds_total", "counter", "Times fetchmail was started.", lambda w: w.status.rounds),
        ("ready", "gauge", "Whether mail flows.", lambda w: int(not w.trouble())),
    )

    @classmethod
    def trouble(cls):
        """Why mail does not flow, in one line; empty when it does, or when there is nothing to fetch."""
        return "; ".join(filter(None, (w.trouble() for w in cls.workers)))

    def do_GET(self):
        if self.path == "/live":
            stuck = [w.folder for w in self.workers if time.monotonic() - w.beat > self.limit]
            self.answer(503 if stuck else 200, f"stuck: {', '.join(stuck)}" if stuck else "ok")
        elif self.path == "/ready":
            trouble = self.trouble()
            self.answer(503 if trouble else 200, trouble or "ok")
        elif self.path == "/metrics":
            self.answer(200, self.metrics())
        else:
            self.answer(404, "no such page")

    def metrics(self):
        lines = []
        for name, kind, text, value in self.METRICS:
            lines += [f"# HELP fetchmail_{name} {text}", f"# TYPE fetchmail_{name} {kind}"]
            for w in self.workers:
                lines.append(f'fetchmail_{name}{{mailbox="{self.mailbox}",folder="{w.folder}"}} {value(w):.15g}')
        return "\n".join(lines)

    def answer(self, code, text):
        body = (text + "\n").encode()
        self.send_response(code)
        self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def write(path, text):
    """In one step, so that a probe never reads half a line."""
    with open(path + ".new", "w", encoding="utf-8") as file:
        file.write(text and text + "\n")
    os.replace(path + ".new", path)


def last_words(options, workers, since):
    """Why nothing has ever got through, once it is time to end for it; an empty string otherwise.

    `pulumi up` shows of a pod that is not ready what a container said when it ended, and neither its log nor its probe's
    answer. So a pod whose mailbox cannot be fetched ends once, early, and then goes on trying as ever.
    """
    told = os.path.join(options.state, "told")  # the volume outlives the container
    if time.monotonic() - since < options.first_contact or os.path.exists(told):
        return ""
    reason = "; ".join(f"{w.folder}: {w.status.error}" for w in workers if w.status.error and not w.status.flowed)
    if reason:
        write(told, reason)
        with contextlib.suppress(OSError), open("/dev/termination-log", "w", encoding="utf-8") as file:
            file.write(reason)
    return reason


def endpoint(text):
    host, _, port = text.rpartition(":")
    return host, int(port)


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--mailbox", required=True)
    parser.add_argument("--imap", type=endpoint, required=True)
    parser.add_argument("--sink", type=endpoint, required=True)
    parser.add_argument("--junk-sink", type=endpoint, help="where mail from Junk goes; without it Junk is not fetched")
    parser.add_argument("--keep", action="store_true", help="leave a copy at the provider")
    parser.add_argument("--program", default=os.path.dirname(os.path.abspath(__file__)))
    parser.add_argument("--credentials", default="/etc/fetcher/credentials")
    parser.add_argument("--state", default="/run/fetcher")
    parser.add_argument("--http", type=int, default=8081)
    for name, default, text in (
        ("interval", 180, "between looks into a folder that is not watched"),
        ("hung", 240, "without a byte or a line before fetchmail is started again"),
        ("first-contact", 60, "until a mailbox that was never fetched ends the pod once, to leave its reason"),
        ("stuck", 180, "without progress before the pod is started again"),
        ("patience", 60, "that an error may last before the pod is not ready"),
        ("retry-max", 75, "between rounds while the mail server or the provider fails"),
        ("refused-max", 600, "between logins while the provider refuses them"),
        ("second-chance", 1800, "between tries of what was set aside"),
    ):
        parser.add_argument(f"--{name}", type=float, default=default, metavar="SECONDS", help=text)
    return parser.parse_args()


def main():
    options, stop = arguments(), threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    os.umask(0o077)
    trouble_file, said = os.path.join(options.state, "trouble"), None
    write(trouble_file, "starting")

    def worker(folder, imap_port, sink_port, sink):  # the ports are in the templates too
        kind = "inbox-once" if options.keep and folder == "INBOX" else folder.lower()
        template = os.path.join(options.program, f"{kind}.fetchmailrc")
        provider = Relay(imap_port, options.imap, silence=options.hung)
        return Worker(options, folder, template, provider, Relay(sink_port, sink, silence=120, examine=True), stop)

    workers = [worker("INBOX", 10993, 10025, options.sink)]
    if options.junk_sink:
        workers.append(worker("Junk", 11993, 12525, options.junk_sink))
    Health.workers, Health.mailbox, Health.limit = workers, options.mailbox, options.stuck
    server = http.server.ThreadingHTTPServer(("", options.http), Health)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    log(f"fetching {' and '.join(w.folder for w in workers)} of {options.mailbox}")
    if os.path.exists(os.path.join(options.state, "told")):
        for each in workers:
            each.refusals = 2  # the provider is not asked more often for having been asked by a process that ended
    since, ended = time.monotonic(), ""
    threads = [w.start() for w in workers]
    while any(thread.is_alive() for thread in threads):
        trouble = Health.trouble()
        if trouble != said:
            write(trouble_file, trouble)
            said = trouble
        ended = ended or last_words(options, workers, since)
        if ended:
            stop.set()
        time.sleep(0.5)
    log(f"ended once, to leave the reason where pulumi up shows it: {ended}" if ended else "stopped")
    return 1 if ended else 0


if __name__ == "__main__":
    sys.exit(main())
