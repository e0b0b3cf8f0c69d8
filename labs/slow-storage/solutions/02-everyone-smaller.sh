#!/bin/sh
# All ends agree on what the way can carry. Storage works, but not as it was planned.
ip link set dev vlan-storage mtu 1500
netplan set vlans.vlan-storage.mtu=1500
netplan generate
