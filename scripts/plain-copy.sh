#!/bin/bash
# A copy of both volumes with kubectl and tar, where the storage makes no snapshots, and the way back.
# docs/how-to/backup.md and restore.md say when. It stops the mail server and the webmail for as long as it takes, and starts them again.
set -euo pipefail

usage() {
  echo "bash scripts/plain-copy.sh save|restore FOLDER [NAMESPACE]"
  exit 2
}
[[ $# -ge 2 && $# -le 3 && ($1 == save || $1 == restore) ]] || usage
what=$1 folder=$2 namespace=${3:-stalwart-mail}
kube() { "${KUBECTL:-kubectl}" -n "$namespace" "$@"; }
fail() { echo "$1" >&2; exit 1; }

# A volume, the workload that it belongs to, and a file for it.
volumes=(stalwart-data:stalwart roundcube-data:roundcube)
for volume in "${volumes[@]}"; do
  file=$folder/${volume%%:*}.tar
  case $what in
    save) [ ! -e "$file" ] || fail "$file is there already: take a new folder" ;;
    # Before anything is stopped or emptied: half a file must not take the place of a mail store.
    restore) tar -tf "$file" > /dev/null || fail "$file is not a whole copy: nothing was touched" ;;
  esac
  kube get "deployment/${volume##*:}" "pvc/${volume%%:*}" > /dev/null
done
mkdir -p "$folder"

again() {
  kube delete pod plain-copy --ignore-not-found --grace-period=1 > /dev/null || true
  [ "${emptied:-}" = "" ] || fail "$emptied is not whole: run the same command again. Nothing was started."
  kube scale deployment stalwart roundcube --replicas=1
}
trap again EXIT
trap 'exit 130' INT TERM

kube scale deployment stalwart roundcube --replicas=0
kube wait --for=delete pod -l 'app.kubernetes.io/name in (stalwart,roundcube)' --timeout=5m

for volume in "${volumes[@]}"; do
  claim=${volume%%:*} workload=${volume##*:} file=$folder/${volume%%:*}.tar
  of() { kube get "deployment/$workload" -o "jsonpath={.spec.template.spec.$1}"; }
  user=$(of securityContext.runAsUser) group=$(of securityContext.runAsGroup) image=$(of 'containers[0].image')
  kube delete pod plain-copy --ignore-not-found --grace-period=1
  kube apply -f - << END
apiVersion: v1
kind: Pod
metadata:
  name: plain-copy
spec:
  automountServiceAccountToken: false
  enableServiceLinks: false
  restartPolicy: Never
  securityContext:
    runAsNonRoot: true
    runAsUser: $user
    runAsGroup: $group
    fsGroup: $group
    seccompProfile: { type: RuntimeDefault }
  containers:
    - name: copy
      image: $image
      command: [sleep, infinity]
      resources: { requests: { cpu: 10m, memory: 32Mi }, limits: { memory: 256Mi } }
      securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: [ALL] } }
      volumeMounts: [{ name: data, mountPath: /volume }]
  volumes: [{ name: data, persistentVolumeClaim: { claimName: $claim } }]
END
  kube wait --for=condition=Ready pod/plain-copy --timeout=5m
  if [ "$what" = save ]; then
    # What stands in the volume's root, not the root itself, which belongs to the storage.
    kube exec plain-copy -- sh -c \
      'cd /volume && find . -mindepth 1 -maxdepth 1 ! -name lost+found -print0 | tar --null -T - -cf -' > "$file.part"
    tar -tf "$file.part" > /dev/null || fail "the copy of $claim is not whole"
    mv "$file.part" "$file"
    echo "$claim is in $file"
  else
    emptied=$claim
    kube exec plain-copy -- sh -c 'find /volume -mindepth 1 -maxdepth 1 ! -name lost+found -exec rm -rf {} +'
    kube exec -i plain-copy -- tar -C /volume -xpf - < "$file"
    emptied=
    echo "$claim is as in $file"
  fi
done
