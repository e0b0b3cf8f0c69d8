#!/bin/sh
bridge vlan del dev tenant vid 1
bridge vlan add dev tenant vid 40 pvid untagged
bridge vlan add dev router vid 40
