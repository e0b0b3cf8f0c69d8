"""How each fault is made, seen and undone; decided from the fault and the plan alone."""

from collections.abc import Callable, Mapping
from typing import Any

from testbed.lab.faults import network, services
from testbed.lab.faults.actions import (
    Action,
    Claim,
    FaultSteps,
    InGuest,
    RestartMachine,
    SetCable,
    SetNetplan,
    SetPower,
    UnwipeDisk,
    WipeDisk,
)
from testbed.lab.format import faults as kinds
from testbed.lab.format.faults import Fault
from testbed.plan.models import Plan

__all__ = [
    "Action",
    "Claim",
    "FaultSteps",
    "InGuest",
    "RestartMachine",
    "SetCable",
    "SetNetplan",
    "SetPower",
    "UnwipeDisk",
    "WipeDisk",
    "steps",
]


Scripts = Mapping[str, str]


def steps(fault: Fault, plan: Plan, scripts: Scripts | None = None) -> FaultSteps:
    """Return the steps of a fault; `scripts` are the files of the lab, by name.

    Nothing that is injected names the fault, and no copy of what was changed stays in a machine:
    what is undone is read from the plan.
    """
    return _STEPS[fault.type](fault, plan, scripts or {})


def _cable(fault: kinds.CablePulled, _: Plan, __: Scripts) -> FaultSteps:
    pulled = SetCable(fault.end, up=False)
    return FaultSteps((pulled,), (pulled,), (SetCable(fault.end, up=True),))


def _power(fault: kinds.PowerLost, _: Plan, __: Scripts) -> FaultSteps:
    off = tuple(SetPower(machine, on=False) for machine in fault.machines)
    on = tuple(SetPower(machine, on=True) for machine in fault.machines)
    return FaultSteps(off, off, on)


_STEPS: Mapping[str, Callable[[Any, Plan, Scripts], FaultSteps]] = {
    "cable": _cable,
    "power": _power,
    "port-vlans": lambda fault, plan, _: network.port_vlans(fault, plan),
    "mtu": lambda fault, plan, _: network.mtu(fault, plan),
    "route": lambda fault, plan, _: network.route(fault, plan),
    "netem": lambda fault, _, __: network.netem(fault),
    "netplan": lambda fault, plan, _: network.netplan_changed(fault, plan),
    "firewall": lambda fault, _, __: services.firewall(fault),
    "service": lambda fault, _, __: services.service(fault),
    "disk": lambda fault, _, __: services.disk(fault),
    "ceph": lambda fault, _, __: services.ceph(fault),
    "script": lambda fault, _, scripts: services.scripted(fault, scripts),
}
