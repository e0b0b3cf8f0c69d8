#!/bin/sh
# While it was cut off, node3's OSD reported its neighbours as dead, and was declared down before
# it could take that back. The leading monitor keeps such reports until it is restarted.
set -eu
me=$(hostname -s)

ask() { timeout 60 ceph --connect-timeout 30 "$@"; }
all_up() { ask osd stat | grep -q '^3 osds: 3 up'; }
keeps_reports() { ask daemon "mon.$me" ops | grep -q 'osd_failure('; }

deadline=$(($(date +%s) + 300))
until all_up; do
    [ "$(date +%s)" -lt "$deadline" ] || { ask osd tree >&2; exit 1; }
    sleep 5
done
if keeps_reports; then
    systemctl restart "ceph-mon@$me"
fi
