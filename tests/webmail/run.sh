#!/bin/bash
# Runs the webmail's browser tests in a network and a mount namespace of their own: every server has its real name and
# port there, and nothing else on the machine can be reached or disturbed. Needs root.
#
# apt-get install --no-install-recommends chromium openssl roundcube-core roundcube-sqlite3 roundcube-plugins \
#   iproute2 php-curl php-gd php-zip dovecot-imapd dovecot-submissiond dovecot-managesieved fonts-dejavu
set -euo pipefail
cd "$(dirname "$0")/../.."
hosts=$(mktemp)
trap 'rm -f "$hosts"' EXIT
node --require ./start.cjs -e 'process.stdout.write(require("./tests/webmail/support/addresses").hostsFile)' > "$hosts"
unshare --net --mount --propagation private bash -euc '
  ip link set lo up
  for pod in 10.42.0.8 10.42.0.9; do ip address add $pod/32 dev lo; done
  mount --bind "$1" /etc/hosts
  shift
  exec node node_modules/jest/bin/jest.js "$@" --selectProjects webmail
' webmail "$hosts" "$@"
