"""Cables and carriers: what both ends of a cable see.

A UDP link has no carrier of its own: a machine's NIC keeps its carrier when the machine at the
other end loses power. So the ends are told. A pulled cable is down at both ends; where only the
far machine is off, the end at that machine stays up and says that the cable is in. A machine that
is off itself is told once it has power again.
"""

from collections.abc import Mapping

from testbed.host import Host, ObservedMachine
from testbed.plan.models import Machine, Plan

_WITH_POWER = {"running", "paused"}


def plug(host: Host, plan: Plan, end: str) -> None:
    """Plug in the cable whose one end is "MACHINE:NIC"; carrier returns where both run."""
    _set(host, plan, end, True)
    _set(host, plan, _other(plan, end), True)


def pull(host: Host, plan: Plan, end: str) -> None:
    """Pull the cable whose one end is "MACHINE:NIC": both ends lose their carrier."""
    _set(host, plan, end, False)
    _set(host, plan, _other(plan, end), False)


def lose_carriers(
    host: Host, plan: Plan, machine: Machine, machines: Mapping[str, ObservedMachine]
) -> None:
    """Tell the neighbours of a machine that have power that it has lost its own."""
    for nic in machine.nics:
        if _has_power(plan, nic.peer, machines):
            _set(host, plan, nic.peer, False)


def regain_carriers(
    host: Host, plan: Plan, machine: Machine, machines: Mapping[str, ObservedMachine]
) -> None:
    """Tell a machine that has power again and its neighbours of each other.

    Cables that are pulled stay so.
    """
    found = machines[machine.name]
    for nic in machine.nics:
        if not found.links.get(nic.mac, True):
            continue
        if _has_power(plan, nic.peer, machines):
            _set(host, plan, nic.peer, True)
        else:
            _set(host, plan, _other(plan, nic.peer), False)


def is_pulled(plan: Plan, end: str, machines: Mapping[str, ObservedMachine]) -> bool:
    """Return whether the cable at an end is pulled, and not just its far machine without power."""
    return not (_up(plan, end, machines) or _up(plan, _other(plan, end), machines))


def _up(plan: Plan, end: str, machines: Mapping[str, ObservedMachine]) -> bool:
    machine, nic = plan.nic(end)
    found = machines.get(machine.name)
    return found is None or found.links.get(nic.mac, True)


def _has_power(plan: Plan, end: str, machines: Mapping[str, ObservedMachine]) -> bool:
    machine, _ = plan.nic(end)
    found = machines.get(machine.name)
    return found is not None and found.state in _WITH_POWER


def _other(plan: Plan, end: str) -> str:
    _, nic = plan.nic(end)
    return nic.peer


def _set(host: Host, plan: Plan, end: str, up: bool) -> None:
    machine, nic = plan.nic(end)
    host.set_link(machine.domain, nic.mac, up)
