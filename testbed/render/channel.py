"""Cables through the space between two rows of machines: which runs at which height."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median_low

_STRAIGHT = 0.5  # ends closer than this, in pixels, need no bend
_SQUEEZE = 6.0  # pixels by which two ports may come closer than they like
_STEPS = tuple(sign * step for step in range(0, 24, 2) for sign in (1, -1))
_CLEAR = 22.0  # pixels between the ends of two horizontal runs in one lane


@dataclass(frozen=True, slots=True)
class Pin:
    """Where a cable enters the channel: its x, and from above or below."""

    x: float
    above: bool


@dataclass(frozen=True, slots=True)
class Net:
    """A cable between two pins of a channel."""

    key: int
    one: Pin
    other: Pin

    @property
    def straight(self) -> bool:
        return self.one.above != self.other.above and abs(self.one.x - self.other.x) < _STRAIGHT

    @property
    def left(self) -> float:
        return min(self.one.x, self.other.x)

    @property
    def right(self) -> float:
        return max(self.one.x, self.other.x)

    def top(self) -> float:
        """The x at which the cable comes in from above, or its left end where it does not."""
        return next((pin.x for pin in (self.one, self.other) if pin.above), self.left)

    def leans_right(self) -> bool:
        bottom = next((pin.x for pin in (self.other, self.one) if not pin.above), self.right)
        return bottom > self.top()


def lanes(nets: Sequence[Net]) -> Mapping[int, int]:
    """Return the lane of each net that bends, counted from the top.

    Cables leaning the same way are ordered so that they do not cross each other; cables whose
    horizontal runs do not meet share a lane; no two ever run over each other.
    """
    placed: dict[int, int] = {}
    runs: list[list[Net]] = []
    waiting = _in_order(net for net in nets if not net.straight)
    while waiting:
        free = (n for n in waiting if not any(_must_be_above(m, n) for m in waiting))
        net = next(free, waiting[0])
        waiting.remove(net)
        lane = next((i for i in range(len(runs)) if _fits(net, runs, i)), len(runs))
        if lane == len(runs):
            runs.append([])
        runs[lane].append(net)
        placed[net.key] = lane
    return placed


def _in_order(nets: Iterable[Net]) -> list[Net]:
    bent = list(nets)
    right = sorted((n for n in bent if n.leans_right()), key=lambda net: (-net.top(), net.key))
    left = sorted((n for n in bent if not n.leans_right()), key=lambda net: (net.top(), net.key))
    return right + left


def _fits(net: Net, runs: Sequence[Sequence[Net]], lane: int) -> bool:
    """Tell whether a net may run in a lane: free there, and below what must be above it."""
    if any(_meet(net, other) for other in runs[lane]):
        return False
    return not any(
        _must_be_above(other, net)
        or (_meet(net, other) and other.leans_right() == net.leans_right())
        for run in runs[lane:]
        for other in run
    )


def _must_be_above(one: Net, other: Net) -> bool:
    """Tell whether one cable comes down at the x where the other goes on down."""
    if one is other:
        return False
    above = [pin.x for pin in (one.one, one.other) if pin.above]
    below = [pin.x for pin in (other.one, other.other) if not pin.above]
    return any(abs(a - b) < _CLEAR for a in above for b in below)


def _meet(one: Net, other: Net) -> bool:
    return one.left < other.right + _CLEAR and other.left < one.right + _CLEAR


def spread(
    targets: Sequence[float], widths: Sequence[float], low: float, high: float
) -> list[float]:
    """Return places near the sorted targets, as many as possible on them, that do not overlap."""
    offsets, edge = [], 0.0
    for width in widths:
        offsets.append(edge + width / 2)
        edge += width
    blocks: list[list[float]] = []
    for target, offset in zip(targets, offsets, strict=True):
        blocks.append([min(max(target - offset, low), high - edge)])
        while len(blocks) > 1 and median_low(blocks[-2]) > median_low(blocks[-1]):
            blocks[-2:] = [blocks[-2] + blocks[-1]]
    starts = [median_low(block) for block in blocks for _ in block]
    return [start + offset for start, offset in zip(starts, offsets, strict=True)]


def apart(
    places: Sequence[float],
    targets: Sequence[float],
    widths: Sequence[float],
    edges: tuple[float, float],
    facing: Sequence[float],
) -> list[float]:
    """Return the places, moved a little where one faces a pin that is not its target.

    A place that cannot move without touching its neighbours stays; `lanes` then keeps its cable
    above the one that goes on down there.
    """
    moved = list(places)
    for index, (target, width) in enumerate(zip(targets, widths, strict=True)):
        others = [x for x in facing if abs(x - target) > _STRAIGHT]
        low, high = edges[0] + width / 2, edges[1] - width / 2
        if index:
            low = moved[index - 1] + (widths[index - 1] + width) / 2 - _SQUEEZE
        if index + 1 < len(moved):
            high = moved[index + 1] - (widths[index + 1] + width) / 2 + _SQUEEZE
        for step in _STEPS:
            x = places[index] + step
            inside = low <= x <= high or not step
            if inside and all(abs(x - other) >= _CLEAR for other in others):
                moved[index] = x
                break
    return moved
