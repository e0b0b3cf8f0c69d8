#!/bin/sh
# The running table first, so that people can work; then the file it came from.
ip route del 10.0.50.12/32 via 10.0.100.99
netplan set vlans.vlan-device.routes=null
netplan generate
