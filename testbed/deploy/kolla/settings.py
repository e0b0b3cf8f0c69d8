"""globals.yml: what differs from kolla-ansible's own defaults, and why."""

from collections.abc import Iterator, Mapping

import yaml

from testbed.deploy.ceph.clients import BACKUPS
from testbed.deploy.kolla.release import RELEASE
from testbed.plan.cloud import Cloud
from testbed.plan.storage import Storage

Settings = Mapping[str, str | int | bool | list[dict[str, str]]]


def globals_yml(cloud: Cloud, storage: Storage, testbed: str) -> str:
    """Return the text of globals.yml."""
    parts = (
        f"# {why}\n{yaml.safe_dump(dict(settings), sort_keys=False)}"
        for why, settings in _parts(cloud, storage, testbed)
    )
    return "---\n" + "\n".join(parts)


def _parts(cloud: Cloud, storage: Storage, testbed: str) -> Iterator[tuple[str, Settings]]:
    yield "The nodes run Debian.", {"kolla_base_distro": "debian", "openstack_release": RELEASE}
    if cloud.registry is not None:
        yield "Images come from a registry of yours.", _registry(cloud.registry)
    yield (
        "keepalived moves this address between the nodes.",
        {
            "kolla_internal_vip_address": str(cloud.vip),
            "keepalived_virtual_router_id": str(cloud.vrrp_id),
        },
    )
    yield (
        "Instances may sit in the provider VLAN themselves, on any node.",
        {"enable_neutron_provider_networks": True},
    )
    yield from _kernel()
    yield "Images, disks and volumes are in the nodes' Ceph.", _ceph(storage)
    if len(cloud.controllers) > 1:
        yield (
            "Volume services on several nodes act as one, which needs a place to agree in.",
            {"cinder_cluster_name": testbed, "enable_valkey": True},
        )
        yield (
            "Tenants' routers and DHCP outlive the node they are on.",
            {"enable_neutron_agent_ha": True},
        )
    yield "Machines are small: one worker a service, and no more services.", _small()
    yield (
        "The router keeps the time, but chrony does not tell the kernel, which would be asked.",
        {"prechecks_enable_host_ntp_checks": False},
    )


def _kernel() -> Iterator[tuple[str, Settings]]:
    yield (
        "Instances are emulated: no node here loads the module of KVM.",
        {"nova_compute_virt_type": "qemu"},
    )
    yield (
        "No instance has a network card without it, and nodes load no module by themselves.",
        {"neutron_modules_extra": [{"name": "tun"}]},
    )
    yield (
        "Debian 13 reads no /etc/sysctl.conf when it boots.",
        {"kolla_sysctl_conf_path": "/etc/sysctl.d/99-kolla.conf"},
    )


def _registry(address: str) -> Settings:
    host, _, namespace = address.partition("/")
    return {"docker_registry": host} | ({"docker_namespace": namespace} if namespace else {})


def _ceph(storage: Storage) -> Settings:
    return {
        "glance_backend_ceph": True,
        "nova_backend_ceph": True,
        "enable_cinder": True,
        "cinder_backend_ceph": True,
        "enable_cinder_backup": BACKUPS in storage.pools,
    }


def _small() -> Settings:
    return {
        "openstack_service_workers": 1,
        "openstack_service_rpc_workers": 1,
        "enable_heat": False,
        "enable_horizon": False,
        "enable_fluentd": False,
    }
