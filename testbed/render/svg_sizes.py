"""How large everything in the SVG is, in pixels: cards, columns, ports, cables."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from testbed.plan.models import Machine
from testbed.render.wiring import Group, Link, groups
from testbed.topology.models import Role

MARGIN = 40.0
PAD = 16.0
COLUMN_GAP = 20.0
CARD_GAP = 28.0
PIN_PITCH = 60.0
LEAST_COLUMN = 142.0
ROW = 20.0  # one VLAN in a card
CARD_HEAD = 40.0  # the machine's name
GROUP_HEAD = 44.0  # the bond's name and mode
NIC_BAND = 26.0  # NIC names along a card's edge
SWITCH_HEIGHT = 96.0
STRIPE = 3.0
WIDEST_RIBBON = 18.0  # of stripes side by side; more of them are thinner
SLEEVE_ROOM = 60.0  # for a bond's sleeve and the cross of a pulled cable
PLAIN_ROOM = 38.0
LEAST_WIDTH = 1000.0


def words_width(words: str, size: float) -> float:
    """Return about how wide words are in a sans-serif font of that size."""
    return len(words) * size * 0.58


@dataclass(frozen=True, slots=True)
class Box:
    """A machine's place."""

    machine: Machine
    x: float
    y: float
    width: float
    height: float

    @property
    def bottom(self) -> float:
        return self.y + self.height

    @property
    def right(self) -> float:
        return self.x + self.width


def column_width(machine: Machine, group: Group) -> float:
    least = 2 * LEAST_COLUMN + COLUMN_GAP if many_vlans(machine, group) else LEAST_COLUMN
    return max(least, pin_pitch(machine, group) * len(group.members))


def pin_pitch(machine: Machine, group: Group) -> float:
    """Return the space between a group's NICs: enough for the ports' names straight across."""
    peers = [nic.peer.split(":", 1)[1] for nic in machine.nics if nic.name in group.members]
    return max(PIN_PITCH, *(slot(peer) for peer in peers))


def many_vlans(machine: Machine, group: Group) -> bool:
    """Tell whether a group's VLANs are listed in two columns."""
    return machine.role is Role.ROUTER and len(group.interfaces) > 3


def columns(box: Box) -> Iterator[tuple[Group, float, float]]:
    """Yield each group of a card's machine with its column's x and width."""
    x = box.x + PAD
    for group in groups(box.machine):
        width = column_width(box.machine, group)
        yield group, x, width
        x += width + COLUMN_GAP


def ribbon_width(link: Link) -> float:
    return max(min(STRIPE * len(link.vlans), WIDEST_RIBBON), STRIPE)


def slot(nic: str) -> float:
    return max(40.0, words_width(nic, 11) + 10)


def switch_need(switch: Machine) -> float:
    """Return the width a switch's ports ask for."""
    return max(190.0, sum(slot(nic.name) for nic in switch.nics) + 12)


def card_width(machine: Machine) -> float:
    widths = [column_width(machine, group) for group in groups(machine)]
    return max(172.0, sum(widths) + COLUMN_GAP * (len(widths) - 1) + 2 * PAD)


def cards_width(row: Sequence[Machine]) -> float:
    return sum(card_width(machine) for machine in row) + CARD_GAP * max(len(row) - 1, 0)


def card_height(machine: Machine) -> float:
    rows = max((_rows(machine, group) for group in groups(machine)), default=0)
    return NIC_BAND + CARD_HEAD + GROUP_HEAD + rows * ROW + PAD


def _rows(machine: Machine, group: Group) -> int:
    count = len(group.interfaces)
    return -(-count // 2) if many_vlans(machine, group) else count
