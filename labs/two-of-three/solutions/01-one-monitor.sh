#!/bin/sh
# On the survivor: a monmap with one monitor in it, and data served from the one copy that is left.
set -eu
me=$(hostname -s)
map=/var/lib/ceph/monmap
backup=/var/backups/mon-$me

ask() { timeout 60 ceph --connect-timeout 30 "$@"; }

wait_for() { # SECONDS WHAT COMMAND…
    deadline=$(($(date +%s) + $1)) what=$2
    shift 2
    until "$@" >/dev/null 2>&1; do
        [ "$(date +%s)" -lt "$deadline" ] || { echo "not in time: $what" >&2; exit 1; }
        sleep 3
    done
}

systemctl stop "ceph-mon@$me"
[ -e "$backup" ] || cp -a "/var/lib/ceph/mon/ceph-$me" "$backup"
ceph-mon --setuser ceph --setgroup ceph -i "$me" --extract-monmap "$map"
monmaptool "$map" --rm node2 --rm node3
ceph-mon --setuser ceph --setgroup ceph -i "$me" --inject-monmap "$map"
rm -f "$map"
systemctl reset-failed "ceph-mon@$me" 2>/dev/null || true
systemctl start "ceph-mon@$me"
wait_for 180 "an answer from Ceph" ask mon stat

# One OSD alone is not believed when it says that others are dead.
ask osd down 1 2
for pool in $(ask osd pool ls); do
    ask osd pool set "$pool" min_size 1
done
wait_for 240 "a write to the pool volumes" \
    timeout 30 rados --pool volumes put lab-first-write /etc/hostname
timeout 60 rados --pool volumes rm lab-first-write
