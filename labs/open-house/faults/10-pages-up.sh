#!/bin/sh
# What a scan finds: node1 shows the operators' dashboard, node3 the notices that are meant for tenants, too.
case $(hostname) in
node1) name=dashboard port=3000 title="Grafana (stand-in): operators only" ;;
node3) name=notices port=8080 title="Aolda notices: tenants welcome" ;;
*) exit 1 ;;
esac
mkdir -p "/srv/$name"
echo "<h1>$title</h1>" >"/srv/$name/index.html"
cat >"/etc/systemd/system/$name.service" <<UNIT
[Unit]
Description=$title
After=network.target
[Service]
ExecStart=/usr/bin/python3 -m http.server --directory /srv/$name $port
User=nobody
Restart=always
[Install]
WantedBy=multi-user.target
UNIT
systemctl daemon-reload
systemctl enable --now "$name.service"
