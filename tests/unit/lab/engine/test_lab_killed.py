"""Killed at any moment: the journal names all that is broken, and there is a way back."""

from typing import NoReturn

import pytest
from simulation import LAB, SCRIPTS, Killed, Simulation

from testbed.apply import lifecycle
from testbed.errors import TestbedError
from testbed.guest import Script
from testbed.lab import attempt
from testbed.lab.attempt import Phase
from testbed.lab.finish import Result, finish
from testbed.lab.format import Lab, Locale, Mode
from testbed.lab.reset import reset
from testbed.lab.start import start
from testbed.lab.telling import silent
from testbed.lab.world import World


def begin(world: World, lab: Lab):
    return start(world, lab, mode=Mode.SOLO, locale=Locale.KO, report=silent)


def killed_start(world: World, lab: Lab, sim: Simulation, act: int) -> bool:
    """Kill a start at an act; return whether it was killed before it was over."""
    sim.die_at(act)
    try:
        begin(world, lab)
    except Killed:
        return True
    finally:
        sim.live()
    return False


def names_what_is_broken(world: World, sim: Simulation) -> bool:
    found = attempt.find(world.folders, "lab")
    journal = {each.fault for each in found.journal} if found else set()
    inside = sim.inside("node1")
    broken = set() if inside.active and inside.enabled else {"stopped"}
    links = [m.links for m in sim.host.machines.values()]
    broken |= set() if all(all(own.values()) for own in links) else {"pulled"}
    return broken <= journal


def way_out(world: World, lab: Lab, sim: Simulation, way: str) -> None:
    found = attempt.find(world.folders, "lab")
    if found is None:
        lifecycle.restore(world.host, world.folders, world.observe(), "network")
    elif way == "reset":
        reset(world, lab, found, "healthy", silent)
    elif way == "finish":
        finish(world, lab, found, give_up=True, report=silent)
    else:
        begin(world, lab)
        reset(world, lab, attempt.get(world.folders, "lab"), "healthy", silent)


@pytest.mark.parametrize("way", ["reset", "finish", "start"])
def test_wherever_a_start_is_killed_the_testbed_can_be_made_sound(
    world: World, lab: Lab, sim: Simulation, way: str
):
    act = 0
    while True:
        act += 1
        if not killed_start(world, lab, sim, act):
            break
        assert names_what_is_broken(world, sim), f"killed at act {act}"
        found = attempt.find(world.folders, "lab")
        assert found is None or found.phase is Phase.STARTING
        way_out(world, lab, sim, way)
        assert sim.is_sound(), f"killed at act {act}"
        assert attempt.find(world.folders, "lab") is None
    assert act > 30  # every machine was looked at, broken and kept


@pytest.mark.parametrize("to", ["broken", "healthy"])
def test_a_reset_that_is_killed_can_be_done_again(world: World, lab: Lab, sim: Simulation, to: str):
    act = 0
    while True:
        if attempt.find(world.folders, "lab") is None:
            begin(world, lab)
        act += 1
        going = attempt.get(world.folders, "lab")
        sim.die_at(act)
        try:
            reset(world, lab, going, to, silent)
            break
        except Killed:
            sim.live()
        reset(world, lab, attempt.get(world.folders, "lab"), to, silent)
    assert sim.is_sound() == (to == "healthy")


def test_a_finish_that_is_killed_while_it_puts_back_counts_once(
    world: World, lab: Lab, sim: Simulation
):
    from testbed.lab import progress

    act = times = 0
    while True:
        act += 1
        if attempt.find(world.folders, "lab") is None:
            begin(world, lab)
        sim.die_at(act)
        times += 1
        try:
            finish(world, lab, attempt.get(world.folders, "lab"), give_up=True, report=silent)
            break
        except (Killed, TestbedError):
            sim.live()
        finish(world, lab, attempt.get(world.folders, "lab"), give_up=True, report=silent)
        assert sim.is_sound()
        assert progress.of(world.folders)["quiet-node"].attempts == times


def test_a_finish_that_is_killed_before_it_says_so_is_not_lost_and_counts_once(
    world: World, lab: Lab, monkeypatch: pytest.MonkeyPatch
):
    from testbed.lab import progress

    begin(world, lab)

    def killed(*_: object, **__: object) -> NoReturn:
        raise Killed

    for _ in range(2):
        with monkeypatch.context() as patch, pytest.raises(Killed):
            patch.setattr(attempt, "change", killed)
            finish(world, lab, attempt.get(world.folders, "lab"), give_up=True, report=silent)
        assert progress.of(world.folders)["quiet-node"].attempts == 1
    finish(world, lab, attempt.get(world.folders, "lab"), give_up=True, report=silent)
    assert progress.of(world.folders)["quiet-node"].attempts == 1


def test_a_finish_that_is_killed_while_something_is_disturbed_can_be_done_again(
    world: World, sim: Simulation
):
    disturbed = [{"reboot": "node1"}, {"cable": "node3:eno1"}, {"power": "node2"}]
    lab = Lab.model_validate({**LAB, "perturb": disturbed})
    act = 0
    while True:
        act += 1
        begin(world, lab)
        sim.doors.guests["node1"].run(Script(SCRIPTS["solutions/01-enable.sh"]))
        sim.die_at(act)
        try:
            finish(world, lab, attempt.get(world.folders, "lab"), give_up=False, report=silent)
            break
        except Killed:
            sim.live()
        again = finish(world, lab, attempt.get(world.folders, "lab"), give_up=False, report=silent)
        assert (again.result, again.perturbed) == (Result.RESOLVED, ()), f"killed at act {act}"
        assert sim.is_sound()
    assert act > 20  # three disturbances, and the way back


def test_what_a_killed_disturbance_took_away_is_forgotten_where_all_is_put_back(
    world: World, lab: Lab, sim: Simulation
):
    """Else a later finish would plug in a cable that the lab itself has pulled."""
    going = begin(world, lab)
    attempt.change(
        world.folders,
        "lab",
        going,
        disturbed=({"do": "SetCable", "end": "node2:eno1", "up": True},),
    )
    reset(world, lab, attempt.get(world.folders, "lab"), "broken", silent)
    assert attempt.get(world.folders, "lab").disturbed == ()
