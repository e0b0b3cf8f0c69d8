#!/bin/sh
# The port as it is now, then the file it is made from at boot.
ip link set dev node3 mtu 9000
netplan set ethernets.node3.mtu=9000
netplan generate
