#!/bin/sh
# Every VLAN that answers a ping is moved; the one without an address stays where it was.
netplan set --origin-hint 50-cloud-init 'bonds.bond0.interfaces=[eno1, eno2]'
netplan set bonds.bond0.mtu=9000
netplan set bonds.bond0.parameters.mode=active-backup
netplan set bonds.bond0.parameters.mii-monitor-interval=100
netplan set bonds.bond0.parameters.primary=eno1
for vlan in vlan-mgmt vlan-storage vlan-vxlan; do
    netplan set "vlans.$vlan.link=bond0"
done
netplan generate
