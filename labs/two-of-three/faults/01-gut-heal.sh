#!/bin/sh
# Puts back what was put aside, once; the way back that is always right is the checkpoint.
set -eu
me=$(hostname -s)
aside=/var/lib/testbed-aside
[ -e "$aside/whole" ] || exit 0

for unit in "ceph-mon@$me" "ceph-mgr@$me" ceph-osd@1 ceph-osd@2; do
    systemctl stop "$unit" 2>/dev/null || true
done
find /etc/ceph /var/lib/ceph/mon /var/lib/ceph/mgr /var/lib/ceph/osd -mindepth 1 -delete
tar -C / --numeric-owner -xpf "$aside/ceph.tar"
dd if="$aside/disk.head" of=/dev/disk/by-id/virtio-osd1 bs=1M conv=notrunc,fsync status=none
for unit in "ceph-mon@$me" "ceph-mgr@$me"; do
    systemctl enable --quiet --now "$unit"
done
for store in /var/lib/ceph/osd/ceph-*; do
    [ -e "$store" ] && systemctl enable --quiet --now "ceph-osd@${store##*-}"
done
rm -rf "$aside"
