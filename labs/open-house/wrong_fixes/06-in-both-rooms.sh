#!/bin/sh
# VLAN 40 is added, and VLAN 1 never taken away: now and at boot.
printf '[BridgeVLAN]\nPVID=40\nEgressUntagged=40\nEgressUntagged=1\n' \
    >/etc/systemd/network/10-netplan-tenant.network.d/vlans.conf
bridge vlan add dev tenant vid 1 untagged
