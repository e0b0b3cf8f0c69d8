#!/bin/sh
# Without the old rule the new one is the oldest, and that is the one a new pool gets.
set -eu
ask() { timeout 60 ceph --connect-timeout 30 "$@"; }
ask config rm global osd_pool_default_crush_rule
ask osd crush rule rm replicated_rule
