"""Makes a VolumeSnapshot of each claim, waits until it is usable, and removes those that newer usable ones replace."""

from __future__ import annotations

import argparse
import datetime
import http.client
import json
import ssl
import sys
import time
import urllib.error
import urllib.request
from typing import Any

GROUP = "snapshot.storage.k8s.io/v1"
CLAIM = "homelab-mail/snapshot-of"  # label: which claim a snapshot is of; without it a snapshot is not ours to remove
LOGIN = "/var/run/secrets/homelab-mail"
Snapshot = dict[str, Any]


class Failed(Exception):
    """What to tell, in one line."""


class Api:
    def __init__(self, base: str, namespace: str, login: str) -> None:
        self.url = f"{base}/apis/{GROUP}/namespaces/{namespace}/volumesnapshots"
        self.login = login
        self.trust = ssl.create_default_context(cafile=f"{login}/ca.crt") if base.startswith("https:") else None

    def call(self, method: str, path: str = "", body: object = None) -> Any:
        with open(f"{self.login}/token", encoding="ascii") as file:  # read each time: it is renewed
            headers = {"Authorization": f"Bearer {file.read().strip()}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30, context=self.trust) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as refused:
            if method == "DELETE" and refused.code == 404:
                return None
            try:
                message = json.load(refused)["message"]
            except (ValueError, KeyError, TypeError):
                message = f"HTTP {refused.code}"
            raise Failed(f"the API server refuses: {message}") from None
        except (OSError, http.client.HTTPException, ValueError) as problem:  # the last two: an answer that was cut off
            raise Failed(f"the API server cannot be asked: {problem}") from None

    def create(self, name: str, claim: str, snapshot_class: str) -> None:
        labels = {"app.kubernetes.io/part-of": "homelab-mail", CLAIM: claim}
        spec = {"volumeSnapshotClassName": snapshot_class, "source": {"persistentVolumeClaimName": claim}}
        metadata = {"name": name, "labels": labels}
        self.call("POST", body={"apiVersion": GROUP, "kind": "VolumeSnapshot", "metadata": metadata, "spec": spec})

    def get(self, name: str) -> Snapshot:
        found: Snapshot = self.call("GET", f"/{name}")
        return found

    def of(self, claim: str) -> list[Snapshot]:
        items: list[Snapshot] = self.call("GET", f"?labelSelector={CLAIM.replace('/', '%2F')}%3D{claim}")["items"]
        return items

    def delete(self, name: str) -> None:
        self.call("DELETE", f"/{name}")


def usable(snapshot: Snapshot) -> bool:
    return snapshot.get("status", {}).get("readyToUse") is True


def created(snapshot: Snapshot) -> str:
    text: str = snapshot["metadata"]["creationTimestamp"]  # in UTC, so that it sorts as text
    return text


def superseded(snapshots: list[Snapshot], keep: int) -> list[str]:
    """Names of those older than the `keep`th usable one. One that failed replaces nothing, however new it is."""
    good = sorted((created(one) for one in snapshots if usable(one)), reverse=True)
    if len(good) < keep:
        return []
    return [one["metadata"]["name"] for one in snapshots if created(one) < good[keep - 1]]


def wait(api: Api, name: str, seconds: float) -> None:
    """Returns once it can be used."""
    end = time.monotonic() + seconds
    while True:
        snapshot = api.get(name)
        if usable(snapshot):
            return
        error = snapshot.get("status", {}).get("error", {}).get("message")
        if time.monotonic() > end:
            raise Failed(f"{name} is not usable after {seconds:.0f} s: {error or 'nobody says why'}")
        time.sleep(min(2.0, seconds / 10))


def run(api: Api, claims: list[str], snapshot_class: str, keep: int, seconds: float) -> list[str]:
    """Takes the snapshots; what failed comes back, and one claim's failure keeps no other from being taken."""
    failures = []
    stamp = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%d-%H%M%S")
    for claim in claims:
        name = f"{claim}-{stamp}"
        try:
            api.create(name, claim, snapshot_class)
            wait(api, name, seconds)
            print(f"{name} is there", flush=True)
            for old in superseded(api.of(claim), keep):
                api.delete(old)
                print(f"{old} is removed", flush=True)
        except Failed as problem:
            failures.append(f"{claim}: {problem}")
    return failures


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--api", default="https://kubernetes.default.svc")
    parser.add_argument("--login", default=LOGIN)
    parser.add_argument("--namespace", required=True)
    parser.add_argument("--class", dest="snapshot_class", required=True)
    parser.add_argument("--keep", type=int, required=True)
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument("claims", nargs="+")
    options = parser.parse_args()
    api = Api(options.api, options.namespace, options.login)
    failures = run(api, options.claims, options.snapshot_class, options.keep, options.seconds)
    print("\n".join(failures), file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
