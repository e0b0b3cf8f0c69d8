"""What the cloud section means together with the rest: its nodes, and where its APIs are."""

import ipaddress
from itertools import chain, pairwise

from testbed.topology.models import Cloud, CloudLayout, Machine, Role, Topology

POOLS = ("images", "volumes", "vms")  # of glance, cinder and nova, as kolla-ansible calls them
HA_NODES = 3  # a majority of them survives one; more have more to agree about
AddressRange = tuple[ipaddress.IPv4Address, ipaddress.IPv4Address]  # both ends belong to it
_USUAL_VIP = 250  # in a /24 out of the way of machines, which are numbered from below


def cloud_nodes(topology: Topology) -> dict[str, Machine]:
    """Return the machines that OpenStack runs on."""
    return {
        name: machine for name, machine in topology.machines.items() if machine.role is Role.NODE
    }


def layout(topology: Topology, cloud: Cloud) -> CloudLayout:
    """Return where the control plane is: as the topology says, or on three nodes if it can."""
    enough = len(cloud_nodes(topology)) >= HA_NODES
    return cloud.layout or (CloudLayout.HA if enough else CloudLayout.COMPACT)


def api_vlan(topology: Topology) -> str | None:
    """Return the VLAN of the APIs, the nodes' gateway VLAN, or None where they have no one."""
    found = {machine.gateway for machine in cloud_nodes(topology).values()}
    vlan = found.pop() if len(found) == 1 else None
    return vlan if vlan in topology.vlans else None


def free_vip(topology: Topology, vlan: str) -> ipaddress.IPv4Address | None:
    """Return the APIs' address where none is said: .250 or the highest, or None if none is free."""
    subnet = topology.vlans[vlan].subnet
    used = {address for machine in topology.machines.values() for _, address in machine.addresses()}
    usual = (subnet.network_address + _USUAL_VIP,) if subnet.num_addresses > _USUAL_VIP else ()
    below = (subnet.broadcast_address - back for back in range(1, subnet.num_addresses - 1))
    candidates = chain(usual, below)
    return next((each for each in candidates if each not in used), None)


def router_in(topology: Topology, vlan: str) -> ipaddress.IPv4Address | None:
    """Return a router's address in a VLAN, or None where there is none."""
    routers = (m for m in topology.machines.values() if m.role is Role.ROUTER)
    own = (pair for router in routers for pair in router.addresses())
    return next((address for name, address in own if name == vlan and address is not None), None)


def free_range(topology: Topology, vlan: str) -> AddressRange | None:
    """Return the longest run of a VLAN's addresses that no machine has, or None where all do."""
    subnet = topology.vlans[vlan].subnet
    used = {a for machine in topology.machines.values() for _, a in machine.addresses() if a}
    ends = sorted(
        {subnet.network_address, subnet.broadcast_address, *filter(subnet.__contains__, used)}
    )
    runs = [(low + 1, high - 1) for low, high in pairwise(ends) if int(high) - int(low) > 1]
    return max(runs, key=lambda run: int(run[1]) - int(run[0]), default=None)
