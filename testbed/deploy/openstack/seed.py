"""What makes the image's database this testbed's own: one list of statements, run once.

The image's addresses and passwords are placeholders that fit nothing; the last statement replaces
the addresses, so that where none is left all of it was done.
"""

from collections.abc import Iterator

from testbed.deploy.openstack.secrets import (
    ADMIN,
    DATABASE_USERS,
    SERVICE_USERS,
    database,
    keystone_hash,
)
from testbed.deploy.openstack.site import Site

PLACEHOLDER = "http://192.0.2.250:"  # an address that belongs to nobody, by RFC 5737
HOSTS = ("%", "localhost")  # where a database's user may come from
LEFT = f"SELECT COUNT(*) FROM keystone.endpoint WHERE url LIKE '{PLACEHOLDER}%'"  # noqa: S608


def statements(site: Site) -> str:
    """Return the statements, which may be run again after an interruption."""
    return "".join(f"{line};\n" for line in _statements(site))


def _statements(site: Site) -> Iterator[str]:
    for user in DATABASE_USERS:
        password = site.secrets[database(user)]
        for host in HOSTS:
            yield f"ALTER USER '{user}'@'{host}' IDENTIFIED BY '{password}' ACCOUNT UNLOCK"
    for user in (ADMIN, *SERVICE_USERS):
        which = f"SELECT id FROM keystone.local_user WHERE name='{user}' AND domain_id='default'"  # noqa: S608
        new = f"password_hash='{keystone_hash(site.secrets[user])}'"
        yield f"UPDATE keystone.password SET {new} WHERE local_user_id IN ({which})"  # noqa: S608
    url = f"REPLACE(url, '{PLACEHOLDER}', 'http://{site.cloud.vip}:')"
    yield f"UPDATE keystone.endpoint SET url={url}"  # noqa: S608
