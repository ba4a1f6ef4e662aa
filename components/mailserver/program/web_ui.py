"""Replaces the web UI that the server downloaded at its first start by the pinned release.

Settings alone do not: the server keeps what it has downloaded until the update interval is over. Nor does it tell when
a download failed: it forgets what it had and answers as if all were well (unpack_all in
crates/common/src/manager/application.rs). So a page that is missing afterwards is downloaded again by the next run.
"""

from __future__ import annotations

from management import Jmap, Refused

APPLICATION = "x:Application"
DESCRIPTION = "Stalwart Web Interface"
PAGE = "/admin/"
DOWNLOAD_SECONDS = 90  # the server gives up after 60


def pin(jmap: Jmap, url: str) -> bool:
    """Whether there was something to replace."""
    changed = False
    for application in jmap.all(APPLICATION):
        if application.get("description") == DESCRIPTION and application.get("resourceUrl") != url:
            jmap.update(APPLICATION, application["id"], {"resourceUrl": url})
            changed = True
    if not changed and not jmap.is_missing(PAGE):
        return False
    jmap.create("x:Action", {"@type": "UpdateApps"}, DOWNLOAD_SECONDS)
    if jmap.is_missing(PAGE):
        raise Refused("the server could not download it; the next run tries again")
    return True
