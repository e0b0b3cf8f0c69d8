#!/bin/sh
# The machine that comes back under this name is a new one: no configuration, no stores, a blank disk.
# What is taken away is put aside for healing; nothing in the lab uses it.
set -eu
me=$(hostname -s)
aside=/var/lib/testbed-aside
disk=/dev/disk/by-id/virtio-osd1

stop_at_once() {
    # Killed, not stopped: a daemon that is stopped says goodbye to the cluster, a burnt board does not.
    systemctl kill --signal=KILL "$1" 2>/dev/null || true
    systemctl stop "$1"
    systemctl disable --quiet "$1"
}

for store in /var/lib/ceph/osd/ceph-*; do
    [ -e "$store" ] && stop_at_once "ceph-osd@${store##*-}"
done
stop_at_once "ceph-mgr@$me"
stop_at_once "ceph-mon@$me"

if [ ! -e "$aside/whole" ]; then
    install -d -m 700 "$aside"
    tar -C / -cf "$aside/ceph.tar" etc/ceph var/lib/ceph/mon var/lib/ceph/mgr var/lib/ceph/osd
    dd if="$disk" of="$aside/disk.head" bs=1M count=4 status=none
    touch "$aside/whole"
    sync
fi

dd if=/dev/zero of="$disk" bs=1M count=4 conv=notrunc,fsync status=none
find /etc/ceph /var/lib/ceph/mon /var/lib/ceph/mgr /var/lib/ceph/osd -mindepth 1 -delete
sync # the power goes next
