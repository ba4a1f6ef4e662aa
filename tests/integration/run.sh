#!/bin/bash
# Runs the integration suite in a network of its own, so that it meets nobody else's ports and nobody meets its.
# Needs root and the packages in tests/integration/packages.txt. Arguments go to jest.
set -eu
cd "$(dirname "$0")/../.."
if [ "$(id -u)" != 0 ]; then echo "The integration suite makes namespaces and mounts: run it as root." >&2; exit 1; fi
missing=$(comm -23 <(sort tests/integration/packages.txt) <(dpkg-query -W -f '${Package}\n' | sort -u))
if [ -n "$missing" ]; then
  echo "Missing packages. Install them with: apt-get install -y --no-install-recommends" $missing >&2
  exit 1
fi
exec unshare --net --mount --propagation private bash -c '
  mkdir -p /run/netns && mount -t tmpfs tmpfs /run/netns
  ip link set lo up
  # An address of its own: otherwise a bridge takes the lowest of its ports, which come and go, and who has the old one
  # in mind cannot connect for half a minute.
  ip link add cluster address 02:00:00:00:00:01 type bridge && ip link set cluster up
  export HOMELAB_MAIL_HARNESS=1
  exec node_modules/.bin/node node_modules/.bin/jest --selectProjects integration --forceExit "$@"
' bash "$@"
