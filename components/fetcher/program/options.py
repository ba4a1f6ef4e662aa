"""The program's arguments, as components/fetcher/pod.ts gives them."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from typing import NamedTuple

from folders import Retention, retention

Endpoint = tuple[str, int]  # host, port


class Source(NamedTuple):
    """An account elsewhere whose mail goes into the same mailbox."""

    name: str
    imap: Endpoint
    retention: Retention
    junk_sink: Endpoint | None


class Options(NamedTuple):
    """What holds for the account at the provider or, of a source, for that."""

    mailbox: str
    imap: Endpoint
    sink: Endpoint
    junk_sink: Endpoint | None
    retention: Retention
    program: str
    credentials: str
    state: str
    http: int
    interval: float
    hung: float
    first_contact: float
    stuck: float
    grace: float
    retry_max: float
    refused_max: float
    second_chance: float
    sources: Sequence[Source] = ()
    source: str = ""  # whose options these are; empty for the provider's

    def of(self, source: Source) -> Options:
        """A source has a login, files and folders of its own, and nothing to do with the provider's."""
        return self._replace(
            source=source.name, imap=source.imap, retention=source.retention, junk_sink=source.junk_sink,
            state=os.path.join(self.state, "sources", source.name), sources=(),
        )  # fmt: skip

    def title(self, folder: str) -> str:
        """What a folder is called in the log."""
        return f"{self.source} {folder}" if self.source else folder


def endpoint(text: str) -> Endpoint:
    host, _, port = text.rpartition(":")
    return host, int(port)


def source_option(text: str) -> Source:
    """NAME,HOST:PORT,RETENTION and, where Junk is fetched, the place for it."""
    name, imap, days, *junk = text.split(",")
    return Source(name, endpoint(imap), retention(days), endpoint(junk[0]) if junk else None)


def arguments(given: list[str] | None = None) -> Options:
    parser = argparse.ArgumentParser()
    parser.add_argument("--mailbox", required=True)
    parser.add_argument("--imap", type=endpoint, required=True)
    parser.add_argument("--sink", type=endpoint, required=True)
    parser.add_argument("--junk-sink", type=endpoint, help="where mail from Junk goes; without it Junk is not fetched")
    parser.add_argument("--retention", type=retention, required=True, help="days at the provider, or forever")
    parser.add_argument(
        "--source", type=source_option, action="append", default=[], dest="sources", metavar="NAME,HOST:PORT,RETENTION"
    )
    parser.add_argument("--program", default=os.path.dirname(os.path.abspath(__file__)))
    parser.add_argument("--credentials", default="/etc/fetcher/credentials")
    parser.add_argument("--state", default="/run/fetcher")
    parser.add_argument("--http", type=int, default=8081)
    for name, default, text in (
        ("interval", 180, "between looks into a folder that is not waited in"),
        ("hung", 240, "without a byte or a line before fetchmail is started again"),
        ("first-contact", 60, "until a mailbox that was never fetched ends the pod once, to leave its reason"),
        ("stuck", 180, "without progress before the pod is started again"),
        ("grace", 60, "that an error may last before the pod becomes unready"),
        ("retry-max", 75, "between rounds while the mail server or the provider fails"),
        ("refused-max", 600, "between logins while the provider refuses them"),
        ("second-chance", 1800, "between tries of what was refused for good"),
    ):
        parser.add_argument(f"--{name}", type=float, default=default, metavar="SECONDS", help=text)
    return Options(**vars(parser.parse_args(given)))
