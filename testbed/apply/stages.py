"""The stages of `up`: each ends in a steady state, the last one also in a checkpoint."""

from collections.abc import Collection
from enum import StrEnum

from testbed.errors import StateError
from testbed.plan.models import Plan
from testbed.topology.models import CloudProvider


class Level(StrEnum):
    """How far a testbed is raised, from low to high; also the names of the checkpoints."""

    NETWORK = "network"
    STORAGE = "storage"
    CLOUD = "cloud"

    def covers(self, other: "Level") -> bool:
        """Return whether what is raised to this level has all that another one asks for."""
        order = tuple(Level)
        return order.index(self) >= order.index(other)


def must_be_no_stage(checkpoint: str) -> None:
    """Raise `StateError` where a checkpoint has the name of a stage's: those say what is proven."""
    if checkpoint in set(Level):
        raise StateError(
            f"checkpoint '{checkpoint}' was not taken",
            why="that is the name of a stage's, which `testbed up` takes once it has proven it",
            next_step="choose another, for example: testbed checkpoint save healthy",
        )


def levels(plan: Plan) -> tuple[Level, ...]:
    """Return the levels a testbed has; kolla-ansible's cloud is raised by whoever runs it."""
    found = [Level.NETWORK]
    if plan.storage is not None:
        found.append(Level.STORAGE)
    if plan.cloud is not None and plan.cloud.provider is CloudProvider.PACKAGES:
        found.append(Level.CLOUD)
    return tuple(found)


def _missing(plan: Plan, wanted: Level) -> str:
    if wanted is Level.CLOUD and plan.cloud is not None:
        return (
            "its OpenStack is kolla-ansible's, which testbed writes the files for and does not run"
        )
    return f"its topology has no '{wanted}' section"


def highest(levels: Collection[str], goal: Level) -> Level | None:
    """Return the highest of some levels that is not above the goal, or None where all are."""
    below = (each for each in reversed(Level) if goal.covers(each))
    return next((each for each in below if each in levels), None)


def nearest(levels: Collection[str], goal: Level) -> Level:
    """Return the highest of some levels that is not above the goal, else the lowest above it.

    One of them there must be.
    """
    return highest(levels, goal) or next(each for each in Level if each in levels)


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
            why=f"{_missing(plan, wanted)}; it can be raised to: {', '.join(has)}",
            next_step=f"run the same command with --to {has[-1]}, "
            "or add the section to the topology",
        )
    return wanted
