"""Killed at any moment: the journal names all that is broken, and there is a way back."""

from typing import NoReturn

import pytest
from simulation import LAB, SCRIPTS, Killed, Simulation

from testbed.apply import lifecycle, power
from testbed.errors import TestbedError
from testbed.guest import Script
from testbed.lab import attempt
from testbed.lab.attempt import Phase
from testbed.lab.ending import Result
from testbed.lab.finish import finish
from testbed.lab.format import Lab, Locale, Mode
from testbed.lab.perturbing import perturb
from testbed.lab.reset import reset
from testbed.lab.start import start
from testbed.lab.telling import Told, silent
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
        reset(world, found, "healthy", silent)
    elif way == "finish":
        finish(world, lab, found, give_up=True, report=silent)
    else:
        begin(world, lab)
        reset(world, attempt.get(world.folders, "lab"), "healthy", silent)


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
            reset(world, going, to, silent)
            break
        except Killed:
            sim.live()
        over = attempt.get(world.folders, "lab").phase is Phase.ENDED
        assert over or not sim.is_sound(), f"killed at act {act}, it would count as mended"
        reset(world, attempt.get(world.folders, "lab"), to, silent)
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
    told: list[Told] = []
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
        going = attempt.get(world.folders, "lab")
        again = finish(world, lab, going, give_up=False, report=told.append)
        assert (again.result, again.perturbed) == (Result.RESOLVED, ()), f"killed at act {act}"
        assert sim.is_sound()
    assert act > 20  # three disturbances, and the way back
    assert "give back" in {each.step for each in told}


def test_a_reboot_that_is_interrupted_on_its_way_down_ends_with_the_machine_up(
    world: World, sim: Simulation, monkeypatch: pytest.MonkeyPatch
):
    """Ctrl+C while the guest shuts down: switching on what is not off yet would do nothing."""
    lab = Lab.model_validate({**LAB, "perturb": [{"reboot": "node1"}]})
    going = begin(world, lab)
    down = power.shut_down

    def interrupted(*_: object) -> NoReturn:
        monkeypatch.setattr(power, "shut_down", down)
        raise KeyboardInterrupt

    monkeypatch.setattr(power, "shut_down", interrupted)
    sim.host.did.clear()
    with pytest.raises(KeyboardInterrupt):
        perturb(world, going, lab, lab.perturb[0])
    assert ("start", "testbed-lab-node1") in sim.host.did
    assert any("poweroff" in text for text in sim.doors.guests["node1"].heard)
    assert attempt.get(world.folders, "lab").disturbed == ()


def test_without_the_healthy_checkpoint_a_disturbance_is_undone_before_the_faults(
    world: World, lab: Lab, sim: Simulation
):
    going = begin(world, lab)
    away = ({"do": "SetPower", "machine": "node1", "on": True},)
    going = attempt.change(world.folders, "lab", going, disturbed=away)
    power.power_off(world.host, world.observe(), world.machine("node1"))
    for machine in world.plan.machines:
        sim.host.delete_snapshot(machine.domain, "network")
    reset(world, going, "healthy", silent)
    assert sim.is_sound()


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
    reset(world, attempt.get(world.folders, "lab"), "broken", silent)
    assert attempt.get(world.folders, "lab").disturbed == ()
