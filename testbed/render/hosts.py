"""The names of all machines."""

from testbed.plan.models import Machine, Plan
from testbed.render.templates import fill

_OWN = "127.0.1.1"  # Debian's address for a host's own name where it has no fixed one


def hosts(plan: Plan, machine: Machine) -> str:
    """Return /etc/hosts of a machine: each machine by the address the others know it by."""
    named = [(str(other.address), other.name) for other in plan.machines if other.address]
    if machine.address is None:
        named.append((_OWN, machine.name))
    return fill("hosts.j2", named=named)
