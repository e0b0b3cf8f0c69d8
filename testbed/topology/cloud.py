"""What the cloud section means together with the rest: its nodes, and where its APIs are."""

import ipaddress
from itertools import chain

from testbed.topology.models import Machine, Role, Topology

POOLS = ("images", "volumes", "vms")  # of glance, cinder and nova, as kolla-ansible calls them
_USUAL_VIP = 250  # in a /24 out of the way of machines, which are numbered from below


def cloud_nodes(topology: Topology) -> dict[str, Machine]:
    """Return the machines that OpenStack runs on."""
    return {
        name: machine for name, machine in topology.machines.items() if machine.role is Role.NODE
    }


def api_vlan(topology: Topology) -> str | None:
    """Return the VLAN of the APIs, the nodes' gateway VLAN, or None where they have no one."""
    found = {machine.gateway for machine in cloud_nodes(topology).values()}
    vlan = found.pop() if len(found) == 1 else None
    return vlan if vlan in topology.vlans else None


def free_vip(topology: Topology, vlan: str) -> ipaddress.IPv4Address | None:
    """Return the APIs' address where none is said: .250 or the highest, or None if none is free."""
    subnet = topology.vlans[vlan].subnet
    used = {address for machine in topology.machines.values() for _, address in machine.addresses()}
    usual = subnet.network_address + _USUAL_VIP
    below = (subnet.broadcast_address - back for back in range(1, subnet.num_addresses - 1))
    candidates = chain((usual,) if usual in subnet else (), below)
    return next((each for each in candidates if each not in used), None)
