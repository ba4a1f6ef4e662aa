"""The supervisor, which also exports what only alerts need. Without alerts the pod runs the supervisor itself."""

import sys

import supervisor

REFUSED = "the provider refuses the login"


def login_refused(worker):
    return int(worker.status.error.startswith(REFUSED))


supervisor.Health.METRICS += (
    ("login_refused", "gauge", "Whether the provider refuses the login.", login_refused),
)  # fmt: skip

if __name__ == "__main__":
    sys.exit(supervisor.main())
