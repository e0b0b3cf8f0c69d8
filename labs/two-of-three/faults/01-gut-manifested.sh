#!/bin/sh
set -eu
left=$(find /etc/ceph /var/lib/ceph/mon /var/lib/ceph/mgr /var/lib/ceph/osd -mindepth 1 | head -n 3)
[ -z "$left" ] || { echo "still there: $left" >&2; exit 1; }
cmp -s -n 4096 /dev/disk/by-id/virtio-osd1 /dev/zero || { echo "the disk is not blank" >&2; exit 1; }
