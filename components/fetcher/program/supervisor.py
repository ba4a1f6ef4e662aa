"""Runs fetchmail for one mailbox and says how it is doing.

Configuration comes from a mounted ConfigMap, address and password from mounted Secrets. /ready, /metrics and one log
line a change tell whether mail flows. Nothing printed here holds a password, an address, or a word of anybody's mail.
Python 3.9 or later, standard library only: it runs in any image that has fetchmail and Python.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time

import health
from keeper import Keeper
from options import Endpoint, Options, arguments
from relay import Relay
from report import log
from retries import Tries
from worker import Worker


def worker(
    options: Options, folder: str, imap_port: int, sink_port: int, sink: Endpoint, stop: threading.Event
) -> Worker:
    kind = "inbox-once" if options.keep and folder == "INBOX" else folder.lower()
    template = os.path.join(options.program, f"{kind}.fetchmailrc")  # rendered by ../fetchmailrc.ts
    provider = Relay(imap_port, options.imap, silence=options.hung)
    mail_server = Relay(sink_port, sink, silence=120, examine=True)
    return (Keeper if options.keep else Worker)(options, folder, template, provider, mail_server, stop)


def main() -> int:
    options, stop = arguments(), threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    os.umask(0o077)
    trouble_file = os.path.join(options.state, "trouble")
    health.write(trouble_file, "starting")

    workers = [worker(options, "INBOX", 10993, 10025, options.sink, stop)]  # the ports are in the templates too
    if options.junk_sink:
        workers.append(worker(options, "Junk", 11993, 12525, options.junk_sink, stop))
    health.serve(options.http, workers, options.mailbox, options.stuck)
    log(f"fetching {' and '.join(w.folder for w in workers)} of {options.mailbox}")
    last_words = health.LastWords(options.state, options.first_contact)
    if last_words.said():
        for each in workers:
            # The provider is not asked more often for having been asked by a process that ended.
            each.tries = Tries(refusals=2)
    said: str | None = None
    ended = ""
    threads = [w.start() for w in workers]
    while any(thread.is_alive() for thread in threads):
        trouble = health.trouble(workers)
        if trouble != said:
            health.write(trouble_file, trouble)
            said = trouble
        ended = ended or last_words.say(workers)
        if ended:
            stop.set()
        time.sleep(0.5)
    log(f"ended once, to leave the reason where pulumi up shows it: {ended}" if ended else "stopped")
    return 1 if ended else 0


if __name__ == "__main__":
    sys.exit(main())
