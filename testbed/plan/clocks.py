"""Who keeps the testbed's time: the router, and whoever has an address to ask it from."""

import ipaddress
from collections.abc import Iterator

from testbed.plan.models import Machine, Plan
from testbed.topology.models import Role


def time_server(plan: Plan, machine: Machine) -> ipaddress.IPv4Address | None:
    """Return the router's address that a machine asks for the time, None where it asks nobody."""
    return None if machine.role is Role.ROUTER else next(_in_reach(plan, machine), None)


def in_time(plan: Plan) -> frozenset[str]:
    """Return the machines whose clocks agree: the router, and who asks it for the time."""
    return frozenset(
        machine.name
        for machine in plan.machines
        if machine.role is Role.ROUTER or time_server(plan, machine) is not None
    )


def _in_reach(plan: Plan, machine: Machine) -> Iterator[ipaddress.IPv4Address]:
    """Yield the router's addresses the machine can reach, its gateway first."""
    if machine.gateway is not None:
        yield machine.gateway
    own = [i.address for i in machine.interfaces if i.address is not None]
    routers = (m for m in plan.machines if m.role is Role.ROUTER)
    for address in (i.address for router in routers for i in router.interfaces if i.address):
        if any(address in mine.network for mine in own):
            yield address.ip
