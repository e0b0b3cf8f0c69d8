"""What OpenStack's services need to reach Ceph: users, their rights, and a ceph.conf without tabs.

kolla-ansible reads ceph.conf with a parser of its own, to which an indented line goes on with the
one before.
"""

from collections.abc import Iterator, Mapping

from testbed.deploy.ceph.files import client_settings, conf_text
from testbed.deploy.ceph.secrets import Caps, Secrets, keyring
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


def asking_for_key(user: str, caps: Caps) -> tuple[str, ...]:
    """Return the words that make `ceph` print a user's key, and make the user where it is new."""
    rights = (word for pair in caps.items() for word in pair)
    return ("auth", "get-or-create-key", user, *rights)


def ceph_conf(storage: Storage) -> str:
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


def ceph_files(storage: Storage, keys: Secrets) -> Mapping[str, str]:
    """Return every file for Ceph by its name; without keys, no keyring."""
    conf = {f"config/{each}/ceph.conf": ceph_conf(storage) for each in ("glance", "nova", "cinder")}
    return conf | {name: keyring(keys, user) for name, user in _keyrings(storage) if user in keys}


def _keyrings(storage: Storage) -> Iterator[tuple[str, str]]:
    yield f"config/glance/ceph.{GLANCE}.keyring", GLANCE
    # Nova mounts volumes and keeps instances as cinder's user, as kolla-ansible has it.
    yield f"config/nova/ceph.{CINDER}.keyring", CINDER
    yield f"config/cinder/cinder-volume/ceph.{CINDER}.keyring", CINDER
    if BACKUPS in storage.pools:
        yield f"config/cinder/cinder-backup/ceph.{CINDER}.keyring", CINDER
        yield f"config/cinder/cinder-backup/ceph.{BACKUP}.keyring", BACKUP
