#!/bin/bash
# Runs one container of a pod the way a container runtime would: this machine's Debian as the image, with a read-only
# root, the declared volumes and nothing else writable, no capabilities, no way to gain privileges, own PID 1.
#   container.sh <work folder> <user> <group> <host name> -- <command...>
# Reads from the work folder: mounts (host path, container path, ro|rw a line), env (NAME=value a line), hosts, ca.pem, ca.hash.
set -eu
work=$1 user=$2 group=$3 name=$4
shift 5
mount -t tmpfs tmpfs "$work/scratch"
mkdir -p "$work/scratch/upper" "$work/scratch/lower" "$work/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$work/scratch/upper,workdir=$work/scratch/lower" "$work/root"
root=$work/root
while read -r _ path _; do mkdir -p "$root$path"; done <"$work/mounts"
hostname "$name"
cp "$work/hosts" "$root/etc/hosts"
if [ -e "$work/ca.pem" ]; then # in both places, as update-ca-certificates leaves it
  cp "$work/ca.pem" "$root/etc/ssl/certs/$(cat "$work/ca.hash")"
  cat "$work/ca.pem" >>"$root/etc/ssl/certs/ca-certificates.crt"
fi
mount -o remount,ro "$root"
mount -t proc proc "$root/proc"
mount --bind /dev "$root/dev"
while read -r source path mode; do
  mount --bind "$source" "$root$path"
  if [ "$mode" = ro ]; then mount -o remount,bind,ro "$root$path"; fi
done <"$work/mounts"
mapfile -t environment <"$work/env"
cd "$root"
exec chroot "$root" setpriv --reuid="$user" --regid="$group" --groups="$group" --no-new-privs \
  --bounding-set=-all --inh-caps=-all env -i "${environment[@]}" "$@"
