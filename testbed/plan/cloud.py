"""OpenStack as it should be: which node does what, on which interfaces, decided once."""

import ipaddress
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from testbed.plan.identity import stable_number, stable_uuid
from testbed.plan.storage import address_in
from testbed.topology.cloud import (
    HA_NODES,
    api_vlan,
    cloud_nodes,
    free_range,
    free_vip,
    layout,
    router_in,
)
from testbed.topology.models import Cloud as Wanted
from testbed.topology.models import CloudLayout, CloudProvider, Topology

CONTROLLERS = {CloudLayout.HA: HA_NODES, CloudLayout.COMPACT: 1}
REGION = "RegionOne"
PROVIDER_BRIDGE = "br-provider"  # of Open vSwitch, once it has the provider VLAN
SWITCH_DOOR = "ptcp:6640:127.0.0.1"  # of Open vSwitch, by which nova plugs instances in
FIREWALL_TABLE = "openstack"  # of nftables, on nodes of the control plane
_VRRP_IDS = 255  # VRRP has 1 to 255
_INSIDE = ("192.168.100.0/24", "172.30.100.0/24", "10.200.100.0/24")

Interfaces = Mapping[str, Mapping[str, str]]  # by machine, by VLAN: the interface's name


@dataclass(frozen=True, slots=True)
class CloudNode:
    """A machine of the cloud; addresses and names of interfaces are those in its VLANs."""

    machine: str
    memory: int  # MiB
    address: ipaddress.IPv4Address  # its services listen here
    tunnel_address: ipaddress.IPv4Address  # other nodes send tenants' packets here
    api_interface: str
    tunnel_interface: str
    provider_interface: str  # OpenStack takes it over
    control: bool  # it runs databases, APIs and routers; every node runs instances


@dataclass(frozen=True, slots=True)
class Outside:
    """The provider VLAN as tenants see it; `first` to `last` are addresses they can have there."""

    vlan: str
    subnet: ipaddress.IPv4Network
    mtu: int
    gateway: ipaddress.IPv4Address | None
    first: ipaddress.IPv4Address
    last: ipaddress.IPv4Address


@dataclass(frozen=True, slots=True)
class Cloud:
    """OpenStack of a testbed."""

    provider: CloudProvider
    layout: CloudLayout
    region: str
    vip: ipaddress.IPv4Address
    api_network: ipaddress.IPv4Network  # of the VIP and the nodes' own addresses
    vrrp_id: int
    registry: str | None
    libvirt_secret: uuid.UUID  # under this name libvirt keeps Ceph's key
    tunnel_mtu: int
    outside: Outside | None  # None: machines have every address there
    inside: ipaddress.IPv4Network  # of a tenant's own network; no VLAN has it
    nodes: tuple[CloudNode, ...]

    @property
    def controllers(self) -> tuple[CloudNode, ...]:
        """The nodes of the control plane."""
        return tuple(node for node in self.nodes if node.control)

    def node(self, machine: str) -> CloudNode:
        """Return the node that machine is; raises `KeyError` where it is none."""
        return {node.machine: node for node in self.nodes}[machine]


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
        layout=layout(topology, wanted),
        region=REGION,
        vip=vip,
        api_network=topology.vlans[vlan].subnet,
        vrrp_id=stable_number(_VRRP_IDS, testbed, "vrrp"),
        registry=wanted.registry,
        libvirt_secret=stable_uuid(testbed, "libvirt", "ceph"),
        tunnel_mtu=topology.vlans[wanted.tunnel_vlan].mtu,
        outside=_outside(topology, wanted.provider_vlan),
        inside=_inside(topology),
        nodes=tuple(_nodes(topology, wanted, vlan, interfaces)),
    )


def _outside(topology: Topology, name: str) -> Outside | None:
    vlan, free = topology.vlans[name], free_range(topology, name)
    if free is None:
        return None
    return Outside(name, vlan.subnet, vlan.mtu, router_in(topology, name), *free)


def _inside(topology: Topology) -> ipaddress.IPv4Network:
    """Return a network for tenants that looks like no VLAN; two alike would be hard to tell."""
    candidates = tuple(map(ipaddress.IPv4Network, _INSIDE))
    free = (
        each
        for each in candidates
        if not any(each.overlaps(vlan.subnet) for vlan in topology.vlans.values())
    )
    return next(free, candidates[0])


def _nodes(
    topology: Topology, wanted: Wanted, vlan: str, interfaces: Interfaces
) -> Iterator[CloudNode]:
    controllers = CONTROLLERS[layout(topology, wanted)]
    for place, (name, machine) in enumerate(cloud_nodes(topology).items()):
        yield CloudNode(
            machine=name,
            memory=machine.memory,
            address=address_in(machine, vlan),
            tunnel_address=address_in(machine, wanted.tunnel_vlan),
            api_interface=interfaces[name][vlan],
            tunnel_interface=interfaces[name][wanted.tunnel_vlan],
            provider_interface=interfaces[name][wanted.provider_vlan],
            control=place < controllers,
        )
