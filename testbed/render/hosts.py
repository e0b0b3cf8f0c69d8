"""The names of all machines."""

from testbed.plan.models import Plan
from testbed.render.templates import fill


def hosts(plan: Plan) -> str:
    """Return /etc/hosts: each machine by the address the others know it by."""
    named = [(machine.address, machine.name) for machine in plan.machines if machine.address]
    return fill("hosts.j2", named=named)
