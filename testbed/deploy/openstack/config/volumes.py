"""Cinder: volumes, kept in Ceph."""

from collections.abc import Iterator

from testbed.deploy.ceph.clients import CINDER as CEPH_USER
from testbed.deploy.files import File
from testbed.deploy.openstack.config.ceph import client_files, conf_path
from testbed.deploy.openstack.config.oslo import (
    DOWN_TIME,
    REPORT_INTERVAL,
    RPC_TIMEOUT,
    STORAGE_INTERVAL,
    database,
    ini,
    login,
    messages,
    service_token,
    token_check,
)
from testbed.deploy.openstack.site import GLANCE, KEYSTONE, Site

_BACKEND = "ceph"
_STATE = "/var/lib/cinder"


def files(site: Site) -> Iterator[File]:
    """Yield cinder's files."""
    yield File("/etc/cinder/cinder.conf", _conf(site), 0o640, "cinder")
    yield from client_files(site, "cinder", CEPH_USER)


def _conf(site: Site) -> str:
    return ini(
        {
            "DEFAULT": {
                "transport_url": site.transport,
                "auth_strategy": "keystone",
                "my_ip": site.node.address,
                "state_path": _STATE,
                "enabled_backends": _BACKEND,
                "glance_api_servers": site.url(GLANCE),
                "rpc_response_timeout": RPC_TIMEOUT,
                "report_interval": REPORT_INTERVAL,
                "service_down_time": DOWN_TIME,
                "backend_stats_polling_interval": STORAGE_INTERVAL,
            },
            _BACKEND: {
                "volume_driver": "cinder.volume.drivers.rbd.RBDDriver",
                "volume_backend_name": _BACKEND,
                # One name on all controllers: any of them looks after every volume. One that starts
                # takes what another is just making for its own and lost: that ends in error.
                "backend_host": "controllers",
                "rbd_pool": "volumes",
                "rbd_user": CEPH_USER.removeprefix("client."),
                "rbd_ceph_conf": conf_path("cinder"),
                "rbd_secret_uuid": site.cloud.libvirt_secret,
                "report_discard_supported": True,
            },
            "database": database(site, "cinder", "cinder"),
            "keystone_authtoken": token_check(site, "cinder"),
            "service_user": service_token(site, "cinder"),
            "nova": {
                **login(site, "nova"),
                "region_name": site.cloud.region,
                "token_auth_url": site.url(KEYSTONE, "/v3"),
            },
            "oslo_concurrency": {"lock_path": f"{_STATE}/lock"},
            **messages(),
        }
    )
