#!/bin/sh
set -eu
# What packages make when they are installed would be the same on every machine of every testbed.
rm -rf /etc/keystone/fernet-keys /etc/keystone/credential-keys /var/lib/rabbitmq/.erlang.cookie /var/lib/rabbitmq/mnesia \
  /var/lib/openstack-dashboard/secret-key /etc/iscsi/initiatorname.iscsi /etc/openvswitch/conf.db \
  /etc/openvswitch/system-id.conf /etc/ssl/private/*.key
# Nobody reads them in a testbed.
rm -rf /usr/share/doc/* /usr/share/man/* /usr/share/info/* /usr/share/locale/*
for package in nova cinder neutron glance keystone placement; do
  rm -rf /usr/lib/python3/dist-packages/$package/tests
done
python3 -m compileall -q /usr/lib/python3/dist-packages 2>/dev/null || true
rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/*.log /var/log/*/*.log /var/log/apt /tmp/* /var/tmp/*
: >/etc/machine-id
