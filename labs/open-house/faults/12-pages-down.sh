#!/bin/sh
for name in dashboard metrics notices; do
    systemctl disable --now "$name.service" 2>/dev/null || true
    rm -rf "/etc/systemd/system/$name.service" "/srv/$name"
done
systemctl daemon-reload
