#!/bin/sh
# After the monitor was mended: one copy is declared enough, what is gone is struck off, and that is that.
set -eu

ask() { timeout 60 ceph --connect-timeout 30 "$@"; }

ask tell 'mon.*' config set mon_allow_pool_size_one true # ceph.conf says false, and outranks `config set`
for pool in $(ask osd pool ls); do
    ask osd pool set "$pool" size 1 --yes-i-really-mean-it
done
for osd in 1 2; do
    ask osd purge "$osd" --force --yes-i-really-mean-it
done
for host in node2 node3; do
    ask osd crush rm "$host"
done
