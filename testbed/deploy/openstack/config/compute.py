"""Nova and placement: instances, and what each node has for them."""

from collections.abc import Iterator

from testbed.deploy.ceph.clients import CINDER as CEPH_USER
from testbed.deploy.files import File
from testbed.deploy.openstack.config.ceph import client_files, conf_path, libvirt_secret
from testbed.deploy.openstack.config.oslo import (
    DOWN_TIME,
    REPORT_INTERVAL,
    RPC_TIMEOUT,
    STORAGE_INTERVAL,
    Section,
    calling,
    database,
    ini,
    login,
    messages,
    service_token,
    token_check,
)
from testbed.deploy.openstack.site import GLANCE, Site
from testbed.plan.cloud import CloudNode

_STATE = "/var/lib/nova"
# MiB that a node itself needs, with Ceph, and what of a small one; by whether it is of the control
# plane. That one uses 2.8 GiB of 4: nova prefers nodes without it, where there are some.
_OWN_MEMORY = {True: 3328, False: 1024}
_OWN_SHARE = {True: 0.8, False: 0.5}


def control_files(site: Site) -> Iterator[File]:
    """Yield placement's file; nova's own is the same for all its services."""
    yield File("/etc/placement/placement.conf", _placement(site), 0o640, "placement")


def files(site: Site) -> Iterator[File]:
    """Yield what a node needs to run instances."""
    yield File("/etc/nova/nova.conf", _nova(site), 0o640, "nova")
    yield File("/etc/nova/nova-compute.conf", "", 0o640, "nova")  # Debian's would say virt_type
    if site.kvm:
        # Once udev runs, which lets QEMU's user have its device.
        load = f"[Service]\nExecStartPre=-/usr/sbin/modprobe {site.kvm}\n"
        yield File("/etc/systemd/system/libvirtd.service.d/kvm.conf", load)
    yield from client_files(site, "nova", CEPH_USER)
    yield from libvirt_secret(site)


def _placement(site: Site) -> str:
    return ini(
        {
            "placement_database": database(site, "placement", "placement"),
            "api": {"auth_strategy": "keystone"},
            "keystone_authtoken": token_check(site, "placement"),
        }
    )


def _nova(site: Site) -> str:
    return ini(
        {
            "DEFAULT": _general(site),
            **(_control(site) if site.node.control else {}),
            "api": {"auth_strategy": "keystone"},
            "keystone_authtoken": token_check(site, "nova"),
            "service_user": service_token(site, "nova"),
            "glance": {"api_servers": site.url(GLANCE)},
            "placement": calling(site, "placement"),
            "neutron": calling(site, "neutron"),
            "cinder": {
                **login(site, "nova"),
                "os_region_name": site.cloud.region,
                "catalog_info": "volumev3::publicURL",
            },
            "libvirt": _libvirt(site),
            "vnc": {"enabled": False},
            "spice": {"enabled": False},
            "oslo_concurrency": {"lock_path": f"{_STATE}/lock"},
            **messages(),
        }
    )


def _general(site: Site) -> Section:
    return {
        "transport_url": site.transport,
        "my_ip": site.node.address,
        "state_path": _STATE,
        "compute_driver": "libvirt.LibvirtDriver",
        "force_config_drive": True,  # there is no metadata service
        "reserved_host_memory_mb": _reserved(site.node),
        "update_resources_interval": STORAGE_INTERVAL,
        "report_interval": REPORT_INTERVAL,
        "service_down_time": DOWN_TIME,
        "rpc_response_timeout": RPC_TIMEOUT,
        "vif_plugging_timeout": 300,
        "block_device_allocate_retries": 200,
        "resume_guests_state_on_host_boot": True,
    }


def _reserved(node: CloudNode) -> int:
    return min(_OWN_MEMORY[node.control], int(node.memory * _OWN_SHARE[node.control]))


def _control(site: Site) -> dict[str, Section]:
    """Return what only the control plane may know: a node that runs instances has no database."""
    return {
        "api_database": database(site, "nova", "nova_api"),
        "database": database(site, "nova", "nova"),
        "conductor": {"workers": 1},
        "scheduler": {"workers": 1},
        "filter_scheduler": {"cpu_weight_multiplier": 0},  # what nodes lack is memory
    }


def _libvirt(site: Site) -> Section:
    # Emulated instances start fastest as an old processor in an old machine.
    emulated = {"virt_type": "qemu", "cpu_mode": "custom", "cpu_models": "Nehalem"}
    return {
        **({"virt_type": "kvm", "cpu_mode": "host-passthrough"} if site.kvm else emulated),
        "hw_machine_type": "x86_64=pc",
        "tb_cache_size": 96,  # MiB; a boot of tiny fills 70, and QEMU itself would take a gigabyte
        "images_type": "rbd",
        "images_rbd_pool": "vms",
        "images_rbd_ceph_conf": conf_path("nova"),
        "rbd_user": CEPH_USER.removeprefix("client."),
        "rbd_secret_uuid": site.cloud.libvirt_secret,
    }
