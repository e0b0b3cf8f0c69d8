#!/bin/sh
ip link set vlan-storage mtu 9000
