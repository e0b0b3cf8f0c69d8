#!/bin/sh
# A second subnet on the same wire, without a VLAN.
netplan set 'ethernets.down1.addresses=[10.0.40.1/24]'
netplan apply
