#!/bin/sh
# "It is coming back": nobody is to be declared out meanwhile.
set -eu
timeout 60 ceph --connect-timeout 30 osd set noout
