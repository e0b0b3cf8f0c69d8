"""Who must answer whom: full-size packets within every VLAN, and none across."""

import ipaddress
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from testbed.plan.models import Interface, Machine, Plan
from testbed.probe.verdict import Verdict
from testbed.topology.models import Role

_IP_AND_ICMP = 28  # bytes of IPv4 and ICMP headers around a ping's payload


@dataclass(frozen=True, slots=True)
class Target:
    """A neighbour in a VLAN, and the name ping knows it by."""

    vlan: str
    machine: str
    address: str
    payload: int  # bytes that fill the VLAN's MTU exactly


def link_local(mac: str) -> str:
    """Return the IPv6 link-local address of a MAC (RFC 4291, appendix A)."""
    parts = [int(part, 16) for part in mac.split(":")]
    eui = [parts[0] ^ 2, *parts[1:3], 0xFF, 0xFE, *parts[3:]]
    groups = [f"{high << 8 | low:x}" for high, low in zip(eui[::2], eui[1::2], strict=True)]
    return str(ipaddress.IPv6Address("fe80::" + ":".join(groups)))


def targets(plan: Plan, machine: Machine) -> Iterator[Target]:
    """Yield every neighbour that must answer the machine, VLAN by VLAN.

    Where one side has no address in the VLAN, the link-local address stands in for it.
    """
    for own in machine.interfaces:
        for other in plan.machines:
            if other.name == machine.name:
                continue
            for theirs in other.interfaces:
                if theirs.vlan == own.vlan:
                    yield _target(own, other.name, theirs)


def _target(own: Interface, machine: str, theirs: Interface) -> Target:
    payload = min(own.mtu, theirs.mtu) - _IP_AND_ICMP
    if own.address is None or theirs.address is None:
        scoped = f"{link_local(theirs.mac)}%{own.name}"
        return Target(own.vlan, machine, scoped, payload - 20)  # an IPv6 header has 20 bytes more
    return Target(own.vlan, machine, str(theirs.address.ip), payload)


def strangers(plan: Plan, machine: Machine) -> Iterator[tuple[str, str]]:
    """Yield (interface, address) pairs that must not find each other.

    Each interface looks for the router's address in the next VLAN, so that all VLANs are asked
    for in a circle; that ports carry no others is read from the switches.
    """
    router = next((m for m in plan.machines if m.role is Role.ROUTER), None)
    if router is None or machine.role in (Role.ROUTER, Role.SWITCH):
        return
    order = [vlan.name for vlan in plan.vlans]
    addresses = {i.vlan: str(i.address.ip) for i in router.interfaces if i.address}
    for own in machine.interfaces:
        place = order.index(own.vlan)
        others = (vlan for vlan in order[place + 1 :] + order[:place] if vlan in addresses)
        other = next(others, None)
        if own.address and other is not None:
            yield own.name, addresses[other]


def verdicts(
    machine: Machine, wanted: tuple[Target, ...], answered: Mapping[str, bool]
) -> Iterator[Verdict]:
    """Yield one verdict per VLAN of the machine, from which addresses answered."""
    for vlan in dict.fromkeys(target.vlan for target in wanted):
        there = [target for target in wanted if target.vlan == vlan]
        silent = [target for target in there if not answered.get(target.address, False)]
        seen = (
            "no answer from " + ", ".join(f"{t.machine} ({t.address})" for t in silent)
            if silent
            else f"{len(there)} of {len(there)} answer {there[0].payload}-byte pings"
        )
        yield Verdict(f"VLAN {vlan}", machine.name, not silent, seen)


def gateway_verdicts(machine: Machine, answered: Mapping[str, bool]) -> Iterator[Verdict]:
    """Yield whether the machine's gateway answered, if it has one."""
    if machine.gateway is not None:
        answers = answered.get(str(machine.gateway), False)
        seen = f"{'an' if answers else 'no'} answer from {machine.gateway}"
        yield Verdict("gateway", machine.name, answers, seen)


def leak_verdict(machine: Machine, leaks: tuple[tuple[str, str], ...]) -> Verdict:
    """Return whether the machine's VLANs are separate, from the pairs that did find each other."""
    seen = "; ".join(f"{address} answers on {interface}" for interface, address in leaks)
    return Verdict("VLAN separation", machine.name, not leaks, seen or "nothing crosses")
