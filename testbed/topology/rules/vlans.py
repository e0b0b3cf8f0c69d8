"""Rules about VLANs, and how ports take part in them."""

import ipaddress
from collections import Counter
from collections.abc import Iterator
from itertools import chain, combinations

from testbed.errors import Problem
from testbed.topology.models import Topology
from testbed.topology.rules.parts import attachments, in_known_vlans, machines, ports
from testbed.topology.words import suggestion

_KEPT = {
    ipaddress.IPv4Network(text): use
    for text, use in {
        "192.0.2.0/24": "the out-of-band network",
        "198.51.100.0/24": "the router's way to the outside",
        "127.0.0.0/8": "loopback",
        "169.254.0.0/16": "link-local addresses",
        "224.0.0.0/3": "multicast",
        "0.0.0.0/8": "addresses that are not known yet",
    }.items()
}


def known_vlans(topology: Topology) -> Iterator[Problem]:
    for part in attachments(topology):
        if part.vlan not in topology.vlans:
            yield unknown_vlan(topology, part.where, part.vlan)
    for _, where, machine in machines(topology):
        if machine.gateway is not None and machine.gateway not in topology.vlans:
            yield unknown_vlan(topology, f"{where}.gateway", machine.gateway)


def unknown_vlan(topology: Topology, where: str, name: str) -> Problem:
    """Return the problem of a name that no VLAN has."""
    hint = suggestion(name, topology.vlans, "'vlans'")
    return Problem(where, f"there is no VLAN '{name}'", hint)


def one_id_for_each_vlan(topology: Topology) -> Iterator[Problem]:
    owners: dict[int, str] = {}
    ids = {vlan.id for vlan in topology.vlans.values()}
    for name, vlan in topology.vlans.items():
        owner = owners.setdefault(vlan.id, name)
        if owner != name:
            others = chain(range(vlan.id, 4095), range(1, vlan.id))
            free = next((str(i) for i in others if i not in ids), "one that nobody uses")
            what = f"VLAN id {vlan.id} is already the id of '{owner}'"
            yield Problem(f"vlans.{name}.id", what, f"use another, such as {free}")


def subnets_apart(topology: Topology) -> Iterator[Problem]:
    for (one, first), (other, second) in combinations(topology.vlans.items(), 2):
        if first.subnet.overlaps(second.subnet):
            what = f"{second.subnet} overlaps {first.subnet} of VLAN '{one}'"
            yield Problem(f"vlans.{other}.subnet", what, "give each VLAN a subnet of its own")


def subnets_not_kept(topology: Topology) -> Iterator[Problem]:
    """Some ranges are in use around the testbed, or mean something to every machine."""
    for name, vlan in topology.vlans.items():
        for kept, use in _KEPT.items():
            if vlan.subnet.overlaps(kept):
                what = f"{vlan.subnet} overlaps {kept}, which is kept for {use}"
                hint = f"use a private range, such as 10.0.{vlan.id % 256}.0/24"
                yield Problem(f"vlans.{name}.subnet", what, hint)
                break


def room_in_subnets(topology: Topology) -> Iterator[Problem]:
    """Every machine's address needs a place between the network and broadcast addresses."""
    wanted = Counter(p.vlan for p in attachments(topology) if p.address is not None)
    for name, vlan in topology.vlans.items():
        room = max(vlan.subnet.num_addresses - 2, 0)
        if wanted[name] > room:
            what = f"{vlan.subnet} has room for {room} addresses, but {wanted[name]} are used"
            prefix = min(24, 30 - wanted[name].bit_length())
            larger = ipaddress.IPv4Network((vlan.subnet.network_address, prefix), strict=False)
            yield Problem(f"vlans.{name}.subnet", what, f"use a larger one, such as {larger}")


def once_in_a_vlan(topology: Topology) -> Iterator[Problem]:
    """Two interfaces of one machine in one VLAN answer for each other and make loops."""
    seen: dict[tuple[str, str], str | None] = {}
    for part in in_known_vlans(topology):
        name = part.port.name if part.port else None
        key = (part.machine, part.vlan)
        if key not in seen:
            seen[key] = name
        elif seen[key] == name:
            what = f"VLAN '{part.vlan}' is both untagged ('access') and tagged ('vlans') here"
            yield Problem(part.where, what, "keep one of the two")
        else:
            what = f"'{part.machine}' is already in VLAN '{part.vlan}' through '{seen[key]}'"
            yield Problem(part.where, what, "keep one of the two")


def mtu_fits(topology: Topology) -> Iterator[Problem]:
    for part in in_known_vlans(topology):
        needed = topology.vlans[part.vlan].mtu
        if part.port and part.port.port.mtu < needed:
            what = (
                f"VLAN '{part.vlan}' has an MTU of {needed}, "
                f"but {part.port.noun} '{part.port.name}' only {part.port.port.mtu}"
            )
            hint = f"add mtu: {needed} to '{part.port.name}'"
            yield Problem(part.where, what, f"{hint}, or lower the VLAN's")


def ports_carry_something(topology: Topology) -> Iterator[Problem]:
    for placed in ports(topology):
        if not list(placed.port.attachments()) and placed.port.address is None:
            example = next(iter(topology.vlans))
            what = f"{placed.noun} '{placed.name}' takes part in no VLAN"
            hint = f"add access: {example}, or vlans: {{{example}: null}}"
            yield Problem(placed.where, what, hint)


RULES = (
    known_vlans,
    one_id_for_each_vlan,
    subnets_apart,
    subnets_not_kept,
    room_in_subnets,
    once_in_a_vlan,
    mtu_fits,
    ports_carry_something,
)
