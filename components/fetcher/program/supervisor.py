"""Runs fetchmail for one mailbox and says how it is doing.

Configuration comes from a mounted ConfigMap, address and password from mounted Secrets. /ready, /metrics, /status and
one log line per change tell whether mail flows. Nothing printed here holds a password, an address, or a word of
anybody's mail. Python 3.9 or later, standard library only: it runs in any image that has fetchmail and Python.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Sequence

import health
import reasons
from logins import Logins
from options import Endpoint, Options, arguments
from report import log
from retries import Backoff
from tcp_proxy import Proxy
from worker import Worker


def worker(
    options: Options, folder: str, ports: tuple[int, int], smtp: Endpoint, logins: Logins, stop: threading.Event
) -> Worker:
    kind = "source" if options.source else folder.lower()
    template = os.path.join(options.program, f"{kind}.fetchmailrc")  # rendered by ../fetchmailrc.ts
    provider = Proxy(ports[0], options.imap, silence=options.hung + 600)  # fetchmail's own timeout is shorter
    mail_server = Proxy(ports[1], smtp, silence=120, examine=True)
    return Worker(options, folder, template, provider, mail_server, logins, stop)


def source_workers(options: Options, stop: threading.Event) -> list[Worker]:
    """An account elsewhere has logins of its own to count, and proxies on any free ports."""
    workers = []
    for source in options.sources:
        own, logins = options.of(source), Logins()
        workers.append(worker(own, "INBOX", (0, 0), options.sink, logins, stop))
        if source.junk_sink:
            workers.append(worker(own, "Junk", (0, 0), source.junk_sink, logins, stop))
    return workers


def watch(options: Options, workers: Sequence[Worker], threads: Sequence[threading.Thread]) -> str:
    """Writes the readiness file as long as there is work; returns the reason when the pod is to end for one."""
    trouble_file = os.path.join(options.state, "trouble")
    termination = health.TerminationReason(options.state, options.first_contact)
    said: str | None = None
    try:
        health.write(trouble_file, "starting")
        if termination.said():
            for each in workers:
                # The provider is not asked more often for having been asked by a process that ended.
                each.backoff = Backoff(refusals=2)
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            reason = health.unready_reason(workers)
            if reason != said:
                health.write(trouble_file, reason)
                said = reason
            ended = termination.say(workers)
            if ended:
                return f"ended once, to leave the reason where pulumi up shows it: {ended}"
            time.sleep(0.5)
        return ""
    except OSError as problem:
        # Without the file the readiness probe fails, and deleting needs no room.
        with contextlib.suppress(OSError):
            os.unlink(trouble_file)
        return reasons.cannot_report(reasons.of(problem))


def main() -> int:
    options, stop, logins = arguments(), threading.Event(), Logins()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    os.umask(0o077)
    # The ports are in the templates, too.
    workers = [worker(options, "INBOX", (10993, 10025), options.sink, logins, stop)]
    if options.junk_sink:
        workers.append(worker(options, "Junk", (11993, 12525), options.junk_sink, logins, stop))
    sources = source_workers(options, stop)
    health.serve(options.http, workers, sources, options.mailbox, options.stuck)
    log(f"fetching {' and '.join(w.folder for w in workers)} of {options.mailbox}")
    for each in options.sources:
        log(f"fetching from {each.name}, too")
    threads = [threading.Thread(target=w.forever) for w in (*workers, *sources)]
    try:
        reason = watch(options, workers, threads)
    finally:
        stop.set()
    for thread in threads:
        if thread.ident is not None:
            thread.join(60)
    log(reason or "stopped")
    sys.stdout.flush()
    if any(thread.is_alive() for thread in threads):
        os._exit(1)
    return 1 if reason else 0


if __name__ == "__main__":
    sys.exit(main())
