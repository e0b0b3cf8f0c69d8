#!/bin/sh
set -eu
chmod 440 /etc/sudoers.d/snaps
mkdir -p /var/lib/testbed/snaps
# Debian's daemons of Ceph must never start beside the snap's.
systemctl mask ceph.target ceph-mon.target ceph-mgr.target ceph-osd.target ceph-mds.target ceph-radosgw.target
rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/*.log /var/log/apt /tmp/* /var/tmp/*
: >/etc/machine-id
