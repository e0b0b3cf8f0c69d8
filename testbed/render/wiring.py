"""Plan and observed state → the facts both drawings show: links, groups of NICs, power."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from testbed.plan.models import Interface, Machine, Plan, Vlan
from testbed.render.graph_state import MachineState, Power
from testbed.topology.models import BondMode, Role

States = Mapping[str, MachineState]


@dataclass(frozen=True, slots=True)
class End:
    """One end of a link; `plugged` is False where the cable was pulled."""

    machine: str
    nic: str
    plugged: bool = True


@dataclass(frozen=True, slots=True)
class Link:
    """A cable as drawn: both ends, what it carries, and whether a machine at it is off."""

    one: End
    other: End
    vlans: tuple[Vlan, ...]
    mode: BondMode | None  # of the bond it is a member of
    off: bool

    @property
    def pulled(self) -> bool:
        return not (self.one.plugged and self.other.plugged)

    def end_at(self, machine: str) -> End:
        return self.one if self.one.machine == machine else self.other

    def far_end(self, near: End) -> End:
        return self.other if near == self.one else self.one


@dataclass(frozen=True, slots=True)
class Group:
    """The NICs of a bond, or one NIC used on its own (`mode` is None)."""

    name: str
    members: tuple[str, ...]
    mode: BondMode | None
    mtu: int
    interfaces: tuple[Interface, ...]


def groups(machine: Machine) -> tuple[Group, ...]:
    """Return every cabled NIC of a machine once, in a bond or alone, in cable order."""
    bond_of = {member: bond for bond in machine.bonds for member in bond.members}
    found: dict[str, Group] = {}
    for nic in machine.nics:
        bond = bond_of.get(nic.name)
        port, members = (bond, bond.members) if bond else (nic, (nic.name,))
        interfaces = tuple(i for i in machine.interfaces if i.parent == port.name)
        mode = bond.mode if bond else None
        found.setdefault(port.name, Group(port.name, members, mode, port.mtu, interfaces))
    return tuple(found.values())


def links(plan: Plan, state: States | None) -> tuple[Link, ...]:
    """Return every cable of the plan in order; without a state all are up."""
    machines = {machine.name: machine for machine in plan.machines}
    return tuple(
        _link(plan, machines, state, cable.one.split(":", 1), cable.other.split(":", 1))
        for cable in plan.cables
    )


def power_of(state: States | None, machine: str) -> Power | None:
    """Return a machine's power, None where nothing was observed; absent machines are off."""
    if state is None:
        return None
    return state[machine].power if machine in state else "off"


def _link(
    plan: Plan,
    machines: Mapping[str, Machine],
    state: States | None,
    one: list[str],
    other: list[str],
) -> Link:
    ends = [(machines[name], nic) for name, nic in (one, other)]
    leaf, leaf_nic = next((end for end in ends if end[0].role is not Role.SWITCH), ends[0])
    ids = set(_vlan_ids(leaf, leaf_nic))
    mode = next((bond.mode for bond in leaf.bonds if leaf_nic in bond.members), None)
    return Link(
        one=End(one[0], one[1], _plugged(state, *one)),
        other=End(other[0], other[1], _plugged(state, *other)),
        vlans=tuple(vlan for vlan in plan.vlans if vlan.id in ids),
        mode=mode,
        off=any(power_of(state, machine.name) == "off" for machine, _ in ends),
    )


def _vlan_ids(machine: Machine, nic: str) -> Iterator[int]:
    """Yield the ids of the VLANs that cross a NIC."""
    name = next((bond.name for bond in machine.bonds if nic in bond.members), nic)
    for port in machine.ports:
        if port.name == name:
            yield from port.tagged
            if port.untagged is not None:
                yield port.untagged
    if machine.role is not Role.SWITCH:
        yield from (i.vlan_id for i in machine.interfaces if i.parent == name)


def _plugged(state: States | None, machine: str, nic: str) -> bool:
    if state is None or machine not in state:
        return True
    return state[machine].nics.get(nic, True)
