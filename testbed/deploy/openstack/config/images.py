"""Glance: images, kept in Ceph."""

from collections.abc import Iterator

from testbed.deploy.ceph.clients import GLANCE as CEPH_USER
from testbed.deploy.files import File
from testbed.deploy.openstack.config.ceph import client_files, conf_path
from testbed.deploy.openstack.config.oslo import database, ini, messages, token_check
from testbed.deploy.openstack.site import GLANCE, Site

_STORE = "ceph"
_STATE = "/var/lib/glance"
_LARGEST = 2 * 2**30  # bytes of an image


def files(site: Site) -> Iterator[File]:
    """Yield glance's files."""
    yield File("/etc/glance/glance-api.conf", _conf(site), 0o640, "glance")
    yield from client_files(site, "glance", CEPH_USER)


def _conf(site: Site) -> str:
    return ini(
        {
            "DEFAULT": {
                "bind_host": site.node.address,
                "bind_port": GLANCE,
                "workers": 0,  # the process itself serves
                "enabled_backends": f"{_STORE}:rbd",
                "show_image_direct_url": True,  # so that a volume is a clone, not a copy
                # What is imported lies on a controller's own disk before, and asked for at another.
                "enabled_import_methods": "[]",
                "image_size_cap": _LARGEST,
                "transport_url": site.transport,
            },
            "glance_store": {"default_backend": _STORE},
            _STORE: {
                "rbd_store_pool": "images",
                "rbd_store_user": CEPH_USER.removeprefix("client."),
                "rbd_store_ceph_conf": conf_path("glance"),
            },
            "os_glance_tasks_store": {"filesystem_store_datadir": f"{_STATE}/tasks"},
            "os_glance_staging_store": {"filesystem_store_datadir": f"{_STATE}/staging"},
            "database": database(site, "glance", "glance"),
            "keystone_authtoken": token_check(site, "glance"),
            "paste_deploy": {"flavor": "keystone"},
            "oslo_concurrency": {"lock_path": f"{_STATE}/lock"},
            **messages(),
        }
    )
