"""The journal: a fault or a disturbance is written down before it is made, with what undoes it.

Whoever is killed in between leaves a journal that names more faults than there are, never fewer.
"""

from collections.abc import Mapping
from dataclasses import replace

from testbed.lab import acting, attempt, timeline
from testbed.lab.attempt import Attempt, Injected
from testbed.lab.faults import actions, steps
from testbed.lab.format import Fault
from testbed.lab.world import World


def inject(world: World, going: Attempt, fault: Fault, scripts: Mapping[str, str]) -> Attempt:
    """Make a fault and return once it is there."""
    made = steps(fault, world.plan, scripts)
    heal = tuple(actions.written(made.heal))
    going = replace(going, journal=(*going.journal, Injected(fault.id, heal)))
    attempt.save(world.folders, world.name, going)
    acting.perform(world, made.inject)
    acting.wait_until_manifested(world, fault.id, made.manifested)
    timeline.record(world.folders, world.name, "fault.injected", at=world.now(), fault=fault.id)
    return going


def give_back(world: World, going: Attempt) -> tuple[str, ...]:
    """Give back what a disturbance took away, if one did; return what did not come back."""
    if not going.disturbed:
        return ()
    troubles = acting.perform_all(world, actions.read(going.disturbed))
    attempt.change(world.folders, world.name, going, disturbed=())
    return troubles


def heal(world: World, going: Attempt) -> tuple[Attempt, tuple[str, ...]]:
    """Undo a disturbance, then all faults, the last one first; return what could not be done.

    A fault leaves the journal once all of it was undone.
    """
    troubles = list(give_back(world, going))
    for injected in reversed(going.journal):
        told = acting.perform_all(world, actions.read(injected.heal))
        troubles += told
        if not told:
            left = tuple(each for each in going.journal if each != injected)
            going = attempt.change(world.folders, world.name, going, journal=left)
    return going, tuple(troubles)
