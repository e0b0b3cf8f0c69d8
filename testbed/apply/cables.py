"""Cables and carriers: what both ends of a cable see.

A UDP link has no carrier of its own: a machine's NIC keeps its carrier when the machine at the
other end loses power. So the ends are told. A pulled cable is down at both ends. Of one that is in,
the end at a machine without power is up and says so, and the end at one that has power is up where
its peer has power, too.
"""

from collections.abc import Mapping
from dataclasses import replace

from testbed.host import Host, MachineState, ObservedMachine
from testbed.plan.models import Machine, Plan

_WITH_POWER = {"running", "paused"}


def connect(host: Host, plan: Plan, end: str) -> None:
    """Let both ends of a cable have a carrier: both machines run, or are just being started."""
    _set(host, plan, end, True)
    _set(host, plan, _other(plan, end), True)


def plug(host: Host, plan: Plan, end: str, machines: Mapping[str, ObservedMachine]) -> None:
    """Plug in the cable whose one end is "MACHINE:NIC"; carrier returns where both have power."""
    powered = {each: _has_power(plan, each, machines) for each in (end, _other(plan, end))}
    # First the end that says that the cable is in: it is not to look pulled in between.
    for near in sorted(powered, key=lambda each: powered[each]):
        _set(host, plan, near, not powered[near] or all(powered.values()))


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
    powered = {
        **machines,
        machine.name: replace(machines[machine.name], state=MachineState.RUNNING),
    }
    for nic in machine.nics:
        if not is_pulled(plan, nic.peer, machines):
            plug(host, plan, nic.peer, powered)


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
