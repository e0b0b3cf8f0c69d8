"""The stages of `up`: each ends in a steady state, the last one also in a checkpoint."""

from collections.abc import Collection
from enum import StrEnum

from testbed.errors import StateError
from testbed.plan.models import Plan


class Level(StrEnum):
    """How far a testbed is raised, from low to high; also the names of the checkpoints."""

    NETWORK = "network"
    STORAGE = "storage"


def levels(plan: Plan) -> tuple[Level, ...]:
    """Return the levels a testbed has."""
    return (Level.NETWORK,) if plan.storage is None else (Level.NETWORK, Level.STORAGE)


def highest(levels: Collection[str], goal: Level) -> Level | None:
    """Return the highest of some levels that is not above the goal, or None where all are."""
    order = tuple(Level)
    below = order[: order.index(goal) + 1]
    return next((each for each in reversed(below) if each in levels), None)


def level(plan: Plan, wanted: Level | None) -> Level:
    """Return the level to raise a testbed to: the wanted one, or its last.

    Raises `StateError` where the topology has no such level.
    """
    has = levels(plan)
    if wanted is None:
        return has[-1]
    if wanted not in has:
        raise StateError(
            f"testbed '{plan.name}' cannot be raised to '{wanted}'",
            why=f"its topology has no '{wanted}' section; it can be raised to: {', '.join(has)}",
            next_step=f"run: testbed up --to {has[-1]}, or add the section to the topology",
        )
    return wanted
