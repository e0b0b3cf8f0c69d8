"""Rules about switches: no loop between them, and no VLAN in two separate places.

Nothing in a testbed blocks loops (there is no spanning tree), so the cables between switches
must form a tree.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from testbed.errors import Problem
from testbed.topology.models import Role, Topology
from testbed.topology.rules.cables import switch_cable_hint
from testbed.topology.rules.parts import (
    Attachment,
    Cable,
    End,
    all_cables_sound,
    in_known_vlans,
    machines,
    names_of,
    peers,
    sound_cables,
)
from testbed.topology.words import listed


@dataclass(slots=True)
class _Islands:
    """Switches joined so far: each island is known by the name of one of its switches."""

    above: dict[str, str] = field(default_factory=dict)

    def of(self, switch: str) -> str:
        while switch in self.above:
            switch = self.above[switch]
        return switch

    def join(self, one: str, other: str) -> bool:
        """Join two islands; False where both switches were on the same one already."""
        one, other = self.of(one), self.of(other)
        if one != other:
            self.above[other] = one
        return one != other


def only_switches_have_vlans(topology: Topology) -> Iterator[Problem]:
    for name, where, machine in machines(topology):
        if machine.role is not Role.SWITCH and machine.vlans:
            what = f"'{name}' is no switch, so its addresses belong to its NICs and bonds"
            hint = "move 'vlans' under a NIC or a bond"
            yield Problem(f"{where}.vlans", what, hint)


def no_loops(topology: Topology) -> Iterator[Problem]:
    islands = _Islands()
    direct: dict[frozenset[str], Cable] = {}
    for cable in _between_switches(topology):
        one, other = cable.one.machine, cable.other.machine
        first = direct.setdefault(frozenset((one, other)), cable)
        if islands.join(one, other):
            continue
        what = f"switches '{one}' and '{other}' are joined already, so this cable makes a loop"
        if first is not cable:
            what = f"'{one}' and '{other}' are joined by {first} already, so this makes a loop"
        yield Problem(cable.where, what, "remove one cable; nothing here blocks loops")


def no_vlan_in_two_places(topology: Topology) -> Iterator[Problem]:
    """Machines of one VLAN reach each other only through switches that are joined."""
    if not all_cables_sound(topology):
        return
    islands = _Islands()
    for cable in _between_switches(topology):
        islands.join(cable.one.machine, cable.other.machine)
    order, other_end = names_of(topology, Role.SWITCH), peers(topology)
    first: dict[str, str] = {}  # VLAN: the first switch it is on
    told: dict[frozenset[str], tuple[str, str]] = {}  # two islands: a switch of each
    gaps: dict[tuple[str, str], dict[str, None]] = {}  # those switches: VLANs that need both
    for part in in_known_vlans(topology):
        for switch in _next_machines(part, other_end):
            if switch not in order:
                continue
            start = first.setdefault(part.vlan, switch)
            if islands.of(start) != islands.of(switch):
                one, other = sorted((start, switch), key=order.index)
                pair = told.setdefault(frozenset(map(islands.of, (one, other))), (one, other))
                gaps.setdefault(pair, {})[part.vlan] = None
    for (one, other), names in gaps.items():
        vlans = f"VLAN {listed(names)} is" if len(names) == 1 else f"VLANs {listed(names)} are"
        what = f"no cable leads from '{other}' to '{one}', though {vlans} on both"
        hint = f"join the two; {switch_cable_hint(topology, one, other)}"
        yield Problem(f"machines.{other}", what, hint)


def _between_switches(topology: Topology) -> Iterator[Cable]:
    switches = set(names_of(topology, Role.SWITCH))
    for cable in sound_cables(topology):
        ends = {cable.one.machine, cable.other.machine}
        if len(ends) == 2 and ends <= switches:
            yield cable


def _next_machines(part: Attachment, other_end: dict[End, End]) -> Iterator[str]:
    """Yield the machines at the other ends of an attachment's cables; a switch is its own."""
    if part.port is None:
        yield part.machine
        return
    ends = (other_end.get(End(part.machine, nic)) for nic in part.port.nics)
    yield from (end.machine for end in ends if end)


RULES = (only_switches_have_vlans, no_loops, no_vlan_in_two_places)
