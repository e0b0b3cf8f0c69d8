#!/bin/sh
# A rule that never puts two copies into one machine, for every pool there is and for those to come.
set -eu
systemctl stop lab-hand-over.service 2>/dev/null || true
rm -rf /run/lab-hand-over

ask() { timeout 60 ceph --connect-timeout 30 "$@"; }
is_clean() {
    [ "$(ask health)" = HEALTH_OK ] && ask pg stat | grep -Eq '^[0-9]+ pgs: [0-9]+ active\+clean;'
}

ask osd crush rule create-replicated per-host default host
number=$(ask osd crush rule dump per-host | sed -n 's/.*"rule_id": \([0-9]*\).*/\1/p')
for pool in $(ask osd pool ls); do
    ask osd pool set "$pool" crush_rule per-host
done
ask config set global osd_pool_default_crush_rule "$number"

sleep 15 # until the managers know of the change
deadline=$(($(date +%s) + 900))
until is_clean; do
    [ "$(date +%s)" -lt "$deadline" ] || { ask health detail >&2; exit 1; }
    sleep 5
done
