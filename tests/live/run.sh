#!/bin/bash
# The whole stack on a real node of this machine. Arguments go to jest.
set -euo pipefail
cd "$(dirname "$0")/../.."
reason=$(node --require ./start.cjs -e 'process.stdout.write(require("./sandbox/node/machine").whyNoNode() ?? "")')
if [ -n "$reason" ]; then echo "$reason" >&2; exit 1; fi
exec node node_modules/jest/bin/jest.js --config jest.live.config.js --forceExit "$@"
