#!/bin/sh
set -eu
chmod 644 /etc/sysctl.d/60-testbed.conf