#!/bin/sh
# As networkd reads it at boot ...
cd /etc/systemd/network
printf '[BridgeVLAN]\nPVID=40\nEgressUntagged=40\n' >10-netplan-tenant.network.d/vlans.conf
printf '[BridgeVLAN]\nPVID=1\nEgressUntagged=1\nVLAN=40\n' >10-netplan-router.network.d/vlans.conf
# ... and as the bridge has it now.
bridge vlan del dev tenant vid 1
bridge vlan add dev tenant vid 40 pvid untagged
bridge vlan add dev router vid 40
