"""Time: the router keeps it, the others follow, so that all clocks agree without an internet."""

from testbed.plan.clocks import time_server
from testbed.plan.models import Machine, Plan
from testbed.render.templates import fill
from testbed.topology.models import Role


def chrony(plan: Plan, machine: Machine) -> str:
    """Return a machine's chrony.conf."""
    serves = machine.role is Role.ROUTER
    return fill(
        "chrony.conf.j2",
        clients=[i.address.network for i in machine.interfaces if i.address] if serves else [],
        server=time_server(plan, machine),
    )
