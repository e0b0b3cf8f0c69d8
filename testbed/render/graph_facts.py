"""Plan and observed state → the drawing's facts as plain data, for scripts."""

from typing import Any

from testbed.plan.models import Plan
from testbed.render.wiring import End, Link, States, links, power_of


def facts(plan: Plan, state: States | None = None) -> dict[str, Any]:
    """Return machines with their power and cables with their state, ready for JSON.

    `power` is null where nothing was observed; a cable is up, pulled, or off with its machine.
    """
    return {
        "name": plan.name,
        "machines": [
            {
                "name": machine.name,
                "role": str(machine.role),
                "power": power_of(state, machine.name),
            }
            for machine in plan.machines
        ],
        "cables": [_cable(link) for link in links(plan, state)],
    }


def _cable(link: Link) -> dict[str, Any]:
    return {
        "ends": [_end(link.one), _end(link.other)],
        "state": "pulled" if link.pulled else "off" if link.off else "up",
        "mode": str(link.mode) if link.mode else None,
        "vlans": [vlan.id for vlan in link.vlans],
    }


def _end(end: End) -> dict[str, Any]:
    return {"machine": end.machine, "nic": end.nic, "plugged": end.plugged}
