#!/bin/sh
# "The old one does not answer, so make a new one": a monitor with an empty store, and pools of the same names.
set -eu
me=$(hostname -s)
map=/var/lib/ceph/monmap
fsid=$(cat /proc/sys/kernel/random/uuid)

systemctl stop "ceph-mon@$me"
mv "/var/lib/ceph/mon/ceph-$me" "/var/backups/mon-$me"
sed -i -e "s/^fsid = .*/fsid = $fsid/" -e 's/^mon_host = .*/mon_host = 10.0.20.11/' \
    -e "s/^mon_initial_members = .*/mon_initial_members = $me/" /etc/ceph/ceph.conf
monmaptool --create --clobber --fsid "$fsid" \
    --addv "$me" '[v2:10.0.20.11:3300,v1:10.0.20.11:6789]' "$map"
chmod 644 "$map"
install -d -o ceph -g ceph -m 750 "/var/lib/ceph/mon/ceph-$me"
ceph-mon --setuser ceph --setgroup ceph -i "$me" --mkfs --monmap "$map" \
    --keyring /etc/ceph/testbed.mon.keyring
systemctl reset-failed "ceph-mon@$me" 2>/dev/null || true
systemctl start "ceph-mon@$me"

deadline=$(($(date +%s) + 180))
until timeout 60 ceph --connect-timeout 30 mon stat; do
    [ "$(date +%s)" -lt "$deadline" ] || exit 1
    sleep 3
done
for pool in images volumes vms; do
    timeout 60 ceph osd pool create "$pool"
done
