"""Keystone: users, tokens and the catalogue."""

from collections.abc import Iterator

from testbed.deploy.files import File, Folder
from testbed.deploy.openstack.config.oslo import cache, database, ini
from testbed.deploy.openstack.secrets import CREDENTIAL, FERNET, KEYS, key
from testbed.deploy.openstack.site import KEYSTONE, Site

_ROUNDS = 4  # of bcrypt; as few as the hashes in the database have


def files(site: Site) -> Iterator[File]:
    """Yield keystone's files; its keys are the same on every node, or tokens would not be."""
    yield File("/etc/keystone/keystone.conf", _conf(site), 0o640, "keystone")
    for repository in (FERNET, CREDENTIAL):
        folder = f"/etc/keystone/{repository}-keys"
        yield Folder(folder, mode=0o700, owner="keystone")  # who rotates keys writes there
        for number in KEYS:
            yield File(
                f"{folder}/{number}", site.secrets[key(repository, number)], 0o600, "keystone"
            )


def _conf(site: Site) -> str:
    return ini(
        {
            "DEFAULT": {"public_endpoint": site.url(KEYSTONE)},
            "database": database(site, "keystone", "keystone"),
            "identity": {"password_hash_algorithm": "bcrypt", "password_hash_rounds": _ROUNDS},
            "token": {"provider": "fernet", "expiration": 14400},
            "cache": cache(site),
            "oslo_middleware": {"enable_proxy_headers_parsing": True},
        }
    )
