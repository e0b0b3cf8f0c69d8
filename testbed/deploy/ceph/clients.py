"""Ceph's users that OpenStack's services are, what they may do, and a ceph.conf for clients.

Without tabs or indentation: kolla-ansible reads it with a parser of its own, to which an indented
line goes on with the one before.
"""

from collections.abc import Mapping

from testbed.deploy.ceph.files import client_settings, conf_text
from testbed.deploy.ceph.secrets import Caps
from testbed.plan.storage import Storage

BACKUPS = "backups"  # the pool of cinder's backups, where the topology has one
GLANCE, CINDER, BACKUP = "client.glance", "client.cinder", "client.cinder-backup"


def users(storage: Storage) -> Mapping[str, Caps]:
    """Return OpenStack's users with their rights, as Ceph's documentation gives them."""
    volumes = "profile rbd pool=volumes, profile rbd pool=vms"
    found = {
        GLANCE: _caps("profile rbd pool=images"),
        CINDER: {**_caps(volumes), "osd": f"{volumes}, profile rbd-read-only pool=images"},
    }
    if BACKUPS in storage.pools:
        found[BACKUP] = _caps(f"profile rbd pool={BACKUPS}")
    return found


def _caps(pools: str) -> Caps:
    return {"mon": "profile rbd", "osd": pools, "mgr": pools}


def client_conf(storage: Storage) -> str:
    """Return ceph.conf for clients."""
    parts: Mapping[str, Mapping[str, object]] = {
        "global": {
            "fsid": str(storage.fsid),
            "mon_host": ",".join(str(node.address) for node in storage.monitors),
            "auth_client_required": "cephx",
        },
        "client": client_settings(storage.client_cache),
    }
    return conf_text(parts)
