"""The page /status: what is known of each folder, as data. docs/reference/fetcher.md documents its fields.

No address, no password and no word of any message is in it: a server's own words are redacted as in the log.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import reasons
from failures import Failures, Kind
from worker import Worker

VERSION = 1  # of the fields; a change that is not an addition raises it
LISTED = 20  # reasons, and UIDs for each


def page(workers: Sequence[Worker], sources: Sequence[Worker], mailbox: str, reason: str) -> dict[str, object]:
    """`reason` is why the pod is not ready; that of a source does not count."""
    by_source: dict[str, list[dict[str, object]]] = {}
    for w in sources:
        by_source.setdefault(w.options.source, []).append(folder(w))
    return {
        "version": VERSION,
        "mailbox": mailbox,
        "time": time.time(),
        "ready": not reason,
        "reason": reason,
        "folders": [folder(w) for w in workers],
        "sources": [{"source": name, "folders": folders} for name, folders in by_source.items()],
    }


def folder(worker: Worker) -> dict[str, object]:
    status, layout, outbox = worker.status, worker.layout, worker.outbox
    reason = worker.unready_reason()
    aside = explained(worker, outbox.quarantine.failures)
    # What was set aside and not tried since is known by its reason alone.
    aside += [{"reason": worker.shared.clean(why), "uids": []} for why in list(outbox.quarantine.reasons)[:LISTED]]
    return {
        "folder": worker.folder,
        "state": state(worker),
        "ready": not reason,
        "reason": reason,
        "error": status.error,
        "lastError": {"time": status.last_error_time, "reason": status.last_error} if status.last_error else None,
        "lastContact": status.contact or None,
        "lastDelivery": status.delivery or None,
        "delivered": status.delivered,
        "waiting": status.waiting,
        "waitingSince": status.waiting_since() or None,
        "left": {"count": status.left, "kinds": kinds(worker.failures), "reasons": explained(worker, worker.failures)},
        "setAside": {"count": status.aside, "reasons": aside},
        "loginRefused": status.refused(),
        "logins": worker.logins.total,
        "rounds": status.rounds,
        "retention": worker.options.retention,
        "folders": {
            "outbox": layout.outbox,
            "kept": layout.kept_root,
            "refused": layout.refused,
            "separator": layout.separator,
        },
    }


def state(worker: Worker) -> str:
    """In one word."""
    status = worker.status
    if status.error:
        return "login-refused" if reasons.is_login_refused(status.error) else "failing"
    if not status.flowed:
        return "starting"
    return "delivering" if status.waiting else "idle"


def kinds(failures: Failures) -> dict[str, int]:
    found = {kind.name.lower(): 0 for kind in Kind}
    for failure in list(failures.known.values()):
        found[failure.kind.name.lower()] += 1
    return found


def explained(worker: Worker, failures: Failures) -> list[dict[str, object]]:
    """Each reason once, with the messages that it is about."""
    return [
        {"reason": worker.shared.clean(reason), "uids": uids[:LISTED]}
        for reason, uids in list(failures.by_reason().items())[:LISTED]
    ]
