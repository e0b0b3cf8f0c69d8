"""Every file OpenStack needs on a node."""

from collections.abc import Iterator

from testbed.deploy.files import File, sealed
from testbed.deploy.openstack.config import (
    ceph,
    cluster,
    compute,
    dashboard,
    firewall,
    frontend,
    gates,
    identity,
    images,
    network,
    volumes,
    web,
)
from testbed.deploy.openstack.site import Site

DIGEST = "/etc/nova/testbed.digest"  # written last: what it names is there, and was read
PLACED = "/etc/nova/testbed.placed"  # like it, of the files that what runs may have started with


def files(site: Site) -> tuple[File, ...]:
    """Return the files of a node, the one that names all others last."""
    return sealed(DIGEST, tuple(_files(site)))


def _files(site: Site) -> Iterator[File]:
    yield from ceph.configuration_of_outsiders(site)
    yield from compute.files(site)
    yield from gates.files(site)
    yield from network.node_files(site)
    if site.node.control:
        for part in (
            firewall,
            cluster,
            frontend,
            web,
            identity,
            images,
            network,
            volumes,
            dashboard,
        ):
            yield from part.files(site)
        yield from compute.control_files(site)
