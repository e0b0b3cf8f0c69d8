#!/bin/sh
for vlan in vlan-mgmt vlan-storage vlan-vxlan vlan-provider; do
    netplan set "vlans.$vlan.link=eno2"
done
netplan generate
