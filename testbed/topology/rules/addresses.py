"""Rules about addresses: each inside its VLAN's subnet, and each only once."""

import ipaddress
from collections.abc import Iterator

from testbed.errors import Problem
from testbed.topology.models import Topology
from testbed.topology.rules.parts import Attachment, attachments, in_known_vlans, ports
from testbed.topology.rules.vlans import room_in_subnets, subnets_apart, subnets_not_kept


def address_needs_access(topology: Topology) -> Iterator[Problem]:
    for placed in ports(topology):
        address = placed.port.address
        if address is not None and placed.port.access is None:
            homes = [n for n, vlan in topology.vlans.items() if address in vlan.subnet]
            hint = f"add access: {homes[0] if homes else next(iter(topology.vlans))}"
            what = f"{address} is in no VLAN: 'address' goes with 'access'"
            hint = f"{hint}, or write the address under 'vlans'"
            yield Problem(f"{placed.where}.address", what, hint)


def address_in_its_subnet(topology: Topology) -> Iterator[Problem]:
    for part, address in _in_sound_subnets(topology):
        subnet = topology.vlans[part.vlan].subnet
        if address not in subnet:
            what = f"{address} is outside {subnet}, the subnet of VLAN '{part.vlan}'"
            yield Problem(part.address_where, what, _use_a_free_one(topology, part.vlan))


def address_of_a_machine(topology: Topology) -> Iterator[Problem]:
    """The first and the last address of a subnet belong to no machine."""
    for part, address in _in_sound_subnets(topology):
        subnet = topology.vlans[part.vlan].subnet
        uses = {subnet.broadcast_address: "broadcast", subnet.network_address: "network"}
        if address in uses:
            what = f"{address} is the {uses[address]} address of {subnet}"
            yield Problem(part.address_where, what, _use_a_free_one(topology, part.vlan))


def address_only_once(topology: Topology) -> Iterator[Problem]:
    owners: dict[ipaddress.IPv4Address, str] = {}
    for part in attachments(topology):
        if part.address is None:
            continue
        if part.address in owners:
            what = f"{part.address} is already an address of '{owners[part.address]}'"
            hint = _use_a_free_one(topology, part.vlan) if part.vlan in topology.vlans else ""
            yield Problem(part.address_where, what, hint)
        owners.setdefault(part.address, part.machine)


def _in_sound_subnets(topology: Topology) -> Iterator[tuple[Attachment, ipaddress.IPv4Address]]:
    """Yield the attachments with an address, but none where the subnet itself is wrong."""
    wrong = (subnets_not_kept, room_in_subnets, subnets_apart)
    refused = {problem.where for rule in wrong for problem in rule(topology)}
    for part in in_known_vlans(topology):
        if part.address is not None and f"vlans.{part.vlan}.subnet" not in refused:
            yield part, part.address


def _use_a_free_one(topology: Topology, vlan: str) -> str:
    """Suggest the address after the highest in use, where machines like it have theirs."""
    subnet = topology.vlans[vlan].subnet
    used = {part.address for part in attachments(topology)}
    inside = [a for a in used if a is not None and a in subnet and a != subnet.broadcast_address]
    start = max(inside, default=subnet.network_address) + 1
    free = start if start < subnet.broadcast_address else None
    free = free or next((host for host in subnet.hosts() if host not in used), None)
    return f"use a free one, such as {free}" if free else "give the VLAN a larger subnet"


RULES = (
    address_needs_access,
    address_in_its_subnet,
    address_of_a_machine,
    address_only_once,
)
