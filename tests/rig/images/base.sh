#!/bin/bash
# A Debian 12 root file system with all that the images' programs need, as one tar file: base.sh TARGET PACKAGE...
# Packages come from where this machine's own come from.
set -euo pipefail
target=$1
shift
root=$(mktemp -d "$target-root-XXXXXX")
cleanup() { umount "$root/proc" 2>/dev/null || true; rm -rf --one-file-system "$root"; }
trap cleanup EXIT
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Suite: bookworm' 2>/dev/null | head -n 1)
debootstrap --variant=minbase bookworm "$root" "${mirror:-http://deb.debian.org/debian}"
cp -r /etc/apt/apt.conf.d/. "$root/etc/apt/apt.conf.d/"
cp /etc/resolv.conf "$root/etc/resolv.conf"
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d" # nothing is started here
chmod 755 "$root/usr/sbin/policy-rc.d"
export DEBIAN_FRONTEND=noninteractive
chroot "$root" apt-get update -qq
chroot "$root" apt-get install -y -qq --no-install-recommends "$@"
chroot "$root" apt-get clean
# Debian's Roundcube is made of links, some to packages that are only suggested; an image has its files under /usr/src.
mkdir -p "$root/usr/src"
chroot "$root" cp -rL /var/lib/roundcube /usr/src/roundcubemail || true
test -e "$root/usr/src/roundcubemail/index.php"
rm -rf "$root"/usr/src/roundcubemail/{config/config.inc.php,config/debian-db.php,logs,temp}
chmod -R a+rX "$root/usr/src/roundcubemail"
rm -rf "$root"/var/lib/apt/lists/* "$root"/usr/share/{doc,man,locale} "$root"/var/log/* "$root"/dev/* "$root"/tmp/*
tar -C "$root" --xattrs -cf "$target.new" .
mv "$target.new" "$target"
