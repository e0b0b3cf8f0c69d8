"""Time: the router keeps it, the others follow, so that all clocks agree without an internet."""

import ipaddress
from collections.abc import Iterator

from testbed.plan.models import Machine, Plan
from testbed.render.templates import fill
from testbed.topology.models import Role


def chrony(plan: Plan, machine: Machine) -> str:
    """Return a machine's chrony.conf."""
    serves = machine.role is Role.ROUTER
    return fill(
        "chrony.conf.j2",
        clients=[i.address.network for i in machine.interfaces if i.address] if serves else [],
        server=None if serves else next(_time_servers(plan, machine), None),
    )


def _time_servers(plan: Plan, machine: Machine) -> Iterator[ipaddress.IPv4Address]:
    """Yield the router's addresses the machine can reach, its gateway first."""
    if machine.gateway is not None:
        yield machine.gateway
    own = [i.address for i in machine.interfaces if i.address is not None]
    routers = (m for m in plan.machines if m.role is Role.ROUTER)
    for address in (i.address for router in routers for i in router.interfaces if i.address):
        if any(address in mine.network for mine in own):
            yield address.ip
