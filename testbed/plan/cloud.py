"""OpenStack as it should be: which node does what, on which interfaces, decided once."""

import ipaddress
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from testbed.plan.identity import stable_number
from testbed.plan.storage import address_in
from testbed.topology.cloud import api_vlan, cloud_nodes, free_vip
from testbed.topology.models import Cloud as Wanted
from testbed.topology.models import CloudProvider, Topology

MOST_CONTROLLERS = 3  # more of them have more to agree about, and survive no more in a miniature
_VRRP_IDS = 255  # VRRP has 1 to 255

Interfaces = Mapping[str, Mapping[str, str]]  # by machine, by VLAN: the interface's name


@dataclass(frozen=True, slots=True)
class CloudNode:
    """A machine of the cloud; `address` and names of interfaces are those in its VLANs."""

    machine: str
    address: ipaddress.IPv4Address  # its services listen here
    api_interface: str
    tunnel_interface: str
    provider_interface: str  # OpenStack takes it over
    control: bool  # it runs databases, APIs and routers; every node runs instances


@dataclass(frozen=True, slots=True)
class Cloud:
    """OpenStack of a testbed."""

    provider: CloudProvider
    vip: ipaddress.IPv4Address
    vrrp_id: int
    registry: str | None
    nodes: tuple[CloudNode, ...]

    @property
    def controllers(self) -> tuple[CloudNode, ...]:
        """The nodes of the control plane."""
        return tuple(node for node in self.nodes if node.control)


def cloud(topology: Topology, testbed: str, interfaces: Interfaces) -> Cloud | None:
    """Return the cloud of a topology that has passed its rules, or None where it wants none."""
    wanted = topology.cloud
    if wanted is None:
        return None
    vlan = api_vlan(topology)
    vip = wanted.vip or (free_vip(topology, vlan) if vlan else None)
    if vlan is None or vip is None:
        raise ValueError(f"topology '{topology.name}' has not passed its rules")
    return Cloud(
        provider=wanted.provider,
        vip=vip,
        vrrp_id=stable_number(_VRRP_IDS, testbed, "vrrp"),
        registry=wanted.registry,
        nodes=tuple(_nodes(topology, wanted, vlan, interfaces)),
    )


def _nodes(
    topology: Topology, wanted: Wanted, vlan: str, interfaces: Interfaces
) -> Iterator[CloudNode]:
    for place, (name, machine) in enumerate(cloud_nodes(topology).items()):
        yield CloudNode(
            machine=name,
            address=address_in(machine, vlan),
            api_interface=interfaces[name][vlan],
            tunnel_interface=interfaces[name][wanted.tunnel_vlan],
            provider_interface=interfaces[name][wanted.provider_vlan],
            control=place < MOST_CONTROLLERS,
        )
