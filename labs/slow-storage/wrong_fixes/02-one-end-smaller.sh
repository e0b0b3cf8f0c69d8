#!/bin/sh
ip link set dev vlan-storage mtu 1500
netplan set vlans.vlan-storage.mtu=1500
netplan generate
