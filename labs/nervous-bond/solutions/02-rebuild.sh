#!/bin/sh
# A bond with members cannot change its mode: it goes, with the VLANs on it, and networkd makes all of it anew.
ip link delete bond0
systemctl restart systemd-networkd
