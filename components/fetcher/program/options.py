"""The program's arguments, as components/fetcher/pod.ts gives them."""

from __future__ import annotations

import argparse
import os
from typing import NamedTuple

from folders import Retention, retention

Endpoint = tuple[str, int]  # host, port


class Options(NamedTuple):
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


def endpoint(text: str) -> Endpoint:
    host, _, port = text.rpartition(":")
    return host, int(port)


def arguments(given: list[str] | None = None) -> Options:
    parser = argparse.ArgumentParser()
    parser.add_argument("--mailbox", required=True)
    parser.add_argument("--imap", type=endpoint, required=True)
    parser.add_argument("--sink", type=endpoint, required=True)
    parser.add_argument("--junk-sink", type=endpoint, help="where mail from Junk goes; without it Junk is not fetched")
    parser.add_argument("--retention", type=retention, required=True, help="days at the provider, or forever")
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
