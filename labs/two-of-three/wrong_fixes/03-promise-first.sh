#!/bin/sh
# After the monitor was mended: the new monitor is entered into the map before it exists.
set -eu
timeout 60 ceph --connect-timeout 30 mon add node2 10.0.20.12 || true
