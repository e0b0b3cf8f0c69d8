"""Plan → a drawing of the network for the terminal: the switches' rails, machines along them."""

from collections.abc import Sequence
from dataclasses import dataclass

from testbed.plan.models import Machine, Plan
from testbed.render.canvas import Canvas
from testbed.render.graph_words import (
    CROSS,
    bracket,
    cell_width,
    counted,
    group_lines,
    line_of,
    marked,
    named_info,
    own_addresses,
    port_label,
)
from testbed.render.wiring import End, Group, Link, States, groups, links, power_of
from testbed.topology.models import BondMode, Role

_POWER = {"running": "● running", "paused": "◐ paused", "off": "○ off"}
_FIRST_RAIL = 4
_LEGEND_GAP = 4
_LEAST_INFO = 34  # columns kept for bonds and addresses


def text(plan: Plan, state: States | None = None, width: int = 100) -> str:
    """Return the testbed's network as lines of at most `width` columns.

    Each switch is a rail from which its cables leave to the right; a pulled cable carries a
    cross at the end it was pulled from. Without a state everything is drawn as planned.
    """
    return _Drawing(plan, state, width).lines()


@dataclass(frozen=True, slots=True)
class _Rails:
    """Where each switch's rail stands, and the column NIC names start in."""

    columns: dict[str, int]
    nics: int
    nic_width: int
    stacked: bool  # addresses do not fit beside the NICs; they are listed below

    @property
    def info(self) -> int:
        return self.nics + self.nic_width + 3


class _Drawing:
    def __init__(self, plan: Plan, state: States | None, width: int) -> None:
        self._plan, self._state, self._width = plan, state, width
        self._links = links(plan, state)
        self._link_of = {
            (end.machine, end.nic): link for link in self._links for end in (link.one, link.other)
        }
        self._switches = [m for m in plan.machines if m.role is Role.SWITCH]
        self._router = next((m for m in plan.machines if m.role is Role.ROUTER), None)
        self._rails = self._place_rails()
        self._canvas = Canvas()
        self._row = 0
        self._used: dict[str, list[int]] = {switch.name: [] for switch in self._switches}

    def lines(self) -> str:
        self._title()
        if self._router is not None:
            self._draw_router(self._router)
        self._draw_switches()
        start = self._row
        for link in self._links:
            if {link.one.machine, link.other.machine} <= self._rails.columns.keys():
                self._draw_isl(link)
        for machine in self._leaves():
            self._draw_leaf(machine)
        self._draw_rails(start)
        self._legend()
        if self._rails.stacked:
            self._list_addresses()
        self._key()
        return self._canvas.text(self._width)

    # ---- where things go

    def _place_rails(self) -> _Rails:
        names = [switch.name for switch in self._switches]
        nics = [nic for m in self._plan.machines if m.role is not Role.SWITCH for nic in m.nics]
        nic_width = max((len(nic.name) for nic in nics), default=4)
        room = self._room_before_nics()
        wanted = max([18, *(self._drop_width(name) + 5 for name in names), *self._isl_widths()])
        fixed, steps = _FIRST_RAIL + room + nic_width + 3, max(len(names) - 1, 1)
        stacked = fixed + wanted * steps + _LEAST_INFO > self._width
        pitch = max(7, min(wanted, (self._width - fixed) // steps))
        columns = {name: _FIRST_RAIL + pitch * index for index, name in enumerate(names)}
        return _Rails(columns, max(columns.values(), default=0) + room, nic_width, stacked)

    def _room_before_nics(self) -> int:
        """Return the columns between the last rail and the NIC names, for what is written there."""
        ports = [len(nic.name) for s in self._switches[-1:] for nic in s.nics]
        return max([4, *(port + 8 for port in ports)])

    def _isl_widths(self) -> list[int]:
        names = {switch.name for switch in self._switches}
        between = (link for link in self._links if names >= {link.one.machine, link.other.machine})
        return [len(link.one.nic + link.other.nic) + 9 for link in between]

    def _drops(self, switch: str) -> list[tuple[End, End, Link]]:
        """Return the router's cables to a switch: the router's end, the switch's, the link."""
        if self._router is None:
            return []
        found = [self._link_of[self._router.name, nic.name] for nic in self._router.nics]
        ends = [(link.end_at(self._router.name), link) for link in found]
        return [
            (near, link.far_end(near), link)
            for near, link in ends
            if link.far_end(near).machine == switch
        ]

    def _drop_width(self, switch: str) -> int:
        cells = (cell_width(near, far) for near, far, _ in self._drops(switch))
        machine = self._plan.machine(switch)
        return max(sum(cells), len(switch) + 2, *(len(own) for own in own_addresses(machine)))

    def _leaves(self) -> list[Machine]:
        order = (Role.ROUTER, Role.NODE, Role.TENANT, Role.WATCH)
        rest = [m for m in self._plan.machines if m is not self._router and m.role in order]
        return sorted(rest, key=lambda machine: order.index(machine.role))

    # ---- what is drawn

    def _title(self) -> None:
        machines, cables = len(self._plan.machines), len(self._links)
        parts = [self._plan.name, counted(machines, "machine"), counted(cables, "cable")]
        pulled = sum(link.pulled for link in self._links)
        off = sum(power_of(self._state, m.name) == "off" for m in self._plan.machines)
        parts += [f"{pulled} pulled"] * bool(pulled) + [f"{off} off"] * bool(off)
        self._put(1, " · ".join(parts), advance=2)

    def _draw_router(self, router: Machine) -> None:
        body = [line for group in groups(router) for line in named_info(group, 46)]
        head = f"{router.name}  {self._power(router.name)}".rstrip()
        drops = [self._rails.columns[s.name] + self._drop_width(s.name) for s in self._switches]
        right = max([len(head) + 5, *(len(line) + 4 for line in body), *drops])
        self._put(_FIRST_RAIL, f"╎ wan0 · internet {'on' if self._plan.internet else 'closed'}")
        self._box(1, right, [head, *body])
        self._canvas.put(self._row - len(body) - 3, _FIRST_RAIL, "┴")
        for switch in self._switches:
            column = self._rails.columns[switch.name]
            for near, far, link in self._drops(switch.name):
                line = "╎" if link.off else "│"
                self._canvas.put(self._row - 1, column, "┬")
                self._canvas.put(self._row, column, marked(line, near))
                self._canvas.put(self._row + 1, column, marked(line, far))
                column += cell_width(near, far)
        self._row += 2

    def _draw_switches(self) -> None:
        top = self._row
        for switch in self._switches:
            self._row = top
            column = self._rails.columns[switch.name]
            head = f"{switch.name} {self._power(switch.name)[:1]}".rstrip()
            self._box(
                column - 3, column + self._drop_width(switch.name), [head, *own_addresses(switch)]
            )
            for near, far, _ in self._drops(switch.name):
                self._canvas.put(top, column, "┴")
                column += cell_width(near, far)

    def _draw_isl(self, link: Link) -> None:
        columns = self._rails.columns
        left, right = sorted((link.one, link.other), key=lambda end: columns[end.machine])
        start, stop = columns[left.machine], columns[right.machine]
        self._cable(start, stop, link)
        self._canvas.put(self._row, start + 2, port_label(left, after=True))
        label = port_label(right, after=False)
        self._canvas.put(self._row, stop - 1 - len(label), label)
        for end in (left, right):
            self._used[end.machine].append(self._row)
        self._canvas.put(self._row, stop, "┨")
        self._row += 1

    def _draw_leaf(self, machine: Machine) -> None:
        self._row += 1
        self._put(self._rails.nics, f"{machine.name}  {self._power(machine.name)}".rstrip())
        for group in groups(machine):
            info = [] if self._rails.stacked else group_lines(group, self._width - self._rails.info)
            for index in range(max(len(group.members), len(info))):
                if index < len(group.members):
                    self._draw_member(machine, group, index)
                if index < len(info):
                    self._canvas.put(self._row, self._rails.info, info[index])
                self._row += 1

    def _list_addresses(self) -> None:
        for machine in self._leaves():
            self._row += 1
            self._put(1, machine.name)
            for group in groups(machine):
                for line in named_info(group, self._width - 3):
                    self._put(3, line)

    def _draw_member(self, machine: Machine, group: Group, index: int) -> None:
        rails, name = self._rails, group.members[index]
        link = self._link_of[machine.name, name]
        near = link.end_at(machine.name)
        far = link.far_end(near)
        self._canvas.put(self._row, rails.nics, name)
        self._canvas.put(self._row, rails.info - 2, bracket(group, index))
        start = rails.columns[far.machine]
        self._cable(start, rails.nics - 1, link)
        self._canvas.put(self._row, start + 2, port_label(far, after=True))
        self._used[far.machine].append(self._row)
        if not near.plugged:
            self._canvas.put(self._row, rails.nics - 2, CROSS)

    def _cable(self, start: int, stop: int, link: Link) -> None:
        self._canvas.put(self._row, start + 1, line_of(link) * (stop - start - 1))

    def _draw_rails(self, start: int) -> None:
        """Draw each switch's rail down to its last cable, in front of what crosses it."""
        for switch, used in self._used.items():
            column = self._rails.columns[switch]
            if used:
                self._canvas.put(start - 1, column, "┰")
            for row in range(start, max(used, default=start - 1) + 1):
                joint = "┖" if row == max(used) else "┠"
                taken = self._canvas.get(row, column) == "┨"
                right = "┚" if row == max(used) else "┨"
                mark = (right if taken else joint) if row in used else "┃"
                self._canvas.put(row, column, mark)

    def _legend(self) -> None:
        vlans = self._plan.vlans
        names = max(len(vlan.name) for vlan in vlans)
        subnets = max(len(str(vlan.subnet)) for vlan in vlans)
        lines = [f"{'VLAN':{names + 6}}{'subnet':{subnets}}   MTU"]
        lines += [f"{v.name:{names}}{v.id:5} {v.subnet!s:{subnets}} {v.mtu:5}" for v in vlans]
        column = self._width - max(len(line) for line in lines)
        beside = column - _LEGEND_GAP >= self._canvas.extent(2, 2 + len(lines))
        if not beside:
            self._row += 1
        for offset, line in enumerate(lines):
            if beside:
                self._canvas.put(2 + offset, column, line)
            else:
                self._put(1, line)

    def _key(self) -> None:
        modes = {link.mode for link in self._links}
        shown = [
            ("─┐ active-backup", BondMode.ACTIVE_BACKUP in modes),
            ("═╗ 802.3ad", BondMode.LACP in modes),
            (f"{CROSS} cable pulled", any(link.pulled for link in self._links)),
            ("╌ machine off", any(link.off for link in self._links)),
        ]
        self._row += 1
        self._put(1, "   ".join(words for words, wanted in shown if wanted))

    def _power(self, machine: str) -> str:
        return _POWER.get(power_of(self._state, machine) or "", "")

    def _box(self, left: int, right: int, lines: Sequence[str]) -> None:
        inner = right - left - 1
        self._put(left, f"┌{'─' * inner}┐")
        for line in lines:
            self._put(left, f"│ {line:{inner - 1}}│")
        self._put(left, f"└{'─' * inner}┘")

    def _put(self, column: int, words: str, advance: int = 1) -> None:
        self._canvas.put(self._row, column, words)
        self._row += advance
