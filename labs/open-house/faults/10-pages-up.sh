#!/bin/sh
# node1 shows the operators' dashboard and a port that nobody announced; node3 the notices that are meant for tenants, too.
serve() {
    mkdir -p "/srv/$1"
    echo "<h1>$3</h1>" >"/srv/$1/index.html"
    cat >"/etc/systemd/system/$1.service" <<UNIT
[Unit]
Description=$3
After=network.target
[Service]
ExecStart=/usr/bin/python3 -m http.server --directory /srv/$1 $2
User=nobody
Restart=always
[Install]
WantedBy=multi-user.target
UNIT
    systemctl daemon-reload
    systemctl enable --now "$1.service"
}

case $(hostname) in
node1)
    serve dashboard 3000 "Grafana (stand-in): operators only"
    serve metrics 9100 "node_exporter (stand-in): operators only"
    ;;
node3) serve notices 8080 "Aolda notices: tenants welcome" ;;
*) exit 1 ;;
esac
