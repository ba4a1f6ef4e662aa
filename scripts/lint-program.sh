#!/bin/bash
# What ruff and mypy say of the program that runs in the fetcher's pod. Both come from PyPI, once, into a folder outside
# the repository. `--install` stops there.
set -euo pipefail
cd "$(dirname "$0")/.."
wanted=scripts/python-tools.txt
version=$(python3 -c 'import hashlib, sys; print(hashlib.sha256(open(sys.argv[1], "rb").read() + sys.version.encode()).hexdigest()[:12])' "$wanted")
tools=${XDG_CACHE_HOME:-$HOME/.cache}/homelab-mail/python/$version
if [ ! -e "$tools/complete" ]; then
  rm -rf "$tools"
  python3 -m venv "$tools"
  "$tools/bin/pip" install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r "$wanted"
  touch "$tools/complete"
fi
if [ "${1:-}" = --install ]; then exit; fi
export RUFF_CACHE_DIR=$tools/ruff MYPY_CACHE_DIR=$tools/mypy
"$tools/bin/ruff" check --quiet
"$tools/bin/ruff" format --check --quiet
"$tools/bin/mypy" --no-error-summary
