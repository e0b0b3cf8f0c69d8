"""Machines and what runs in them: power, services, commands, the testbed's steady state."""

from itertools import chain

from testbed.errors import GuestError
from testbed.guest import Command, Script, clock_offset
from testbed.lab.format.probes import Running, Service, Shown, Steady
from testbed.lab.observation import Heard, Observation, judged
from testbed.lab.probes.hearing import deaf, hear_all
from testbed.lab.world import World
from testbed.probe import steady, sweep
from testbed.probe.verdict import Verdict, failing
from testbed.together import side_by_side

_MOST = 5  # of what is wrong is told


def hear_service(probe: Service, world: World) -> Heard:
    look = Command(("systemctl", "is-active", probe.unit))
    return hear_all(world, probe.on, lambda _: look, probe.timeout)


def read_service(probe: Service, heard: Heard) -> Observation:
    if unheard := deaf(heard):
        return unheard
    wrong = [f"{m}: {told['out'].strip()}" for m, told in heard.items() if told["status"] != 0]
    values = {"unit": probe.unit, "machines": ", ".join(heard), "detail": ", ".join(wrong)}
    return judged(not wrong, "probe.service.pass", "probe.service.fail", **values)


def hear_shown(probe: Shown, world: World) -> Heard:
    return hear_all(world, probe.on, lambda _: Script(probe.run, sudo=True), probe.timeout)


def read_shown(_: Shown, heard: Heard) -> Observation:
    if unheard := deaf(heard):
        return unheard
    wrong = [f"{m}: {told['last']}" for m, told in heard.items() if told["status"] != 0]
    values = {"machines": ", ".join(heard), "detail": "; ".join(wrong)}
    return judged(not wrong, "probe.command.pass", "probe.command.fail", **values)


def hear_running(probe: Running, world: World) -> Heard:
    states = world.states()
    return {machine: states.get(machine, "gone") for machine in probe.machines}


def read_running(_: Running, heard: Heard) -> Observation:
    wrong = [f"{machine}: {state}" for machine, state in heard.items() if state != "running"]
    values = {"machines": ", ".join(heard), "detail": ", ".join(wrong)}
    return judged(not wrong, "probe.running.pass", "probe.running.fail", **values)


def hear_steady(probe: Steady, world: World) -> Heard:
    names = probe.machines or tuple(machine.name for machine in world.plan.machines)
    looks = side_by_side(names, lambda name: _look(world, name, probe.timeout))
    clocks = {
        name: clock for name, (_, clock) in zip(names, looks, strict=True) if clock is not None
    }
    told = steady.clock_verdicts(world.plan, clocks)
    seen = (*chain.from_iterable(verdicts for verdicts, _ in looks), *told)
    return {"machines": len(names), "wrong": [str(verdict) for verdict in failing(seen)]}


def _look(world: World, name: str, timeout: float) -> tuple[tuple[Verdict, ...], float | None]:
    """Return what holds on one machine and what does not, and its clock where it was read."""
    guest, machine = world.guest(name), world.machine(name)
    try:
        with world.looks:
            seen = sweep.look(guest, world.plan, machine, timeout=timeout)
            clock = clock_offset(guest)
    except GuestError as failure:
        return (Verdict("reachable", name, False, failure.why or failure.what),), None
    return tuple(steady.verdicts(world.plan, machine, seen)), clock


def read_steady(_: Steady, heard: Heard) -> Observation:
    wrong = heard["wrong"]
    values = {"count": heard["machines"], "detail": "; ".join(wrong[:_MOST])}
    return judged(not wrong, "probe.steady.pass", "probe.steady.fail", **values)
