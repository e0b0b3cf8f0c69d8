"""What kolla-ansible hands to OpenStack's services for Ceph, and how a user's key is asked for."""

from collections.abc import Iterator, Mapping

from testbed.deploy.ceph.clients import BACKUP, BACKUPS, CINDER, GLANCE, client_conf
from testbed.deploy.ceph.secrets import Caps, Secrets, keyring
from testbed.plan.storage import Storage


def asking_for_key(user: str, caps: Caps) -> tuple[str, ...]:
    """Return the words that make `ceph` print a user's key, and make the user where it is new."""
    rights = (word for pair in caps.items() for word in pair)
    return ("auth", "get-or-create-key", user, *rights)


def ceph_files(storage: Storage, keys: Secrets) -> Mapping[str, str]:
    """Return every file for Ceph by its name; without keys, no keyring."""
    text = client_conf(storage)
    conf = {f"config/{each}/ceph.conf": text for each in ("glance", "nova", "cinder")}
    return conf | {name: keyring(keys, user) for name, user in _keyrings(storage) if user in keys}


def _keyrings(storage: Storage) -> Iterator[tuple[str, str]]:
    yield f"config/glance/ceph.{GLANCE}.keyring", GLANCE
    # Nova mounts volumes and keeps instances as cinder's user, as kolla-ansible has it.
    yield f"config/nova/ceph.{CINDER}.keyring", CINDER
    yield f"config/cinder/cinder-volume/ceph.{CINDER}.keyring", CINDER
    if BACKUPS in storage.pools:
        yield f"config/cinder/cinder-backup/ceph.{CINDER}.keyring", CINDER
        yield f"config/cinder/cinder-backup/ceph.{BACKUP}.keyring", BACKUP
