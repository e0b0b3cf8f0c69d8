#!/bin/sh
set -eu
: >/etc/machine-id
rm -f /var/lib/dbus/machine-id /etc/ssh/ssh_host_*
echo localhost >/etc/hostname
printf '127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n' >/etc/hosts
# Names are resolved through the router, whose address the seed writes.
rm -f /etc/resolv.conf
: >/etc/resolv.conf
passwd -l root
rm -rf /var/lib/cloud /var/log/*.log /var/log/apt /var/log/journal /var/cache/apt/* /var/lib/apt/lists/* /tmp/* /var/tmp/*
