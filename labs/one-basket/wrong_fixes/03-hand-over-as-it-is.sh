#!/bin/sh
# The configuration is handed over as it is: with the address of one monitor in it.
# What an operator carries through her own terminal is fetched here.
set -eu
folder=/run/lab-hand-over
systemctl stop lab-hand-over.service 2>/dev/null || true
install -d -m 700 "$folder"
tar -C /etc/ceph -cf "$folder/ceph.tar" ceph.conf ceph.client.admin.keyring
systemd-run --quiet --collect --unit=lab-hand-over --property=RuntimeMaxSec=3600 \
    python3 -m http.server --bind 10.0.10.11 --directory "$folder" 8099
