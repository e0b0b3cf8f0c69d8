"""Rules about bonds: what the members are, and what the wiring can carry."""

from collections.abc import Iterator

from testbed.errors import Problem
from testbed.topology.models import BondMode, Role, Topology
from testbed.topology.rules.parts import End, bonds, machines, names_of, peers


def two_members(topology: Topology) -> Iterator[Problem]:
    for placed, bond in bonds(topology):
        where = f"{placed.where}.members"
        repeated = [nic for nic in bond.members if bond.members.count(nic) > 1]
        if len(set(bond.members)) < 2:
            hint = "list a second NIC, or describe the only one under 'nics' instead"
            yield Problem(where, "a bond needs two different members", hint)
        elif repeated:
            yield Problem(where, f"member '{repeated[0]}' is listed twice", "list it once")


def member_of_one_bond(topology: Topology) -> Iterator[Problem]:
    owners: dict[End, str] = {}
    for placed, bond in bonds(topology):
        for nic in dict.fromkeys(bond.members):
            owner = owners.setdefault(End(placed.machine, nic), placed.name)
            if owner != placed.name:
                what = f"NIC '{nic}' is already a member of bond '{owner}'"
                yield Problem(f"{placed.where}.members", what, "give each bond NICs of its own")


def member_only_in_the_bond(topology: Topology) -> Iterator[Problem]:
    """A NIC inside a bond carries the bond's packets and nothing else."""
    for placed, bond in bonds(topology):
        alone = topology.machines[placed.machine].nics
        for nic in dict.fromkeys(bond.members):
            if nic in alone:
                what = f"NIC '{nic}' is used on its own under 'nics' too"
                hint = f"remove '{nic}' from 'nics' or from the bond"
                yield Problem(f"{placed.where}.members", what, hint)


def switches_have_no_bonds(topology: Topology) -> Iterator[Problem]:
    for name, where, machine in machines(topology):
        if machine.role is Role.SWITCH and machine.bonds:
            what = f"'{name}' is a switch, which makes its link aggregates itself: "
            what += "one for each 802.3ad bond at the other end of its cables"
            yield Problem(f"{where}.bonds", what, f"remove 'bonds' from '{name}'")


def switches_have_no_nics(topology: Topology) -> Iterator[Problem]:
    for name, where, machine in machines(topology):
        if machine.role is Role.SWITCH and machine.nics:
            what = f"'{name}' is a switch, which makes its ports itself from the cables"
            hint = f"remove 'nics' from '{name}'; an address of its own goes under 'vlans'"
            yield Problem(f"{where}.nics", what, hint)


def lacp_has_one_partner(topology: Topology) -> Iterator[Problem]:
    """Link aggregation is agreed with one switch; two switches are two partners."""
    other_end, switches = peers(topology), names_of(topology, Role.SWITCH)
    for placed, bond in bonds(topology):
        first: dict[str, str] = {}  # switch: the first member cabled to it
        for nic in bond.members:
            peer = other_end.get(End(placed.machine, nic))
            if peer and peer.machine in switches:
                first.setdefault(peer.machine, nic)
        if bond.mode is BondMode.LACP and len(first) > 1:
            ways = " and ".join(f"'{nic}' goes to '{name}'" for name, nic in first.items())
            what = f"802.3ad needs all members cabled to one switch, but {ways}"
            hint = "use mode: active-backup, or cable all members to "
            yield Problem(f"{placed.where}.mode", what, f"{hint}'{next(iter(first))}'")


RULES = (
    two_members,
    member_of_one_bond,
    member_only_in_the_bond,
    switches_have_no_bonds,
    switches_have_no_nics,
    lacp_has_one_partner,
)
