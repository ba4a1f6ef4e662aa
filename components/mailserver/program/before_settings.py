"""What only the server's own list of accounts can decide; a settings run does it before it applies the plan.

With --result it always ends with 0, so that the plan is applied whatever comes of it, and leaves the outcome in that
file. With --plan, an address that the plan gives to another account is taken from the one that has it. With --report it
prints what is in the file of an outcome and ends as that run would have ended.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence

import app_password
import web_ui
from account_access import Access, describe
from management import Jmap, Refused
from planned_addresses import planned_addresses

NOTHING = "every account has the access that it should have"


def planned(plan_file: str | None, main_domain: str) -> dict[str, str]:
    if plan_file is None:
        return {}
    try:
        with open(plan_file, encoding="utf-8") as file:
            return planned_addresses(file.read(), main_domain)
    except (OSError, ValueError, KeyError, AttributeError):
        return {}  # access ends all the same, and applying the plan tells what is wrong with it


def prepare(accounts_file: str, web_ui_url: str, plan_file: str | None = None) -> tuple[int, list[str]]:
    """An exit code, and what to say."""
    with open(accounts_file, encoding="utf-8") as file:
        accounts = json.load(file)
    if not accounts["declared"]:  # no stack has none: such a list must not end everybody's access
        return 1, ["accounts could not be compared: the list of declared accounts is empty"]
    url, password = os.environ["STALWART_URL"], os.environ["STALWART_PASSWORD"]
    jmap = Jmap(url, os.environ["STALWART_USER"], password)
    lines: list[str] = []
    code = 0
    try:
        addresses = planned(plan_file, accounts["domain"])
        outcome = Access(jmap, accounts["domain"], accounts["declared"], accounts["closed"], addresses).run()
        lines += describe(outcome)
        code = 1 if outcome.failures else 0
    except Refused as refusal:
        lines.append(f"accounts could not be compared: {refusal}")
        code = 1
    try:
        left = app_password.sweep(
            jmap, lambda person: Jmap(url, f"{person}%admin", password), accounts.get("migrations", [])
        )
        if left:
            lines.append(f"{left} app password(s) of migrations ended that are no longer in the configuration")
    except Refused as refusal:
        lines.append(f"app passwords of earlier migrations could not be ended: {refusal}")
        code = 1
    try:
        if web_ui.pin(jmap, web_ui_url):
            lines.append("the web UI is the pinned release from now on")
    except Refused as refusal:
        lines.append(f"the web UI could not be replaced: {refusal}")  # nobody's mail: no failure
    return code, lines


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--result")
    parser.add_argument("--report", action="store_true")
    parser.add_argument("--accounts")
    parser.add_argument("--web-ui")
    parser.add_argument("--plan")
    options = parser.parse_args(arguments)
    if options.report:
        with open(options.result, encoding="utf-8") as file:
            result = json.load(file)
        print("\n".join(result["lines"]) or NOTHING, flush=True)
        return int(result["code"])
    try:
        code, lines = prepare(options.accounts, options.web_ui, options.plan)
    except Exception as problem:
        code, lines = 1, [f"accounts could not be compared: {type(problem).__name__}"]
    print("\n".join(lines) or NOTHING, flush=True)
    if options.result is None:
        return code
    with open(options.result, "w", encoding="utf-8") as file:
        json.dump({"code": code, "lines": lines}, file)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
