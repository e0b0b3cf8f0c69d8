#!/bin/sh
netplan set bonds.bond0.parameters.mode=active-backup
netplan generate
