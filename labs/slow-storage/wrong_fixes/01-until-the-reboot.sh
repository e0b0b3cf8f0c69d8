#!/bin/sh
ip link set dev node3 mtu 9000
