"""Which account the plan gives each address to."""

from __future__ import annotations

import json
from typing import Any


def planned_addresses(plan: str, main_domain: str) -> dict[str, str]:
    """The name of the account by each of its addresses. Outside of the main domain, both are the whole address."""
    operations = [json.loads(line) for line in plan.splitlines() if line.strip()]
    domains = {f"#{reference}": domain["name"] for reference, domain in values(operations, "Domain").items()}

    def key(named: dict[str, Any]) -> str:
        domain = domains[named["domainId"]]
        return str(named["name"]) if domain == main_domain else f"{named['name']}@{domain}"

    return {
        key(each): key(account)
        for account in values(operations, "Account").values()
        for each in (account, *account["aliases"].values())
    }


def values(operations: list[dict[str, Any]], kind: str) -> dict[str, Any]:
    return {
        reference: value
        for operation in operations
        if operation["@type"] == "upsert" and operation["object"].removeprefix("x:") == kind
        for reference, value in operation["value"].items()
    }
