#!/bin/sh
# A leg in the tenants' VLAN, and one thing let through; all else meets the policy, which is drop.
netplan set 'vlans.vlan-provider={id: 40, link: down1, addresses: [10.0.40.1/24]}'
netplan apply
sed -i '/counter comment "refused"/i\        iifname "vlan-provider" oifname "down1" ip daddr 10.16.0.13 tcp dport 8080 accept' /etc/nftables.conf
nft -f /etc/nftables.conf
