#!/bin/sh
sed -i '/counter comment "refused"/i\        iifname "vlan-provider" accept' /etc/nftables.conf
nft -f /etc/nftables.conf
