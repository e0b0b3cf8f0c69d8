#!/bin/sh
# Put the value back where it is kept, and where it is used.
netplan set vlans.vlan-storage.mtu=9000
netplan apply
