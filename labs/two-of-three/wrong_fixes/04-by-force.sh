#!/bin/sh
# The map of monitors is mended, but groups of one copy still refuse to write: they are made anew by force.
set -eu
me=$(hostname -s)
map=/var/lib/ceph/monmap

ask() { timeout 60 ceph --connect-timeout 30 "$@"; }

systemctl stop "ceph-mon@$me"
ceph-mon --setuser ceph --setgroup ceph -i "$me" --extract-monmap "$map"
monmaptool "$map" --rm node2 --rm node3
ceph-mon --setuser ceph --setgroup ceph -i "$me" --inject-monmap "$map"
systemctl reset-failed "ceph-mon@$me" 2>/dev/null || true
systemctl start "ceph-mon@$me"
deadline=$(($(date +%s) + 180))
until ask mon stat; do
    [ "$(date +%s)" -lt "$deadline" ] || exit 1
    sleep 3
done

ask osd down 1 2
for osd in 1 2; do
    ask osd lost "$osd" --yes-i-really-mean-it
done
for group in $(ask pg ls-by-pool volumes | awk '/^[0-9]+\.[0-9a-f]+ / { print $1 }'); do
    ask osd force-create-pg "$group" --yes-i-really-mean-it
done
