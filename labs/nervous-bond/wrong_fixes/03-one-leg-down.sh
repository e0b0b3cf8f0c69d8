#!/bin/sh
ip link set dev eno2 down
