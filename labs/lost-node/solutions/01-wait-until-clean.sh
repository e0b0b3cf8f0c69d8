#!/bin/sh
# Nothing but patience: what was written meanwhile is copied to the node that is back.
set -eu

ask() { timeout 60 ceph --connect-timeout 30 "$@"; }
is_clean() {
    [ "$(ask health)" = HEALTH_OK ] && ask pg stat | grep -Eq '^[0-9]+ pgs: [0-9]+ active\+clean;'
}

deadline=$(($(date +%s) + 600))
until is_clean; do
    [ "$(date +%s)" -lt "$deadline" ] || { ask health detail >&2; exit 1; }
    sleep 5
done
