#!/bin/sh
set -eu
chmod 755 /usr/libexec/testbed/wait-for /usr/libexec/testbed/mariadb-start
units=/etc/systemd/system

# Whole units in place of Debian's, which Want keystone, a database and a broker on every node that has any service, and start
# through shell scripts that give each API all addresses. Here an API listens where its ini says.
# A name server's client of its own, which eventlet has, is 200 modules more, for names that are all in /etc/hosts.
# Two start at a time, each after one of its row: all of them at once get so little of two emulated processors that none is up
# before its time is over, and then they begin anew. A service that answers on a port has started when it does.
service() { # name user type after command
  cat >$units/"$1".service <<CFG
[Unit]
Description=OpenStack $1
After=network.target mariadb.service rabbitmq-server.service memcached.service haproxy.service openvswitch-switch.service $4

[Service]
Type=$3
NotifyAccess=all
User=$2
Group=$2
WorkingDirectory=/var/lib/$2
RuntimeDirectory=$2 lock/$2
RuntimeDirectoryPreserve=yes
Environment=OS_OSLO_MESSAGING_RABBIT__PROCESSNAME=$1 MALLOC_ARENA_MAX=1 EVENTLET_NO_GREENDNS=yes
ExecStartPre=/usr/libexec/testbed/wait-for %N
ExecStart=$5
Restart=always
RestartSec=5
TimeoutStartSec=900
TimeoutStopSec=30
LimitNOFILE=65535

[Install]
WantedBy=multi-user.target
CFG
}
answering() { # name user after command
  service "$1" "$2" simple "$3" "$4"
  mkdir -p $units/"$1".service.d
  printf '[Service]\nExecStartPost=/usr/libexec/testbed/wait-for %%N-answers\n' >$units/"$1".service.d/answers.conf
}
api() { # name user after
  answering "$1" "$2" "$3" "/usr/bin/uwsgi_python3 --ini /etc/$2/$1-uwsgi.ini"
}
worker() { # name user after: one that reads its service's configuration, and says itself when it is up
  service "$1" "$2" notify "$3" "/usr/bin/$1 --config-file /etc/$2/$2.conf"
}
api keystone keystone ""
answering glance-api glance keystone.service "/usr/bin/glance-api --config-file /etc/glance/glance-api.conf"
worker nova-conductor nova glance-api.service
api nova-api nova nova-conductor.service
worker nova-scheduler nova nova-api.service
worker cinder-scheduler cinder nova-scheduler.service
service nova-compute nova notify cinder-scheduler.service \
  "/usr/bin/nova-compute --config-file /etc/nova/nova.conf --config-file /etc/nova/nova-compute.conf"

api placement-api placement ""
api neutron-api neutron placement-api.service
api cinder-api cinder neutron-api.service
worker cinder-volume cinder cinder-api.service
mkdir -p $units/apache2.service.d
printf '[Unit]\nAfter=cinder-volume.service\n' >$units/apache2.service.d/testbed.conf

mkdir -p $units/nova-compute.service.d
printf '[Unit]\nWants=libvirtd.service\nAfter=libvirtd.service\n' >$units/nova-compute.service.d/libvirt.conf

# The parent of cinder-volume looks a hundred times a second whether its child lives: an eighth of an emulated processor.
launcher=/usr/lib/python3/dist-packages/oslo_service/backend/eventlet/service.py
sed -i 's/wait_interval=0\.01/wait_interval=0.5/' $launcher
grep -q 'wait_interval=0\.5' $launcher
python3 -m compileall -q $launcher

# keystone's library for SAML compiles all of its schemas when it is imported, almost half of keystone's start. Nobody logs in that way
# here; who did would have them compiled each time.
schemas=/usr/lib/python3/dist-packages/saml2/xml/schema/__init__.py
sed -i -e 's/^_schema_validator_default = .*/_schema_validator_default = None/' \
  -e 's/validator = _schema_validator_default if/validator = _create_xml_schema_validator() if/' $schemas
grep -q '^_schema_validator_default = None$' $schemas
grep -q 'validator = _create_xml_schema_validator() if validator is None' $schemas
python3 -m compileall -q $schemas

# nova-api does one thing at a time: while it waits for a host that is lost, it answers nobody.
mkdir -p $units/nova-api.service.d
printf '[Service]\nEnvironment=OS_DEFAULT__RPC_RESPONSE_TIMEOUT=90\n' >$units/nova-api.service.d/waiting.conf

# debian-start looks for tables to upgrade and repair at every start. A server gives up when the others of its group have not come
# for five minutes, and by Debian's unit stays so: after a power cut they may come later, one by one.
mkdir -p $units/mariadb.service.d $units/libvirtd.socket.d /etc/systemd/system.conf.d /etc/testbed
cat >$units/mariadb.service.d/testbed.conf <<'CFG'
[Service]
ExecStart=
ExecStart=/usr/libexec/testbed/mariadb-start $MYSQLD_OPTS $_WSREP_NEW_CLUSTER
ExecStartPost=
Restart=on-failure
RestartSec=15
CFG
# Idle, it would leave, and start and probe its emulators anew for the next question.
echo 'LIBVIRTD_ARGS=""' >/etc/default/libvirtd
printf '[Socket]\nSocketMode=0660\nSocketGroup=libvirt\n' >$units/libvirtd.socket.d/testbed.conf
printf '[Manager]\nDefaultTimeoutStartSec=600s\nDefaultTimeoutStopSec=60s\n' >/etc/systemd/system.conf.d/cloud.conf
# No instance has a network card without it, and what would create its device for whoever opens it is switched off.
echo tun >/etc/modules-load.d/cloud.conf
# A balancer that is ready before the shared address is there can answer on it at once.
echo 'net.ipv4.ip_nonlocal_bind = 1' >/etc/sysctl.d/70-cloud.conf
# A timer that is due after a restore would run on all nodes at once.
rm -f /etc/systemd/system/timers.target.wants/*
# libvirt's own network and its filters are nobody's: OVN has both.
rm -rf /etc/libvirt/qemu/networks /etc/libvirt/nwfilter
mkdir -p /etc/libvirt/qemu/networks /etc/libvirt/nwfilter

# The web server answers where a site says it does: none so far.
rm -f /etc/apache2/sites-enabled/*
: >/etc/apache2/ports.conf

# Which of them a machine has is decided when it is deployed. systemctl passes over a unit that does not exist.
off() { # unit...
  for unit in "$@"; do
    [ -e "/usr/lib/systemd/system/$unit" ] || [ -e "$units/$unit" ] || { echo "there is no unit $unit"; exit 1; }
    systemctl disable "$unit"
  done
}
for unit in mariadb rabbitmq-server memcached haproxy keepalived apache2 \
  keystone glance-api placement-api nova-api nova-conductor nova-scheduler nova-compute \
  neutron-api cinder-api cinder-scheduler cinder-volume \
  ovn-central ovn-host openvswitch-switch ovs-record-hostname libvirtd virtlogd libvirt-guests; do
  off $unit.service
done
# Came along, and nothing here is for them: no instance asks for metadata, no disk comes over iSCSI.
off nova-api-metadata.service open-iscsi.service iscsid.socket rtslib-fb-targetctl.service
# Its socket is on every address. Without it a broker starts its own, where it is told to.
systemctl mask epmd.socket epmd.service
# netplan's own, wherever there is Open vSwitch: nothing of that is netplan's here, and starting Python to find that out takes an
# emulated node longer than the ten seconds it has. After a power cut a node counted as ill for it.
systemctl mask netplan-ovs-cleanup.service
