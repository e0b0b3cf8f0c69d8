"""Going back: to the checkpoint of a sound testbed, or to the moment the learner took over."""

from testbed import checkpoint
from testbed.apply import lifecycle
from testbed.apply.stages import Level, highest
from testbed.errors import LabError, TestbedError
from testbed.lab import journal
from testbed.lab.attempt import Attempt
from testbed.lab.format import Lab
from testbed.lab.lint.folder import planned
from testbed.lab.world import World
from testbed.plan.models import Plan


def checkpoints(world: World) -> set[str]:
    """Return the names of the testbed's checkpoints."""
    return {each.name for each in checkpoint.list_checkpoints(world.host, world.plan)}


def healthy_checkpoint(world: World, lab: Lab) -> str:
    """Return the checkpoint of the highest stage; raises `LabError` where the lab needs more."""
    _must_be_of(world, lab)
    found = highest(checkpoints(world), Level.STORAGE)
    if found is None or not found.covers(Level(lab.stage)):
        raise LabError(
            f"testbed '{world.name}' is not far enough for lab '{lab.id}'",
            why=f"it has no checkpoint '{lab.stage}'",
            next_step=f"run: testbed up {lab.topology} --name {world.name} --to {lab.stage}",
        )
    return found.value


def _must_be_of(world: World, lab: Lab) -> None:
    own = world.plan.topology_name
    if own != lab.topology:
        raise LabError(
            f"lab '{lab.id}' is played on topology '{lab.topology}'",
            why=f"testbed '{world.name}' was made from '{own}'",
            next_step=f"run: testbed up {lab.topology}",
        )
    there = _parts(world.plan)
    if lacking := [each for each in _parts(planned(lab.topology)) if each not in there]:
        raise LabError(
            f"lab '{lab.id}' is played on the topology '{lab.topology}' that is shipped",
            why=f"testbed '{world.name}' was made from another one: it lacks {lacking[0]}",
            next_step=f"raise it, too: testbed up {lab.topology} --name {lab.topology}-labs",
        )


def _parts(plan: Plan | None) -> tuple[str, ...]:
    """Return what a lab may name: machines, and the ends of cables."""
    if plan is None:
        return ()
    ends = (end for cable in plan.cables for end in (cable.one, cable.other))
    return (*(machine.name for machine in plan.machines), *ends)


def restore_healthy(world: World, name: str) -> None:
    """Put all machines back to a sound checkpoint and return once the steady state holds."""
    world.close_doors()
    lifecycle.restore(world.host, world.folders, world.observe(), name)
    world.close_doors()


def restore_broken(world: World, going: Attempt) -> None:
    """Put all machines back to where the learner took over; nothing is waited for."""
    world.close_doors()
    lifecycle.revert(world.host, world.folders, world.observe(), going.broken)
    world.close_doors()


def make_healthy(world: World, going: Attempt) -> Attempt:
    """Undo everything: by the checkpoint, or by healing each fault where that is gone.

    Raises `LabError` where neither works.
    """
    if going.healthy in checkpoints(world):
        restore_healthy(world, going.healthy)
        return going
    healed, troubles = journal.heal(world, going)
    if troubles:
        raise LabError(
            f"not all faults of lab '{going.lab}' could be undone",
            why=f"checkpoint '{going.healthy}' is gone, and: {'; '.join(troubles)}",
            next_step=_anew(world),
        )
    try:
        lifecycle.settle(world.folders, world.observe())
    except TestbedError as error:
        raise LabError(
            f"all faults of lab '{going.lab}' were undone, and testbed '{world.name}' is not sound",
            why=f"checkpoint '{going.healthy}' is gone, and {error.in_one_line}",
            next_step=_anew(world),
        ) from error
    return healed


def _anew(world: World) -> str:
    """Return what makes the testbed anew; `down` alone keeps or refuses what has checkpoints."""
    return (
        f"run: testbed down --forget --name {world.name}, "
        f"then: testbed up {world.plan.topology_name} --name {world.name}"
    )
