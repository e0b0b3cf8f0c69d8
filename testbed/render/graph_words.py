"""The words and signs of the drawing for the terminal."""

from collections.abc import Iterator, Sequence

from testbed.plan.models import Interface, Machine
from testbed.render.wiring import End, Group, Link
from testbed.topology.models import BondMode

CROSS = "\N{BOX DRAWINGS LIGHT DIAGONAL CROSS}"


def counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def cell_width(near: End, far: End) -> int:
    return max(len(near.nic), len(far.nic)) + 6


def own_addresses(switch: Machine) -> list[str]:
    """Return the switch's own addresses, as the lines of its box."""
    return [str(i.address.ip) for i in switch.interfaces if i.address is not None]


def marked(line: str, end: End) -> str:
    return f"{line if end.plugged else CROSS} {end.nic}"


def port_label(end: End, *, after: bool) -> str:
    if end.plugged:
        return f" {end.nic} "
    return f" {end.nic} {CROSS}" if after else f"{CROSS} {end.nic} "


def line_of(link: Link) -> str:
    if link.off:
        return "╌"
    return "═" if link.mode is BondMode.LACP else "─"


def bracket(group: Group, index: int) -> str:
    if len(group.members) == 1:
        return " "
    first, middle, last = "╗╣╝" if group.mode is BondMode.LACP else "┐┤┘"
    return first if index == 0 else last if index == len(group.members) - 1 else middle


def _address(interface: Interface) -> str:
    address = interface.address.ip if interface.address else "no address"
    return f"{interface.vlan} {address}{'' if interface.tagged else ' untagged'}"


def _columns(cells: Sequence[str], width: int, most: int) -> Iterator[str]:
    """Yield the cells in aligned columns, as many as fit in the width."""
    size = max((len(cell) for cell in cells), default=0) + 3
    count = max(1, min(most, (width + 3) // size))
    for start in range(0, len(cells), count):
        yield "".join(f"{cell:{size}}" for cell in cells[start : start + count]).rstrip()


def group_lines(group: Group, width: int) -> list[str]:
    cells = [_address(interface) for interface in group.interfaces]
    if group.mode is None:
        return [" · ".join([*cells, f"MTU {group.mtu}"])]
    return [f"{group.name} · {group.mode} · MTU {group.mtu}", *_columns(cells, width, most=2)]


def named_info(group: Group, width: int) -> list[str]:
    """Return the lines about a group where its NICs are not written beside them."""
    lines = group_lines(group, width)
    return lines if group.mode else [f"{group.name} · {line}" for line in lines]
