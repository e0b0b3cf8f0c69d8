"""Perturbations: something goes and comes back, and a lasting repair does not mind."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from testbed.apply import cables, lifecycle, logs
from testbed.errors import TestbedError
from testbed.lab import acting, timeline
from testbed.lab.drivers import settled_all
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


def perturb(world: World, lab: Lab, perturbation: Perturbation) -> Failing:
    """Disturb, look, and put it back; return what did not hold meanwhile.

    A machine that does not come back is something that did not hold, too; all logs are collected.
    """
    name = name_of(perturbation)
    timeline.record(world.folders, world.name, "perturbation", at=world.now(), what=name)
    try:
        with _gone(world, perturbation):
            seen = settled_all(lab.probes, perturbation.during, world.of(lab.sentinels))
    except TestbedError as failure:
        told = (
            failure.what,
            failure.why,
            f"logs: {logs.collect(world.host, world.folders, world.plan)}",
        )
        detail = ": ".join(each for each in told if each)
        return ((name, error("check.perturbation.broke", what=name, detail=detail)),)
    return tuple((each, found) for each, found in seen.items() if not found.holds)


@contextmanager
def _gone(world: World, perturbation: Perturbation) -> Iterator[None]:
    """Take it away for the block, and give it back whatever happens in the block."""
    back = _take(world, perturbation)
    try:
        yield
    finally:
        back()


def _take(world: World, perturbation: Perturbation) -> Callable[[], None]:
    """Take something away; return what gives it back."""
    if perturbation.cable is not None:
        end = perturbation.cable
        cables.pull(world.host, world.plan, end)
        return lambda: cables.plug(world.host, world.plan, end)
    machine = perturbation.reboot or perturbation.power or ""
    if perturbation.reboot is not None:
        world.guest(machine).close()
        lifecycle.shut_down(world.host, world.folders, world.observe(), world.machine(machine))
    else:
        acting.set_power(world, machine, on=False)
    return lambda: acting.set_power(world, machine, on=True)
