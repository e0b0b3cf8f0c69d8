"""Perturbations: something goes and comes back, and a lasting repair does not mind."""

from testbed.apply import cables, logs, power
from testbed.errors import TestbedError
from testbed.lab import acting, attempt, journal, timeline
from testbed.lab.attempt import Attempt
from testbed.lab.drivers import Observations, settled_all
from testbed.lab.faults import Action, RestartMachine, SetCable, SetPower, actions
from testbed.lab.format import Lab, Perturbation
from testbed.lab.observation import Observation, error
from testbed.lab.world import World

Failing = tuple[tuple[str, Observation], ...]  # what did not hold, by probe


def name_of(perturbation: Perturbation) -> str:
    """Return what is disturbed, in two words that are the same in every language."""
    if perturbation.cable is not None:
        return f"cable {perturbation.cable}"
    if perturbation.reboot is not None:
        return f"reboot {perturbation.reboot}"
    return f"power {perturbation.power}"


def perturb(world: World, going: Attempt, lab: Lab, perturbation: Perturbation) -> Failing:
    """Disturb, look, and put it back; return what did not hold meanwhile.

    How it is put back is written down first, for whoever goes on after a kill. A machine that
    does not come back is something that did not hold, too; all logs are collected.
    """
    name = name_of(perturbation)
    timeline.record(world.folders, world.name, "perturbation", at=world.now(), what=name)
    back = tuple(actions.written([_back(perturbation)]))
    going = attempt.change(world.folders, world.name, going, disturbed=back)
    seen: Observations = {}
    troubles: tuple[str, ...] = ()
    try:
        _take(world, perturbation)
        seen = settled_all(lab.probes, perturbation.during, world.of(lab.sentinels))
    except TestbedError as failure:
        troubles = (failure.in_one_line,)
    finally:
        left = journal.give_back(world, going)
    if troubles or left:
        kept = f"logs: {logs.collect(world.host, world.folders, world.plan)}"
        detail = ": ".join((*troubles, *left, kept))
        return ((name, error("check.perturbation.broke", what=name, detail=detail)),)
    return tuple((each, found) for each, found in seen.items() if not found.holds)


def _take(world: World, perturbation: Perturbation) -> None:
    if perturbation.cable is not None:
        cables.pull(world.host, world.plan, perturbation.cable)
    elif perturbation.reboot is not None:
        machine = perturbation.reboot
        world.guest(machine).close()
        power.shut_down(world.host, world.folders, world.observe(), world.machine(machine))
    else:
        acting.set_power(world, perturbation.power or "", on=False)


def _back(perturbation: Perturbation) -> Action:
    """Return what gives it back; one that is interrupted may still be on its way down."""
    if perturbation.cable is not None:
        return SetCable(perturbation.cable, up=True)
    if perturbation.reboot is not None:
        return RestartMachine(perturbation.reboot)
    return SetPower(perturbation.power or "", on=True)
