"""Rules about routes: one router, gateways it serves, and what it lets through."""

from collections.abc import Iterator

from testbed.errors import Problem
from testbed.topology.models import Forward, Machine, Role, Topology
from testbed.topology.rules.parts import machines, names_of
from testbed.topology.rules.vlans import unknown_vlan


def one_router(topology: Topology) -> Iterator[Problem]:
    routers = names_of(topology, Role.ROUTER)
    if not routers:
        hint = "add a machine with role: router, a cable, and an address in each gateway VLAN"
        yield Problem("machines", "no machine has the role 'router'", hint)
    for name in routers[1:]:
        what = f"'{routers[0]}' is the router already, and a testbed has one"
        hint = f"give '{name}' another role, or remove it"
        yield Problem(f"machines.{name}.role", what, hint)


def routers_have_no_gateway(topology: Topology) -> Iterator[Problem]:
    for name, where, machine in machines(topology):
        if names_of(topology, Role.ROUTER) == [name] and machine.gateway is not None:
            what = f"'{name}' is the router: its own default route leads to the outside"
            yield Problem(f"{where}.gateway", what, f"remove 'gateway' from '{name}'")


def gateway_in_reach(topology: Topology) -> Iterator[Problem]:
    """A default route leads to an address in a VLAN where the machine has one itself."""
    for name, where, machine in machines(topology):
        gateway = machine.gateway
        if gateway not in topology.vlans or machine.role is Role.ROUTER:
            continue
        if gateway not in _homes(machine) and not _has_stray_address(topology, machine):
            what = f"'{name}' has no address in its gateway VLAN '{gateway}'"
            yield Problem(f"{where}.gateway", what, _give_it_one(f"'{name}'", _homes(machine)))


def gateway_has_a_router(topology: Topology) -> Iterator[Problem]:
    routed = _routed(topology)
    for _, where, machine in machines(topology):
        gateway = machine.gateway
        if gateway not in topology.vlans or machine.role is Role.ROUTER or routed is None:
            continue
        if gateway not in routed:
            what = f"the router has no address in the gateway VLAN '{gateway}'"
            yield Problem(f"{where}.gateway", what, _give_it_one("the router", routed))


def forwards_between_known_vlans(topology: Topology) -> Iterator[Problem]:
    for where, forward in _forwards(topology):
        if forward.source not in topology.vlans:
            yield unknown_vlan(topology, f"{where}.source", forward.source)
        for name in dict.fromkeys(forward.to):
            if name not in topology.vlans:
                yield unknown_vlan(topology, f"{where}.to", name)


def forwards_say_something(topology: Topology) -> Iterator[Problem]:
    for where, forward in _forwards(topology):
        if not forward.to:
            yield Problem(f"{where}.to", "'to' lists no VLAN", "list one, or remove the entry")
        repeated = [name for name in forward.to if forward.to.count(name) > 1]
        if repeated:
            yield Problem(f"{where}.to", f"'{repeated[0]}' is listed twice", "list it once")
        if forward.source in forward.to:
            what = f"'{forward.source}' is forwarded to itself; within a VLAN all is open anyway"
            yield Problem(f"{where}.to", what, f"remove '{forward.source}' from the list")


def one_forward_for_each_source(topology: Topology) -> Iterator[Problem]:
    first: dict[str, str] = {}
    for where, forward in _forwards(topology):
        owner = first.setdefault(forward.source, where)
        if owner != where:
            what = f"'{forward.source}' is already the source of {owner}"
            yield Problem(f"{where}.source", what, f"add its destinations to {owner}")


def forwards_pass_the_router(topology: Topology) -> Iterator[Problem]:
    routed = _routed(topology)
    for where, forward in _forwards(topology):
        for name in dict.fromkeys((forward.source, *forward.to)):
            if routed is not None and name in topology.vlans and name not in routed:
                place = f"{where}.source" if name == forward.source else f"{where}.to"
                what = f"the router has no address in VLAN '{name}', so nothing is forwarded"
                yield Problem(place, what, f"give the router an address in '{name}'")


def _forwards(topology: Topology) -> Iterator[tuple[str, Forward]]:
    for number, forward in enumerate(topology.forward, start=1):
        yield f"forward.{number}", forward


def _homes(machine: Machine) -> list[str]:
    return [vlan for vlan, address in machine.addresses() if address is not None]


def _has_stray_address(topology: Topology, machine: Machine) -> bool:
    """Is an address in no VLAN that exists? It may be meant for any, and is told elsewhere."""
    without_vlan = any(p.address and p.access is None for _, p in machine.ports())
    return without_vlan or not topology.vlans.keys() >= set(_homes(machine))


def _give_it_one(name: str, homes: list[str]) -> str:
    instead = f", or use a VLAN where it has one: {', '.join(homes)}" if homes else ""
    return f"give {name} an address there{instead}"


def _routed(topology: Topology) -> list[str] | None:
    """Return the VLANs where a router has an address, or None where that is not clear."""
    routers = names_of(topology, Role.ROUTER)
    strays = any(_has_stray_address(topology, topology.machines[name]) for name in routers)
    if strays or not routers:
        return None
    return [vlan for name in routers for vlan in _homes(topology.machines[name])]


RULES = (
    one_router,
    routers_have_no_gateway,
    gateway_in_reach,
    gateway_has_a_router,
    forwards_between_known_vlans,
    forwards_say_something,
    one_forward_for_each_source,
    forwards_pass_the_router,
)
