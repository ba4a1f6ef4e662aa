"""Makes an app password in a mailbox owner's name for one migration, and takes it away when it is told to end.

It runs beside the program that copies, in a container of its own: that one never sees the administrator's password.
The app password is good for minutes and is renewed for as long as this runs. So nothing is left of a run that was
killed, and while one is good no other run of the same migration begins: two at a time would copy messages twice.
"""

from __future__ import annotations

import argparse
import calendar
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence

from management import Jmap, Refused, Value

ACCOUNT, APP_PASSWORD, DOMAIN = "x:Account", "x:AppPassword", "x:Domain"
# The whole of a description: what a user calls a device of theirs is never this.
PREFIX = "homelab-mail migration "
LEASE = 900.0  # seconds; a restart of the mail server must fit into it
RENEW = 120.0
PAUSE = 5.0  # between tries
# Copying needs none of it. Whoever got hold of the password could send mail with it, have mail forwarded, make a
# password that stays, or lock the owner out. Permissions as the server calls them.
WITHOUT = (
    "emailSend",
    "jmapEmailSubmissionCreate",
    "jmapSieveScriptCreate",
    "jmapSieveScriptUpdate",
    "sievePutScript",
    "sieveSetActive",
    "sysAccountPasswordUpdate",
    "sysAccountSettingsUpdate",
    "sysApiKeyCreate",
    "sysApiKeyUpdate",
    "sysAppPasswordCreate",
    "sysAppPasswordDestroy",
    "sysAppPasswordUpdate",
    "sysPublicKeyCreate",
)
TIME = "%Y-%m-%dT%H:%M:%SZ"


class Busy(Exception):
    """Another run of the same migration is going on."""


def description(migration: str) -> str:
    return PREFIX + migration


def later(seconds: float) -> str:
    return time.strftime(TIME, time.gmtime(time.time() + seconds))


def is_good(password: Value) -> bool:
    """Whether it still opens the account."""
    try:
        return calendar.timegm(time.strptime(str(password["expiresAt"])[:19], TIME[:-1])) > time.time()
    except (KeyError, ValueError):
        return False


class Lease:
    """The app password of one migration."""

    def __init__(self, jmap: Jmap, migration: str) -> None:
        self.jmap, self.description = jmap, description(migration)
        self.identifier: str | None = None

    def mine(self) -> list[Value]:
        kept = self.jmap.call(f"{APP_PASSWORD}/get", {"ids": None}).get("list", [])
        return [one for one in kept if one.get("description") == self.description]

    def make(self) -> str:
        there = self.mine()
        if any(is_good(one) for one in there):
            raise Busy
        if there:
            self.jmap.destroy(APP_PASSWORD, [one["id"] for one in there])
        value = {
            "description": self.description,
            "expiresAt": later(LEASE),
            "permissions": {"@type": "Disable", "permissions": dict.fromkeys(WITHOUT, True)},
        }
        result = self.jmap.call(f"{APP_PASSWORD}/set", {"create": {"new": value}})
        self.jmap.check(APP_PASSWORD, result, "notCreated")
        try:
            made = result["created"]["new"]
            self.identifier = made["id"]
            return str(made["secret"])
        except (KeyError, TypeError):
            raise Refused(f"{APP_PASSWORD}/set: no password in the answer") from None

    def renew(self) -> None:
        if self.identifier is not None:
            self.jmap.update(APP_PASSWORD, self.identifier, {"expiresAt": later(LEASE)})

    def end(self) -> None:
        if self.identifier is not None and any(one["id"] == self.identifier for one in self.mine()):
            self.jmap.destroy(APP_PASSWORD, [self.identifier])


def sweep(administrator: Jmap, act_as: Callable[[str], Jmap], declared: Iterable[str]) -> int:
    """Ends what is left of migrations that are no longer declared."""
    known = {description(name) for name in declared}
    domains = {domain["id"]: domain.get("name") for domain in administrator.all(DOMAIN)}
    ended = 0
    for account in administrator.all(ACCOUNT):
        texts = [str(one.get("description", "")) for one in (account.get("credentials") or {}).values()]
        if not any(text.startswith(PREFIX) and text not in known for text in texts):
            continue
        person = act_as(f"{account['name']}@{domains.get(account.get('domainId'))}")
        kept = person.call(f"{APP_PASSWORD}/get", {"ids": None}).get("list", [])
        for one in kept:
            if str(one.get("description", "")).startswith(PREFIX) and one["description"] not in known:
                person.destroy(APP_PASSWORD, [one["id"]])
                ended += 1
    return ended


def read(path: str) -> str:
    with open(path, encoding="utf-8", newline="") as file:
        return file.read()


def write(path: str, text: str) -> None:
    descriptor = os.open(f"{path}.new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text + "\n")
    os.replace(f"{path}.new", path)  # whoever waits for it finds all of it


class Run:
    def __init__(self, lease: Lease, password_file: str, stop: threading.Event) -> None:
        self.lease, self.password_file, self.stop = lease, password_file, stop
        self.said = ""

    def say(self, text: str) -> None:
        if text != self.said:
            self.said = text
            print(text, flush=True)

    def attempt(self, step: Callable[[], None], what: str) -> bool:
        try:
            step()
            return True
        except Refused as refusal:
            self.say(f"the app password could not be {what}: {refusal}")
        except Busy:
            self.say("another run of this migration is going on, or ended without a word: waiting for its end")
        return False

    def make(self) -> None:
        write(self.password_file, self.lease.make())
        self.say("an app password for this run is made")

    def until_told(self) -> None:
        while not self.attempt(self.make, "made"):
            if self.stop.wait(PAUSE):
                return
        pause = RENEW
        while not self.stop.wait(pause):
            pause = RENEW if self.attempt(self.lease.renew, "renewed") else PAUSE

    def end(self, seconds: float = 40) -> int:
        until = time.monotonic() + seconds
        while not self.attempt(self.lease.end, "ended"):
            if time.monotonic() >= until:
                return 1  # it ends by itself, soon
            time.sleep(1)
        if self.lease.identifier is not None:
            self.say("the app password of this run is ended")
        return 0


def main(arguments: Sequence[str], stop: threading.Event) -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--migration", required=True)
    parser.add_argument("--url", required=True, help="the mail server's")
    parser.add_argument("--login", required=True, help="folder with the account and the administrator's password")
    parser.add_argument("--password-file", required=True)
    options = parser.parse_args(arguments)
    account, password = (read(os.path.join(options.login, name)) for name in ("account", "password"))
    jmap = Jmap(options.url, f"{account}%admin", password, 10)
    run = Run(Lease(jmap, options.migration), options.password_file, stop)
    run.until_told()
    return run.end()


if __name__ == "__main__":
    over = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: over.set())
    sys.exit(main(sys.argv[1:], over))
