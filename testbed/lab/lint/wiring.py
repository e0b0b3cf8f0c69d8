"""Machines, interfaces, cables, VLANs, disks and pools: a lab names only what its topology has."""

from collections.abc import Collection, Iterator
from typing import Any

from testbed.errors import LabProblem
from testbed.lab.format import faults, probes
from testbed.lab.format.common import Kind, LabPart
from testbed.lab.lint.folder import Folder, Rule
from testbed.plan.models import Plan
from testbed.topology.models import Role
from testbed.topology.words import near

_MACHINES = (
    *("source", "on", "machine", "machines", "switch"),
    *("restart", "power_on", "power_off", "reboot", "power"),
)
_ENDS = ("end", "plug", "pull", "cable")
_OUT_OF_BAND = "oob0"
_BRIDGE = "br0"
_OUTSIDE = "wan0"
Used = tuple[str, LabPart]  # where a part stands, and the part


def machines_exist(folder: Folder) -> Iterator[LabProblem]:
    """Yield machines that the topology lacks; the learner may build a monitor on any node."""
    built = folder.lab.kind in {Kind.HARDEN, Kind.BUILD}
    for plan, where, part in _with_plan(folder):
        known = _machines(plan)
        for place, name in _values(where, part, _MACHINES):
            yield from _absent(folder, place, "machine", name, known)
        if isinstance(part, probes.CephQuorum) and plan.storage is not None:
            monitors = [node.machine for node in plan.storage.monitors]
            if built:
                monitors = [each.name for each in plan.machines if each.role is Role.NODE]
            for place, name in _values(where, part, ("members",)):
                yield from _absent(folder, place, "monitor", name, monitors)


def cables_exist(folder: Folder) -> Iterator[LabProblem]:
    """Yield ends of cables that are not there."""
    for plan, where, part in _with_plan(folder):
        ends = [end for cable in plan.cables for end in (cable.one, cable.other)]
        for place, end in _values(where, part, _ENDS):
            yield from _absent(folder, place, "cable at", end, ends)


def interfaces_exist(folder: Folder) -> Iterator[LabProblem]:
    """Yield interfaces that a machine lacks; what the learner builds cannot be there yet."""
    built = folder.lab.kind in {Kind.HARDEN, Kind.BUILD}
    made = {name for fault in folder.lab.faults for name in _made(fault)}
    for plan, where, part in _with_plan(folder):
        if built and isinstance(part, (probes.Arp, probes.InterfaceMtu, probes.Bond)):
            continue
        for key in ("interface", "bond"):
            for machine in _machines_of(part, plan):
                known = list(dict.fromkeys([*_interfaces(plan, machine), *made]))
                for place, name in _values(where, part, (key,)):
                    if name != _OUT_OF_BAND:
                        yield from _absent(folder, place, "interface", name, known, machine)


def members_exist(folder: Folder) -> Iterator[LabProblem]:
    """Yield members of bonds that are no NICs of the machine."""
    for plan, where, part in _with_plan(folder):
        if isinstance(part, probes.Bond):
            for machine in _machines_of(part, plan):
                nics = [nic.name for nic in plan.machine(machine).nics]
                for place, name in _values(where, part, ("members",)):
                    yield from _absent(folder, place, "NIC", name, nics, machine)


def no_fault_touches_the_way_in(folder: Folder) -> Iterator[LabProblem]:
    """Yield faults of the NIC over which everything is looked at and healed."""
    for n, fault in enumerate(folder.lab.faults, 1):
        touched = [name for _, name in _values("", fault, ("interface", "port"))]
        if _OUT_OF_BAND in {*touched, *_made(fault)}:
            what = f"'{_OUT_OF_BAND}' is the way in for checks and repair; no fault touches it"
            yield LabProblem(f"faults.{n}", what, "name another interface")


def switches_exist(folder: Folder) -> Iterator[LabProblem]:
    """Yield ports, and VLANs on them, that no switch has; and rules on what is no router."""
    for plan, where, part in _with_plan(folder):
        if isinstance(part, faults.PortVlans) and part.switch in _machines(plan):
            ports = [port.name for port in plan.machine(part.switch).ports]
            place = f"{where}.port"
            yield from _absent(folder, place, "port", part.port, ports, part.switch)
            ids = [str(vlan.id) for vlan in plan.vlans]
            for place, id in _values(where, part, ("tagged", "untagged")):
                yield from _absent(folder, place, "VLAN with the id", id, ids)
        if isinstance(part, faults.FirewallRule):
            routers = [machine.name for machine in plan.machines if machine.role is Role.ROUTER]
            if part.machine in _machines(plan):
                place = f"{where}.machine"
                yield from _absent(folder, place, "router", part.machine, routers)


def disks_exist(folder: Folder) -> Iterator[LabProblem]:
    """Yield disks that a machine lacks."""
    for plan, where, part in _with_plan(folder):
        if isinstance(part, faults.DiskWiped) and part.machine in _machines(plan):
            serials = [disk.serial for disk in plan.machine(part.machine).disks]
            place = f"{where}.serial"
            yield from _absent(folder, place, "disk", part.serial, serials, part.machine)


def pools_exist(folder: Folder) -> Iterator[LabProblem]:
    """Yield pools that the topology's storage lacks."""
    for plan, where, part in _with_plan(folder):
        if plan.storage is not None:
            for place, name in _values(where, part, ("pool",)):
                yield from _absent(folder, place, "pool", name, plan.storage.pools)


def storage_is_asked_for(folder: Folder) -> Iterator[LabProblem]:
    """Yield parts that need Ceph in a lab that does without."""
    if folder.lab.stage == "storage":
        return
    for where, part in used(folder):
        type = str(getattr(part, "type", ""))
        if type.startswith("ceph") or type == "fsid" or hasattr(part, "pool"):
            what = f"type '{type}' needs Ceph, which a lab of the stage 'network' has not"
            yield LabProblem(where, what, "write stage: storage")


def used(folder: Folder) -> Iterator[Used]:
    """Yield every part of the lab that can name something of the topology."""
    lab = folder.lab
    yield from ((f"sentinels.{id}", sentinel) for id, sentinel in lab.sentinels.items())
    yield from ((f"probes.{id}", probe) for id, probe in lab.probes.items())
    yield from ((f"faults.{n}", fault) for n, fault in enumerate(lab.faults, 1))
    yield from ((f"perturb.{n}", part) for n, part in enumerate(lab.perturb, 1))
    for n, solution in enumerate(lab.solutions, 1):
        yield from ((f"solutions.{n}.moves.{m}", move) for m, move in enumerate(solution.moves, 1))
    for n, fix in enumerate(lab.wrong_fixes, 1):
        yield from ((f"wrong_fixes.{n}.moves.{m}", move) for m, move in enumerate(fix.moves, 1))


def _with_plan(folder: Folder) -> Iterator[tuple[Plan, str, LabPart]]:
    if folder.plan is not None:
        yield from ((folder.plan, where, part) for where, part in used(folder))


def _values(where: str, part: LabPart, names: Collection[str]) -> Iterator[tuple[str, str]]:
    """Yield the place and text of each value the part has under these names."""
    for name in names:
        value: Any = getattr(part, name, None)
        if value is None:
            continue
        place = f"{where}.{type(part).model_fields[name].alias or name}"
        if isinstance(value, tuple):
            yield from ((f"{place}.{n}", str(entry)) for n, entry in enumerate(value, 1))
        else:
            yield place, str(value)


def _machines(plan: Plan) -> tuple[str, ...]:
    return tuple(machine.name for machine in plan.machines)


def _machines_of(part: LabPart, plan: Plan) -> Iterator[str]:
    """Yield the machines a part is about, as far as the topology has them."""
    for _, name in _values("", part, _MACHINES):
        if name in _machines(plan):
            yield name


def _interfaces(plan: Plan, name: str) -> Iterator[str]:
    machine = plan.machine(name)
    for parts in (machine.nics, machine.bonds, machine.interfaces, machine.ports):
        yield from (part.name for part in parts)
    if machine.role is Role.SWITCH:
        yield _BRIDGE
    if machine.role is Role.ROUTER:
        yield _OUTSIDE


def _made(fault: LabPart) -> Iterator[str]:
    """Yield the interfaces that a fault's netplan says something about."""
    if isinstance(fault, faults.NetplanChanged):
        for section in fault.set.values():
            yield from section if isinstance(section, dict) else ()


def _absent(
    folder: Folder, where: str, noun: str, name: str, known: Collection[str], machine: str = ""
) -> Iterator[LabProblem]:
    """Yield a problem where the name is none of those known, on a machine or at all."""
    if name not in known:
        close = None if name.isdecimal() else near(name, known)
        hint = f"did you mean '{close}'?" if close else f"there are: {', '.join(known) or 'none'}"
        where_not = f" on {machine}" if machine else ""
        what = f"topology '{folder.lab.topology}' has no {noun} '{name}'{where_not}"
        yield LabProblem(where, what, hint)


RULES: tuple[Rule, ...] = (
    machines_exist,
    cables_exist,
    interfaces_exist,
    members_exist,
    no_fault_touches_the_way_in,
    switches_exist,
    disks_exist,
    pools_exist,
    storage_is_asked_for,
)
