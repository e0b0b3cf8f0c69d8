#!/bin/sh
# All three addresses go into ceph.conf first; then the other machines may fetch it, and the key.
# What an operator carries through her own terminal is fetched here.
set -eu
folder=/run/lab-hand-over
sed -i -e 's/^mon_host = .*/mon_host = 10.0.20.11,10.0.20.12,10.0.20.13/' \
    -e 's/^mon_initial_members = .*/mon_initial_members = node1,node2,node3/' /etc/ceph/ceph.conf
systemctl stop lab-hand-over.service 2>/dev/null || true
install -d -m 700 "$folder"
tar -C /etc/ceph -cf "$folder/ceph.tar" ceph.conf ceph.client.admin.keyring
systemd-run --quiet --collect --unit=lab-hand-over --property=RuntimeMaxSec=3600 \
    python3 -m http.server --bind 10.0.10.11 --directory "$folder" 8099
