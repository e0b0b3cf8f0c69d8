"""One look at a claim. Asking and reading are apart: what was heard can be read again later."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from testbed.lab.format import Probe
from testbed.lab.observation import Heard, Observation
from testbed.lab.probes import ceph, client, links, machines, reach
from testbed.lab.probes.cluster import hear_cluster
from testbed.lab.world import World

__all__ = ["look", "read"]


@dataclass(frozen=True, slots=True)
class _Family:
    hear: Callable[[Any, World], Heard]
    read: Callable[[Any, Heard], Observation]


def _of_cluster(read: Callable[[Any, Heard], Observation]) -> _Family:
    return _Family(lambda _, world: hear_cluster(world), read)


_FAMILIES: Mapping[str, _Family] = {
    "ping": _Family(reach.hear_ping, reach.read_ping),
    "arp": _Family(reach.hear_arp, reach.read_arp),
    "ports": _Family(reach.hear_ports, reach.read_ports),
    "route": _Family(links.hear_route, links.read_route),
    "bond": _Family(links.hear_bond, links.read_bond),
    "mtu": _Family(links.hear_mtu, links.read_mtu),
    "service": _Family(machines.hear_service, machines.read_service),
    "command": _Family(machines.hear_shown, machines.read_shown),
    "running": _Family(machines.hear_running, machines.read_running),
    "steady": _Family(machines.hear_steady, machines.read_steady),
    "ceph-health": _of_cluster(ceph.read_health),
    "ceph-quorum": _Family(ceph.hear_quorum, ceph.read_quorum),
    "ceph-osds": _of_cluster(ceph.read_osds),
    "ceph-pools": _of_cluster(ceph.read_pools),
    "ceph-placement": _of_cluster(ceph.read_placement),
    "ceph-io": _Family(ceph.hear_io, ceph.read_io),
    "writer": _Family(client.hear_writer, client.read_writer),
}


def look(probe: Probe, world: World) -> Observation:
    """Return whether the probe's claim holds now, and what was seen; changes nothing."""
    heard = _FAMILIES[probe.type].hear(probe, world)
    return replace(read(probe, heard), heard=heard)


def read(probe: Probe, heard: Heard) -> Observation:
    """Return what follows from what was heard at some time."""
    return _FAMILIES[probe.type].read(probe, heard)
