#!/bin/sh
cat >/etc/netplan/60-bond0.yaml <<'YAML'
network:
  version: 2
  bonds:
    bond0:
      interfaces: [eno1, eno2]
      mtu: 9000
      parameters: {mode: 802.3ad, mii-monitor-interval: 100, lacp-rate: fast}
      link-local: []
      accept-ra: false
      optional: true
  vlans:
    vlan-mgmt: {link: bond0}
    vlan-storage: {link: bond0}
    vlan-vxlan: {link: bond0}
    vlan-provider: {link: bond0}
YAML
chmod 600 /etc/netplan/60-bond0.yaml
netplan generate
