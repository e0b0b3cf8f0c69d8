#!/bin/sh
# A mode for two independent switches, and an eye on the links.
netplan set 'bonds.bond0.parameters={mode: active-backup, mii-monitor-interval: 100, primary: eno1}'
netplan generate
