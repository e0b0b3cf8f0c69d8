"""Where everything stands in the SVG: boxes in rows, ports on their edges, cables between.

Routers on top, switches below them, every other machine in a third row.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from testbed.plan.models import Machine, Plan
from testbed.render.channel import Net, Pin, apart, lanes, spread
from testbed.render.svg_path import Point
from testbed.render.svg_sizes import (
    CARD_GAP,
    LEAST_WIDTH,
    MARGIN,
    PLAIN_ROOM,
    SLEEVE_ROOM,
    SWITCH_HEIGHT,
    Box,
    card_height,
    card_width,
    cards_width,
    columns,
    pin_pitch,
    ribbon_width,
    slot,
    switch_need,
    words_width,
)
from testbed.render.wiring import End, Link
from testbed.topology.models import Role


@dataclass(frozen=True, slots=True)
class Route:
    """A cable's way, from its first end to the other, in straight pieces."""

    link: Link
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """The finished arrangement."""

    width: float
    height: float
    boxes: tuple[Box, ...]
    ports: dict[tuple[str, str], Point]
    routes: tuple[Route, ...]

    def at(self, end: End) -> Point:
        return self.ports[end.machine, end.nic]


def arrange(plan: Plan, links: Sequence[Link]) -> Layout:
    """Return the place of every machine, port and cable of a plan."""
    return _Arrangement(plan, links).layout()


class _Arrangement:
    def __init__(self, plan: Plan, links: Sequence[Link]) -> None:
        self._links = links
        by_role = {role: [m for m in plan.machines if m.role is role] for role in Role}
        self._routers = by_role[Role.ROUTER]
        self._switches = by_role[Role.SWITCH]
        self._leaves = by_role[Role.NODE] + by_role[Role.TENANT] + by_role[Role.WATCH]
        self._role = {m.name: m.role for m in plan.machines}
        self._order = {m.name: index for index, m in enumerate(self._switches)}
        self._x: dict[tuple[str, str], float] = {}
        self._room = SLEEVE_ROOM if any(m.bonds for m in plan.machines) else PLAIN_ROOM

    def layout(self) -> Layout:
        width = self._row_width()
        routers = self._cards(self._routers, width)
        leaves = self._cards(self._leaves, width)
        spans = self._switch_spans(width)
        self._place_switch_pins(spans)
        router_top = MARGIN + 58
        router_height = max((card_height(m) for m in self._routers), default=0.0)
        upper_top = router_top + max(router_height, 150.0)
        upper = self._channel(upper=True)
        switch_top = upper_top + upper.height
        lower_top = switch_top + (SWITCH_HEIGHT if self._switches else 0)
        lower = self._channel(upper=False)
        leaf_top = lower_top + lower.height
        leaf_height = max((card_height(m) for m in self._leaves), default=0.0)
        boxes = [
            *(Box(m, x, upper_top - router_height, w, router_height) for m, x, w in routers),
            *(Box(m, x, switch_top, w, SWITCH_HEIGHT) for m, x, w in spans),
            *(Box(m, x, leaf_top, w, leaf_height) for m, x, w in leaves),
        ]
        ports = self._ports(boxes)
        channels = ((upper, upper_top), (lower, lower_top))
        routes = tuple(
            Route(link, self._way(key, link, ports, channels))
            for key, link in enumerate(self._links)
        )
        full = round(width) + 2 * MARGIN
        return Layout(full, leaf_top + leaf_height + MARGIN, tuple(boxes), ports, routes)

    # ---- rows

    def _row_width(self) -> float:
        needs = [switch_need(machine) for machine in self._switches]
        switches = sum(needs) + sum(self._isl_gaps())
        return max(LEAST_WIDTH, cards_width(self._leaves), cards_width(self._routers), switches)

    def _cards(self, row: Sequence[Machine], width: float) -> list[tuple[Machine, float, float]]:
        """Place a row of cards in the middle, and their pins along their columns."""
        spare = width - cards_width(row)
        gap = CARD_GAP + (min(spare / len(row), 120.0) if len(row) > 1 else 0)
        total = cards_width(row) + (gap - CARD_GAP) * (len(row) - 1)
        x = round(MARGIN + (width - total) / 2)
        placed: list[tuple[Machine, float, float]] = []
        for machine in row:
            box = Box(machine, x, 0, card_width(machine), 0)
            for group, left, column in columns(box):
                pitch = pin_pitch(machine, group)
                start = left + (column - pitch * (len(group.members) - 1)) / 2
                for index, nic in enumerate(group.members):
                    self._x[machine.name, nic] = round(start + pitch * index)
            placed.append((machine, x, box.width))
            x += round(box.width + gap)
        return placed

    def _isl_gaps(self) -> list[float]:
        """Return the space between neighbouring switches: room for the names of their ports."""
        gaps = []
        for left, right in pairwise(self._switches):
            names = [
                words_width(link.one.nic + link.other.nic, 11)
                for link in self._links
                if {link.one.machine, link.other.machine} == {left.name, right.name}
            ]
            gaps.append(max([80.0, *(name + 56 for name in names)]))
        return gaps

    def _switch_spans(self, width: float) -> list[tuple[Machine, float, float]]:
        needs, gaps = [switch_need(machine) for machine in self._switches], self._isl_gaps()
        grow = (width - sum(gaps)) / sum(needs) if needs else 1.0
        spans: list[tuple[Machine, float, float]] = []
        x = MARGIN
        for machine, need, gap in zip(self._switches, needs, [*gaps, 0.0], strict=False):
            span = round(need * grow)
            spans.append((machine, x, span))
            x += span + round(gap)
        return spans

    # ---- pins

    def _place_switch_pins(self, spans: Sequence[tuple[Machine, float, float]]) -> None:
        for machine, x, width in spans:
            above: list[tuple[float, str]] = []
            below: list[tuple[float, str]] = []
            for nic in machine.nics:
                peer, peer_nic = nic.peer.split(":", 1)
                if self._role[peer] is Role.SWITCH:
                    distant = abs(self._order[peer] - self._order[machine.name]) != 1
                    target = MARGIN if self._order[peer] < self._order[machine.name] else 1e6
                    above += [(target, nic.name)] * distant
                else:
                    side = above if self._role[peer] is Role.ROUTER else below
                    side.append((self._x[peer, peer_nic], nic.name))
            for side, facing in ((above, self._routers), (below, self._leaves)):
                pins = [self._x[m.name, nic.name] for m in facing for nic in m.nics]
                self._spread(machine.name, sorted(side), (x + 6, x + width - 6), pins)

    def _spread(
        self,
        machine: str,
        wanted: Sequence[tuple[float, str]],
        edges: tuple[float, float],
        facing: Sequence[float],
    ) -> None:
        """Place a switch's pins near where their cables go."""
        widths = [slot(nic) for _, nic in wanted]
        targets = [target for target, _ in wanted]
        places = apart(spread(targets, widths, *edges), targets, widths, edges, facing)
        for (_, nic), x in zip(wanted, places, strict=True):
            self._x[machine, nic] = round(x)

    def _ports(self, boxes: Iterable[Box]) -> dict[tuple[str, str], Point]:
        ports: dict[tuple[str, str], Point] = {}
        for box in boxes:
            stacked = {"left": 0, "right": 0}
            for nic in box.machine.nics:
                peer = nic.peer.split(":", 1)[0]
                role, far = box.machine.role, self._role[peer]
                x = self._x.get((box.machine.name, nic.name))
                if x is None:
                    before = self._order[peer] < self._order[box.machine.name]
                    edge, name = (box.x, "left") if before else (box.right, "right")
                    ports[box.machine.name, nic.name] = (edge, box.y + 48 + 26 * stacked[name])
                    stacked[name] += 1
                    continue
                upper_edge = (
                    far in (Role.ROUTER, Role.SWITCH)
                    if role is Role.SWITCH
                    else (role is not Role.ROUTER)
                )
                ports[box.machine.name, nic.name] = (x, box.y if upper_edge else box.bottom)
        return ports

    # ---- cables

    def _channel(self, *, upper: bool) -> "_Channel":
        nets = []
        for key, link in enumerate(self._links):
            pins = self._pins(key, link, upper)
            if pins:
                nets.append(Net(key, pins[0], pins[1]))
        pitch = max([14.0, *(ribbon_width(link) + 9 for link in self._links)])
        return _Channel(lanes(nets), pitch, self._room)

    def _pins(self, key: int, link: Link, upper: bool) -> list[Pin]:
        """Return a cable's pins in the upper or lower channel; two, or it does not run there."""
        if self._beside(link):
            return []
        pins = []
        for end in (link.one, link.other):
            role, x = self._role[end.machine], self._x[end.machine, end.nic]
            far = self._role[link.far_end(end).machine]
            if role is Role.SWITCH:
                if upper == (far in (Role.ROUTER, Role.SWITCH)):
                    pins.append(Pin(x, above=not upper))
            elif upper == (role is Role.ROUTER):
                pins.append(Pin(x, above=upper))
        return pins

    def _beside(self, link: Link) -> bool:
        """Tell whether a cable joins two neighbouring switches."""
        places = [self._order.get(end.machine) for end in (link.one, link.other)]
        return None not in places and abs((places[0] or 0) - (places[1] or 0)) == 1

    def _way(
        self,
        key: int,
        link: Link,
        ports: dict[tuple[str, str], Point],
        channels: Sequence[tuple["_Channel", float]],
    ) -> tuple[Point, ...]:
        start, stop = (ports[end.machine, end.nic] for end in (link.one, link.other))
        if self._beside(link):
            return _sideways(start, stop)
        turns = [top + channel.height_of(key) for channel, top in channels if key in channel.lane]
        if not turns:
            return start, stop
        return start, (start[0], turns[0]), (stop[0], turns[0]), stop


@dataclass(frozen=True, slots=True)
class _Channel:
    """The lanes between two rows."""

    lane: Mapping[int, int]
    pitch: float
    room: float  # above the first lane, and below the last

    @property
    def height(self) -> float:
        count = max(self.lane.values(), default=-1) + 1
        return 2 * self.room + max(count * self.pitch, 12.0)

    def height_of(self, key: int) -> float:
        return self.room + (self.lane[key] + 0.5) * self.pitch


def _sideways(start: Point, stop: Point) -> tuple[Point, ...]:
    if abs(start[1] - stop[1]) < 1:
        return start, stop
    middle = (start[0] + stop[0]) / 2
    return start, (middle, start[1]), (middle, stop[1]), stop
