#!/bin/sh
# A new address in a new room; it moves in with the next start.
sed -i 's|10.16.0.101/16|10.0.40.101/24|; s|via: 10.16.0.1$|via: 10.0.40.1|' /etc/netplan/50-cloud-init.yaml
netplan generate
