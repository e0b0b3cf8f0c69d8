"""The cables of the SVG: VLANs as stripes, crosses where pulled, sleeves around bonds."""

from collections.abc import Mapping

from testbed.render.svg_layout import Layout, Route
from testbed.render.svg_path import Point, along, path
from testbed.render.svg_sheet import Element, Sheet
from testbed.render.svg_sizes import Box, ribbon_width
from testbed.render.wiring import End, Link, States, power_of
from testbed.topology.models import BondMode, Role

_SLEEVE = 26.0  # from a port to the middle of its bond's sleeve
_CROSS = 48.0  # from a port to the cross on a pulled cable
_HALO = 7.0  # of the background around a cable, where it passes over another


def draw_cables(
    sheet: Sheet, layout: Layout, hues: Mapping[int, str], state: States | None
) -> None:
    """Draw every cable, then what lies on the cables."""
    for route in layout.routes:
        _cable(sheet, route, hues)
    for box in layout.boxes:
        _sleeves(sheet, layout, box, off=power_of(state, box.machine.name) == "off")
    for route in layout.routes:
        _crosses(sheet, route)


def draw_sleeve(
    sheet: Sheet, at: Point, width: float, words: str, mode: BondMode, *, off: bool = False
) -> None:
    """Draw the sleeve around a bond's cables: filled for 802.3ad, an open loop otherwise."""
    lacp = mode is BondMode.LACP
    cls = ("tie" if lacp else "loop") + ("-off" if off else "")
    sheet.rect((at[0], at[1] - 10, width, 20), cls, radius=10)
    tone = "tie-text strong" if lacp else "faint" if off else "soft"
    sheet.text(at[0] + width / 2, at[1] + 4, words, f"small mid {tone}")


def draw_cross(sheet: Sheet, at: Point) -> None:
    """Draw the sign of a pulled cable."""
    x, y = at
    sheet.dot(at, 9, "disc")
    sheet.line((x - 3.5, y - 3.5), (x + 3.5, y + 3.5), "cross")
    sheet.line((x - 3.5, y + 3.5), (x + 3.5, y - 3.5), "cross")


def _cable(sheet: Sheet, route: Route, hues: Mapping[int, str]) -> None:
    link = route.link
    group = sheet.group(f"{_end(link.one)} to {_end(link.other)}: {_carries(link)}")
    way = path(route.points)
    coloured = bool(link.vlans) and not (link.pulled or link.off)
    width = ribbon_width(link) if coloured else 2.0
    sheet.add("path", {"class": "halo", "d": way, "stroke-width": width + _HALO}, parent=group)
    if coloured:
        _stripes(sheet, route, hues, group)
    else:
        cls = "pulled" if link.pulled else "off" if link.off else "bare"
        sheet.add("path", {"class": cls, "d": way}, parent=group)


def _stripes(sheet: Sheet, route: Route, hues: Mapping[int, str], group: Element) -> None:
    vlans, points = route.link.vlans, route.points
    if (points[-1][1], points[-1][0]) < (points[0][1], points[0][0]):
        points = points[::-1]  # one order of colours, whichever end was named first
    stripe = ribbon_width(route.link) / len(vlans)
    for index, vlan in enumerate(vlans):
        way = path(points, (index - (len(vlans) - 1) / 2) * stripe)
        line: dict[str, float | str] = {
            "stroke-width": stripe,
            "class": "cable",
            "d": way,
            "stroke": hues[vlan.id],
        }
        sheet.add("path", line, parent=group)


def _sleeves(sheet: Sheet, layout: Layout, box: Box, *, off: bool) -> None:
    """Tie the cables of each bond together, and those of a switch's aggregates."""
    role = box.machine.role
    down = 1 if role in (Role.ROUTER, Role.SWITCH) else -1
    for bond in box.machine.bonds:
        places = sorted(layout.ports[box.machine.name, nic] for nic in bond.members)
        (x, y), width = places[0], places[-1][0] - places[0][0]
        words = bond.name if role is Role.SWITCH else str(bond.mode)
        at = (x - 16, y + down * _SLEEVE)
        draw_sleeve(sheet, at, width + 32, words, bond.mode, off=off)


def _crosses(sheet: Sheet, route: Route) -> None:
    (x, y), (far_x, far_y) = route.points[0], route.points[-1]
    distance = min(_CROSS, 0.4 * (abs(far_x - x) + abs(far_y - y)))
    if not route.link.one.plugged:
        draw_cross(sheet, along(route.points, distance))
    if not route.link.other.plugged:
        draw_cross(sheet, along(route.points[::-1], distance))


def _end(end: End) -> str:
    return f"{end.machine} {end.nic}"


def _carries(link: Link) -> str:
    if link.pulled:
        return "pulled"
    if link.off:
        return "machine off"
    return ", ".join(f"{vlan.name} {vlan.id}" for vlan in link.vlans) or "no VLAN"
