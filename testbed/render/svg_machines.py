"""The machines of the SVG: cards with bonds and addresses, switches with their ports."""

from collections.abc import Mapping
from dataclasses import dataclass

from testbed.plan.models import Interface
from testbed.render.graph_state import Power
from testbed.render.svg_layout import Layout
from testbed.render.svg_sheet import Element, Sheet
from testbed.render.svg_sizes import (
    CARD_HEAD,
    GROUP_HEAD,
    NIC_BAND,
    PAD,
    ROW,
    Box,
    columns,
    many_vlans,
    words_width,
)
from testbed.render.wiring import Group, States, power_of
from testbed.topology.models import Role


def draw_machines(
    sheet: Sheet, layout: Layout, hues: Mapping[int, str], state: States | None
) -> None:
    """Draw every machine; one that is off is grey, and says so."""
    for box in layout.boxes:
        machine = box.machine
        power = power_of(state, machine.name)
        group = inside = sheet.group(f"{machine.name}, {power or machine.role}")
        if power == "off":
            _sheet_of(sheet, box, "ground", group)  # opaque: nothing shines through
            inside = sheet.group("", cls="dim", parent=group)
        _sheet_of(sheet, box, "card", inside)
        drawing = _Card(sheet, box, power, hues, inside)
        if machine.role is Role.SWITCH:
            drawing.switch()
        else:
            drawing.card()
        _ports(sheet, box, layout, group)


@dataclass(frozen=True, slots=True)
class _Card:
    """One machine being drawn."""

    sheet: Sheet
    box: Box
    power: Power | None
    hues: Mapping[int, str]
    parent: Element

    def switch(self) -> None:
        y = self.box.y + self.box.height / 2 + 5
        x = self._name(y)
        own = [str(i.address.ip) for i in self.box.machine.interfaces if i.address]
        self.sheet.text(x, y, " · ".join([*own, *self._trouble()]), "num soft", self.parent)

    def card(self) -> None:
        machine, right = self.box.machine, self.box.right - PAD
        top = self.box.y + (0 if machine.role is Role.ROUTER else NIC_BAND)
        self._name(top + 27)
        note = " · ".join([*self._trouble(), _memory(machine.memory_mib)])
        self.sheet.text(right, top + 27, note, "small soft end", self.parent)
        line = top + CARD_HEAD
        self.sheet.line((self.box.x + PAD, line), (right, line), "hair", self.parent)
        for group, left, width in columns(self.box):
            self._column(group, left, width, line)

    def _name(self, y: float) -> float:
        """Write the name behind a dot for the power; return the x to go on at."""
        x = self.box.x + PAD
        if self.power is not None:
            cls = "power-off" if self.power == "off" else self.power
            self.sheet.dot((x + 4.5, y - 5), 4.5, cls, parent=self.parent)
            x += 16
        self.sheet.text(x, y, self.box.machine.name, "name ink", self.parent)
        return x + words_width(self.box.machine.name, 15) + 12

    def _trouble(self) -> list[str]:
        return [self.power] if self.power in ("off", "paused") else []

    def _column(self, group: Group, x: float, width: float, top: float) -> None:
        """List a bond or NIC: name, MTU, mode, and a line for each VLAN."""
        sheet, parent = self.sheet, self.parent
        sheet.text(x, top + 21, group.name, "ink strong", parent)
        sheet.text(x + width, top + 21, f"MTU {group.mtu}", "small num soft end", parent)
        sheet.text(x, top + 37, _mode_words(group), "small soft", parent)
        across = 2 if many_vlans(self.box.machine, group) else 1
        down = -(-len(group.interfaces) // across)
        gap = 20.0 * (across - 1)
        cell = (width - gap) / across
        for index, interface in enumerate(group.interfaces):
            left = x + (cell + gap) * (index // down)
            y = top + GROUP_HEAD + ROW * (index % down) + 14
            self._address(interface, left, left + cell, y)

    def _address(self, interface: Interface, left: float, right: float, y: float) -> None:
        hue = self.hues[interface.vlan_id]
        self.sheet.dot((left + 4, y - 4), 4, fill=hue, parent=self.parent)
        self.sheet.text(left + 14, y, interface.vlan, "ink", self.parent)
        address = str(interface.address.ip) if interface.address else "no address"
        tone = "soft" if interface.address else "faint"
        self.sheet.text(right, y, address, f"num end {tone}", self.parent)


def _sheet_of(sheet: Sheet, box: Box, cls: str, parent: Element) -> None:
    sheet.rect((box.x, box.y, box.width, box.height), cls, radius=12, parent=parent)


def _ports(sheet: Sheet, box: Box, layout: Layout, parent: Element) -> None:
    """Draw the ports on the edges, their names inside; beside a switch, above the cable."""
    for nic in box.machine.nics:
        x, y = layout.ports[box.machine.name, nic.name]
        sheet.rect((x - 7, y - 5, 14, 10), "port", radius=3, parent=parent)
        if x == box.x:
            sheet.text(x - 14, y - 14, nic.name, "small soft end", parent)
        elif x == box.right:
            sheet.text(x + 14, y - 14, nic.name, "small soft", parent)
        else:
            sheet.text(x, y + 19 if y == box.y else y - 11, nic.name, "small soft mid", parent)


def _memory(mib: int) -> str:
    return f"{mib / 1024:g} GiB" if mib >= 1024 and mib % 512 == 0 else f"{mib} MiB"


def _mode_words(group: Group) -> str:
    if group.mode is not None:
        return str(group.mode)
    return "tagged" if all(interface.tagged for interface in group.interfaces) else "untagged"
