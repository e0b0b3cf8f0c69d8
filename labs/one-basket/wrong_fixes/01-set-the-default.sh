#!/bin/sh
# "Let it choose hosts": the setting is changed in ceph.conf, and everything on node1 is restarted.
set -eu
sed -i 's/^osd_crush_chooseleaf_type = .*/osd_crush_chooseleaf_type = 1/' /etc/ceph/ceph.conf
systemctl restart ceph-mon@node1
for osd in 0 1 2; do
    systemctl restart "ceph-osd@$osd"
done
deadline=$(($(date +%s) + 300))
until [ "$(timeout 60 ceph --connect-timeout 30 health)" = HEALTH_OK ]; do
    [ "$(date +%s)" -lt "$deadline" ] || exit 1
    sleep 5
done
