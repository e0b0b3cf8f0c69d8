"""The groups of kolla-ansible's inventory: what runs where, and names that no node may have.

They are those of the example of several nodes that kolla-ansible 22 comes with; its playbooks
expect all of them, also those of services that are switched off.
"""

from collections.abc import Iterator, Mapping

PLACES = ("control", "network", "compute", "monitoring", "storage")  # what machines are listed in
DEPLOYMENT = "deployment"
_TAKEN_BY = {  # a group: the groups that its machines are in as well
    "control": (
        "baremetal tls-backend common etcd hacluster mariadb rabbitmq keystone glance nova cinder "
        "cloudkitty memcached horizon barbican heat ironic magnum mistral manila ceilometer aodh "
        "cyborg gnocchi tacker trove watcher octavia designate placement skyline redis valkey "
        "blazar opensearch neutron-periodic-worker neutron-rpc-server neutron-server "
        "neutron-ovn-maintenance-worker prometheus-node-exporter prometheus-cadvisor masakari-api "
        "masakari-engine masakari-hostmonitor ovn-database"
    ),
    "network": (
        "baremetal tls-backend common loadbalancer neutron openvswitch neutron-ovn-agent "
        "neutron-ovn-metadata-agent manila-share designate-mdns prometheus-node-exporter "
        "prometheus-cadvisor prometheus-openstack-network-exporter ovn-controller-network"
    ),
    "compute": (
        "baremetal common collectd hacluster-remote openvswitch neutron-ovn-agent "
        "neutron-ovn-metadata-agent iscsid ceilometer-compute ceilometer-ipmi cyborg-agent "
        "multipathd prometheus-node-exporter prometheus-cadvisor prometheus-libvirt-exporter "
        "prometheus-openstack-network-exporter masakari-instancemonitor ovn-controller-compute"
    ),
    "storage": (
        "baremetal common cinder-backup-lvm cinder-backup-multiple cinder-volume-lvm "
        "cinder-volume-multiple iscsid tgtd multipathd prometheus-node-exporter "
        "prometheus-cadvisor"
    ),
    "monitoring": (
        "baremetal common grafana prometheus prometheus-node-exporter prometheus-cadvisor "
        "prometheus-alertmanager prometheus-openstack-exporter prometheus-blackbox-exporter"
    ),
    "manila-share": "openvswitch",
    "deployment": "bifrost",
    "loadbalancer": "letsencrypt",
    "common": "cron fluentd kolla_logs kolla_toolbox",
    "opensearch": "opensearch-dashboards prometheus-elasticsearch-exporter",
    "glance": "glance-api",
    "nova": (
        "nova-api nova-conductor nova-metadata nova-super-conductor nova-novncproxy "
        "nova-scheduler nova-spicehtml5proxy nova-compute-ironic nova-serialproxy"
    ),
    "neutron": (
        "ironic-neutron-agent neutron-bgp-dragent neutron-dhcp-agent neutron-infoblox-ipam-agent "
        "neutron-l3-agent neutron-metadata-agent neutron-metering-agent neutron-ovn-vpn-agent"
    ),
    "cinder": (
        "cinder-api cinder-backup cinder-backup-multiple cinder-scheduler cinder-volume "
        "cinder-volume-multiple"
    ),
    "cloudkitty": "cloudkitty-api cloudkitty-processor",
    "ironic": "iscsid ironic-api ironic-conductor ironic-dnsmasq ironic-tftp ironic-http",
    "manila": "manila-api manila-scheduler manila-data",
    "barbican": "barbican-api barbican-keystone-listener barbican-worker",
    "heat": "heat-api heat-api-cfn heat-engine",
    "magnum": "magnum-api magnum-conductor",
    "mistral": "mistral-api mistral-executor mistral-engine mistral-event-engine",
    "ceilometer": "ceilometer-central ceilometer-notification",
    "aodh": "aodh-api aodh-evaluator aodh-listener aodh-notifier",
    "cyborg": "cyborg-api cyborg-conductor",
    "gnocchi": "gnocchi-api gnocchi-statsd gnocchi-metricd",
    "trove": "trove-api trove-conductor trove-taskmanager",
    "watcher": "watcher-api watcher-engine watcher-applier",
    "octavia": (
        "octavia-api octavia-driver-agent octavia-health-manager octavia-housekeeping "
        "octavia-worker"
    ),
    "designate": (
        "designate-api designate-central designate-producer designate-worker designate-sink "
        "designate-backend-bind9"
    ),
    "placement": "placement-api",
    "skyline": "skyline-apiserver skyline-console",
    "tacker": "tacker-server tacker-conductor",
    "blazar": "blazar-api blazar-manager",
    "mariadb": "prometheus-mysqld-exporter",
    "memcached": "prometheus-memcached-exporter",
    "valkey": "prometheus-valkey-exporter",
    "ovn-controller-compute": "ovn-controller",
    "ovn-controller-network": "ovn-controller",
    "ovn-database": "ovn-northd ovn-nb-db ovn-sb-db ovn-sb-db-relay",
    "letsencrypt": "letsencrypt-webserver letsencrypt-lego",
}


def members() -> Mapping[str, tuple[str, ...]]:
    """Return each group that is made of other groups, with those groups."""
    found: dict[str, tuple[str, ...]] = {}
    for part, group in _pairs():
        found[group] = (*found.get(group, ()), part)
    return found


def names() -> frozenset[str]:
    """Return the name of every group, Ansible's own included."""
    return frozenset({*PLACES, DEPLOYMENT, *members(), "ungrouped"})


def _pairs() -> Iterator[tuple[str, str]]:
    for part, groups in _TAKEN_BY.items():
        for group in groups.split():
            yield part, group
