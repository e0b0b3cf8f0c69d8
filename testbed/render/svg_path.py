"""Orthogonal ways → SVG path data: parallel stripes with concentric round corners."""

from collections.abc import Sequence
from itertools import pairwise

Point = tuple[float, float]
_RADIUS = 14.0


def number(value: float) -> str:
    """Return a coordinate with at most one decimal, the shortest way."""
    return f"{value:.1f}".removesuffix(".0")


def path(points: Sequence[Point], offset: float = 0.0) -> str:
    """Return path data along the points, `offset` pixels to the left of the way."""
    points = _cleaned(points)
    ways = [_direction(start, stop) for start, stop in pairwise(points)]
    shifted = _shifted(points, ways, offset)
    data = [f"M{number(shifted[0][0])} {number(shifted[0][1])}"]
    for index in range(1, len(points) - 1):
        before, after = ways[index - 1], ways[index]
        legs = (
            _length(points[index - 1], points[index]),
            _length(points[index], points[index + 1]),
        )
        turn = before[0] * after[1] - before[1] * after[0]  # 1 is a right turn: y points down
        radius = max(min(_RADIUS, legs[0] / 2, legs[1] / 2) + turn * offset, 0.0)
        x, y = shifted[index]
        data.append(f"L{number(x - before[0] * radius)} {number(y - before[1] * radius)}")
        if radius:
            end = f"{number(x + after[0] * radius)} {number(y + after[1] * radius)}"
            data.append(f"A{number(radius)} {number(radius)} 0 0 {int(turn > 0)} {end}")
    data.append(f"L{number(shifted[-1][0])} {number(shifted[-1][1])}")
    return "".join(data)


def along(points: Sequence[Point], distance: float) -> Point:
    """Return the point that many pixels down the way."""
    for start, stop in pairwise(points):
        length = _length(start, stop)
        if distance <= length:
            way = _direction(start, stop)
            return start[0] + way[0] * distance, start[1] + way[1] * distance
        distance -= length
    return points[-1]


def _cleaned(points: Sequence[Point]) -> list[Point]:
    """Return the points without pieces of no length."""
    kept = [points[0]]
    for point in points[1:]:
        if _length(kept[-1], point) > 0.01:
            kept.append(point)
    return kept


def _shifted(points: Sequence[Point], ways: Sequence[Point], offset: float) -> list[Point]:
    moved = []
    for index, (x, y) in enumerate(points):
        beside = {ways[max(index - 1, 0)], ways[min(index, len(ways) - 1)]}
        moved.append(
            (x + offset * sum(way[1] for way in beside), y - offset * sum(way[0] for way in beside))
        )
    return moved


def _direction(start: Point, stop: Point) -> Point:
    length = _length(start, stop) or 1.0
    return round((stop[0] - start[0]) / length), round((stop[1] - start[1]) / length)


def _length(start: Point, stop: Point) -> float:
    return abs(stop[0] - start[0]) + abs(stop[1] - start[1])
