"""Which machine stores what: monitors, OSDs and their disks, decided once from the topology."""

import ipaddress
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from testbed.plan.identity import stable_uuid
from testbed.topology.models import (
    ClientCache,
    DiskUse,
    FailureDomain,
    Machine,
    Provider,
    Role,
    Topology,
)
from testbed.topology.models import Storage as Wanted

MOST_MONITORS = 3  # as MicroCeph does it: the first three nodes


@dataclass(frozen=True, slots=True)
class Osd:
    """One disk of Ceph's: `uuid` is its own name of it, `id` the number people use."""

    id: int
    uuid: uuid.UUID
    serial: str
    size_mib: int


@dataclass(frozen=True, slots=True)
class StorageNode:
    """A machine that takes part in the cluster."""

    machine: str
    address: ipaddress.IPv4Address  # on the public network
    cluster_address: ipaddress.IPv4Address
    monitor: bool  # a manager runs beside every monitor
    osds: tuple[Osd, ...]


@dataclass(frozen=True, slots=True)
class Storage:
    """A Ceph cluster as it should be."""

    provider: Provider
    fsid: uuid.UUID
    public_network: ipaddress.IPv4Network
    cluster_network: ipaddress.IPv4Network
    nodes: tuple[StorageNode, ...]
    pools: tuple[str, ...]
    replicas: int
    min_replicas: int
    failure_domain: FailureDomain
    cephfs: bool
    rgw: bool
    client_cache: ClientCache | None

    @property
    def monitors(self) -> tuple[StorageNode, ...]:
        """The nodes that run a monitor."""
        return tuple(node for node in self.nodes if node.monitor)

    @property
    def osds(self) -> tuple[Osd, ...]:
        """Every OSD of the cluster, in order of its id."""
        return tuple(osd for node in self.nodes for osd in node.osds)

    def node(self, machine: str) -> StorageNode:
        """Return the node that machine is; raises `KeyError` where it is none."""
        return {node.machine: node for node in self.nodes}[machine]


def storage(topology: Topology, testbed: str) -> Storage | None:
    """Return the cluster of a topology that has passed its rules, or None where it wants none."""
    wanted = topology.storage
    if wanted is None:
        return None
    cluster_vlan = wanted.cluster_vlan or wanted.vlan
    return Storage(
        provider=wanted.provider,
        fsid=stable_uuid(testbed, "ceph"),
        public_network=topology.vlans[wanted.vlan].subnet,
        cluster_network=topology.vlans[cluster_vlan].subnet,
        nodes=tuple(_nodes(topology, wanted, cluster_vlan, testbed)),
        pools=wanted.pools,
        replicas=wanted.replicas,
        min_replicas=wanted.min_replicas,
        failure_domain=wanted.failure_domain,
        cephfs=wanted.cephfs,
        rgw=wanted.rgw,
        client_cache=wanted.client_cache,
    )


def members(topology: Topology, wanted: Wanted) -> tuple[str, ...]:
    """Return the names of the machines that take part."""
    nodes = (name for name, machine in topology.machines.items() if machine.role is Role.NODE)
    return tuple(nodes) if wanted.nodes is None else wanted.nodes


def _nodes(
    topology: Topology, wanted: Wanted, cluster_vlan: str, testbed: str
) -> Iterator[StorageNode]:
    next_osd = 0
    for place, name in enumerate(members(topology, wanted)):
        machine = topology.machines[name]
        osds = tuple(_osds(machine, testbed, name, next_osd))
        next_osd += len(osds)
        yield StorageNode(
            machine=name,
            address=address_in(machine, wanted.vlan),
            cluster_address=address_in(machine, cluster_vlan),
            monitor=place < MOST_MONITORS,
            osds=osds,
        )


def _osds(machine: Machine, testbed: str, name: str, first: int) -> Iterator[Osd]:
    disks = (disk for disk in machine.disks if disk.use is DiskUse.OSD)
    for number, disk in enumerate(disks, start=first):
        yield Osd(number, stable_uuid(testbed, name, "osd", disk.serial), disk.serial, disk.size)


def address_in(machine: Machine, vlan: str) -> ipaddress.IPv4Address:
    """Return the machine's address in a VLAN where the rules have found one."""
    found = (own for name, own in machine.addresses() if name == vlan and own is not None)
    return next(found)
