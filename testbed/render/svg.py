"""Plan → a drawing of the network as one self-contained SVG."""

import json
import textwrap

from testbed.plan.models import Plan
from testbed.render.svg_cables import draw_cables, draw_cross, draw_sleeve
from testbed.render.svg_layout import arrange
from testbed.render.svg_machines import draw_machines
from testbed.render.svg_sheet import Sheet
from testbed.render.svg_sizes import MARGIN, Box, words_width
from testbed.render.svg_style import HUES, stylesheet
from testbed.render.wiring import Link, States, links, power_of
from testbed.topology.models import BondMode

_LEGEND_WIDTH = 300.0
_SAMPLE = 96.0  # the width of a sign in the key
_BEHIND = MARGIN + _SAMPLE + 14


def svg(plan: Plan, state: States | None = None) -> str:
    """Return the testbed's network as an SVG document, the same text for the same input.

    Each VLAN is a coloured stripe along the cables that carry it. A pulled cable is dashed with a
    cross at the end it was pulled from; a machine that is off, and its cables, are grey.
    """
    found = links(plan, state)
    layout = arrange(plan, found)
    hues = {vlan.id: HUES[index % len(HUES)] for index, vlan in enumerate(plan.vlans)}
    sheet = Sheet(layout.width, layout.height)
    sheet.add("title", {"id": "testbed-title"}, words=f"Network of testbed '{plan.name}'")
    sheet.add("desc", {"id": "testbed-desc"}, words=_description(plan, state, found))
    sheet.add("style", {}, words="\n" + stylesheet())
    sheet.rect((0, 0, layout.width, layout.height), "ground", radius=16)
    _head(sheet, plan, state, found)
    _legend(sheet, plan, hues, layout.width - MARGIN - _LEGEND_WIDTH)
    draw_cables(sheet, layout, hues, state)
    for box in layout.boxes:
        if box.machine.wan_mac is not None:
            _internet(sheet, box, is_open=plan.internet)
    draw_machines(sheet, layout, hues, state)
    return sheet.document()


def _description(plan: Plan, state: States | None, found: tuple[Link, ...]) -> str:
    """Say what is drawn, for those who do not see it."""
    machines = ", ".join(
        f"{machine.name} ({power_of(state, machine.name) or machine.role})"
        for machine in plan.machines
    )
    cables = "; ".join(
        f"{link.one.machine} {link.one.nic} to {link.other.machine} {link.other.nic}"
        f"{' (pulled)' if link.pulled else ' (off)' if link.off else ''}"
        for link in found
    )
    return f"Machines: {machines}. Cables: {cables}."


def _head(sheet: Sheet, plan: Plan, state: States | None, found: tuple[Link, ...]) -> None:
    sheet.text(MARGIN, MARGIN + 18, plan.name, "title ink")
    y = MARGIN + 42
    for line in textwrap.wrap(str(json.loads(plan.topology).get("description", "")), 42):
        sheet.text(MARGIN, y, line, "soft")
        y += 17
    if state is not None:
        _summary(sheet, y + 6, plan, state, found)
        y += 23
    _key(sheet, y + 14, plan, found)


def _summary(sheet: Sheet, y: float, plan: Plan, state: States, found: tuple[Link, ...]) -> None:
    """Count what runs and what is broken."""
    powers = [power_of(state, machine.name) for machine in plan.machines]
    counts = [(powers.count(power), power) for power in ("running", "paused", "off")]
    label = sheet.text(MARGIN, y, "", "")
    words = " · ".join(f"{count} {power}" for count, power in counts if count)
    sheet.span(label, words, "ink strong")
    if pulled := sum(link.pulled for link in found):
        cables = "cable" if pulled == 1 else "cables"
        sheet.span(label, f" · {pulled} {cables} pulled", "bad strong")


def _key(sheet: Sheet, y: float, plan: Plan, found: tuple[Link, ...]) -> None:
    """Explain the signs that occur in this drawing, and no others."""
    modes = {bond.mode for machine in plan.machines for bond in machine.bonds}
    sleeves = (
        (BondMode.LACP, "all cables carry traffic"),
        (BondMode.ACTIVE_BACKUP, "one carries, the others wait"),
    )
    for mode, words in sleeves:
        if mode in modes:
            draw_sleeve(sheet, (MARGIN, y), _SAMPLE, mode, mode)
            sheet.text(_BEHIND, y + 4, words, "soft")
            y += 28
    if any(link.pulled for link in found):
        sheet.line((MARGIN, y), (MARGIN + _SAMPLE, y), "pulled")
        draw_cross(sheet, (MARGIN + _SAMPLE / 2, y))
        sheet.text(_BEHIND, y + 4, "cable pulled", "bad strong")
        y += 28
    if any(link.off for link in found):
        sheet.line((MARGIN, y), (MARGIN + _SAMPLE, y), "off")
        sheet.text(_BEHIND, y + 4, "machine off", "soft")


def _legend(sheet: Sheet, plan: Plan, hues: dict[int, str], left: float) -> None:
    """List the VLANs: colour, name, id, subnet, MTU in bytes."""
    y, right = MARGIN + 14, left + _LEGEND_WIDTH
    name, vlan_id, subnet = left + 30, left + 146, left + 256
    sheet.text(name, y, "VLAN", "small soft")
    for x, words in ((vlan_id, "id"), (subnet, "subnet"), (right, "MTU")):
        sheet.text(x, y, words, "small soft end")
    sheet.line((left, y + 9), (right, y + 9), "hair")
    for index, vlan in enumerate(plan.vlans):
        y = MARGIN + 42 + 24 * index
        sheet.rect((left, y - 8, 20, 8), "", radius=4, fill=hues[vlan.id])
        sheet.text(name, y, vlan.name, "ink strong")
        for x, value in ((vlan_id, vlan.id), (subnet, vlan.subnet), (right, vlan.mtu)):
            sheet.text(x, y, str(value), "num soft end")


def _internet(sheet: Sheet, box: Box, *, is_open: bool) -> None:
    """Draw the outside above a router, and whether the way there is open."""
    note = "through the host, NAT" if is_open else "closed"
    x, y = box.x + box.width / 2, box.y - 56
    width = words_width(f"internet {note}", 12) + 40
    sheet.line((x, y + 26), (x, box.y), "line" if is_open else "line waiting")
    sheet.rect((x - width / 2, y, width, 26), "loop", radius=13)
    label = sheet.text(x, y + 17, "", "mid")
    sheet.span(label, "internet", "ink strong")
    sheet.span(label, f"\u00a0 {note}", "soft")
    sheet.text(x + 9, box.y - 10, "wan0", "small soft")
