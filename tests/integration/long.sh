#!/bin/bash
# The long run: a backlog of 10,000 messages, and 500 kills at random moments (250 more with `keep`). It takes about
# twenty minutes. Smaller: HARNESS_BACKLOG=1000 HARNESS_KILLS=20 bash tests/integration/long.sh
# With UPDATE_DOCS=1 its figures are written to docs/reference/fetching-results.md.
set -eu
export HARNESS_LONG=1 HARNESS_BACKLOG=${HARNESS_BACKLOG:-10000} HARNESS_KILLS=${HARNESS_KILLS:-500}
exec bash "$(dirname "$0")/run.sh" --runInBand --testTimeout=7200000 -t 'backlog|killed' speed crash
