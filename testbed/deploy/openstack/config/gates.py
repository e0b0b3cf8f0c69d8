"""When each service starts: not before what it needs answers, or it would start in vain.

A service that dies for want of another pays its imports again, which are most of what its start
costs an emulated machine. The image's units wait for what stands on their line, and one that
answers on a port has started when what stands on the line after it answers.
"""

from collections.abc import Iterator, Mapping

from testbed.deploy.files import File
from testbed.deploy.openstack.config.web import APIS
from testbed.deploy.openstack.site import (
    AMQP,
    GLANCE,
    KEYSTONE,
    MYSQL,
    OVN_NB,
    OVN_SB,
    PLACEMENT,
    Site,
)

WAIT = "/usr/libexec/testbed/wait-for"
_PATH = "/etc/testbed/gates"


def files(site: Site) -> Iterator[File]:
    """Yield the file that says what each unit waits for, before its start and after it."""
    lines = {**gates(site), **answers(site)}
    yield File(_PATH, "".join(f"{unit} {' '.join(lines[unit])}\n" for unit in sorted(lines)))


def gates(site: Site) -> Mapping[str, tuple[str, ...]]:
    """Return what must answer before each unit of the node starts.

    A queue or a database of OVN's is waited for on the node itself, where there is one: through
    another node's, the services would be up before what they need here. Elsewhere no member of
    the queue is waited for where others would do.
    """
    own = site.node.address
    # Behind the VIP haproxy takes any connection; a database that is there greets.
    database, queue = f"greeting:{site.cloud.vip}:{MYSQL}", f"tcp:{own}:{AMQP}"
    keystone, placement = site.url(KEYSTONE, "/v3"), site.url(PLACEMENT, "/")
    if not site.node.control:
        only = (f"tcp:{site.cloud.controllers[0].address}:{AMQP}",) if site.alone else ()
        return {"nova-compute": (*only, keystone, placement)}
    return {
        "keystone": (database,),
        "placement-api": (database, keystone),
        "glance-api": (database, keystone),
        "neutron-api": (database, queue, keystone, f"tcp:{own}:{OVN_NB}", f"tcp:{own}:{OVN_SB}"),
        "nova-conductor": (database, queue),
        "nova-api": (database, queue, keystone),
        "nova-scheduler": (database, queue, placement),
        "cinder-api": (database, queue, keystone),
        "cinder-scheduler": (database, queue),
        "cinder-volume": (database, queue),
        "nova-compute": (queue, keystone, placement),
    }


def answers(site: Site) -> Mapping[str, tuple[str, ...]]:
    """Return what must answer before the start of a unit is over; others say so themselves."""
    if not site.node.control:
        return {}
    ports = {api.unit: api.port for api in APIS} | {"glance-api": GLANCE}
    own = site.node.address
    return {f"{unit}-answers": (f"http://{own}:{port}/",) for unit, port in ports.items()}
