#!/bin/sh
# "It is dead, so remove it": the OSD's number, its place and its key are deleted.
set -eu
timeout 60 ceph --connect-timeout 30 osd purge 2 --force --yes-i-really-mean-it
