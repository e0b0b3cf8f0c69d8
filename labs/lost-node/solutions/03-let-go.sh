#!/bin/sh
# A flag that stays set is a trap for the next one on duty.
set -eu
timeout 60 ceph --connect-timeout 30 osd unset noout
