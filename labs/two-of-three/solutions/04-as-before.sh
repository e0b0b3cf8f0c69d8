#!/bin/sh
# Once there is more than one copy again: the old rule for writing, and patience until all is copied.
set -eu
systemctl stop lab-hand-over.service 2>/dev/null || true
rm -rf /run/lab-hand-over

ask() { timeout 60 ceph --connect-timeout 30 "$@"; }
is_healthy() {
    [ "$(ask health)" = HEALTH_OK ] && ask pg stat | grep -Eq "^[0-9]+ pgs: [0-9]+ active\+clean;"
}

for pool in $(ask osd pool ls); do
    ask osd pool set "$pool" min_size 2
done
deadline=$(($(date +%s) + 600))
until is_healthy; do
    [ "$(date +%s)" -lt "$deadline" ] || { ask health detail >&2; exit 1; }
    sleep 5
done
