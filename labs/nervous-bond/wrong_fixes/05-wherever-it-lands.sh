#!/bin/sh
netplan set 'bonds.bond0.parameters={mode: active-backup, mii-monitor-interval: 100}'
netplan generate
