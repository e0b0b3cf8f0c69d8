"""Cables and carriers: what both ends of a cable see.

A UDP link has no carrier of its own: a machine's NIC keeps its carrier when the machine at the
other end loses power. So the ends are told. A pulled cable is down at both ends; where only the
far machine is off, the end at that machine stays up and says that the cable is in.
"""

from collections.abc import Mapping

from testbed.host import Host, ObservedMachine
from testbed.plan.models import Machine, Plan


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
    """Tell the running neighbours of a machine that it has lost its power."""
    for nic in machine.nics:
        neighbour, _ = plan.nic(nic.peer)
        found = machines.get(neighbour.name)
        if found is not None and found.state == "running":
            _set(host, plan, nic.peer, False)


def regain_carriers(
    host: Host, plan: Plan, machine: Machine, machines: Mapping[str, ObservedMachine]
) -> None:
    """Tell the neighbours of a machine that it has power again, but for cables that are pulled."""
    found = machines[machine.name]
    for nic in machine.nics:
        if found.links.get(nic.mac, True):
            _set(host, plan, nic.peer, True)


def is_pulled(plan: Plan, end: str, machines: Mapping[str, ObservedMachine]) -> bool:
    """Return whether the cable at an end is pulled, and not just its far machine without power."""
    return not (_up(plan, end, machines) or _up(plan, _other(plan, end), machines))


def _up(plan: Plan, end: str, machines: Mapping[str, ObservedMachine]) -> bool:
    machine, nic = plan.nic(end)
    found = machines.get(machine.name)
    return found is None or found.links.get(nic.mac, True)


def _other(plan: Plan, end: str) -> str:
    _, nic = plan.nic(end)
    return nic.peer


def _set(host: Host, plan: Plan, end: str, up: bool) -> None:
    machine, nic = plan.nic(end)
    host.set_link(machine.domain, nic.mac, up)
