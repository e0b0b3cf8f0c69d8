"""Moves, as a learner would make them."""

from collections.abc import Mapping, Sequence

from testbed.apply import cables
from testbed.errors import LabError
from testbed.guest import ConnectionLost, Script, must
from testbed.lab import acting
from testbed.lab.format import Move
from testbed.lab.world import World


def play(world: World, moves: Sequence[Move], scripts: Mapping[str, str]) -> None:
    """Make the moves in order; raises a `TestbedError` at the first that fails."""
    for move in moves:
        _make(world, move, scripts)


def _make(world: World, move: Move, scripts: Mapping[str, str]) -> None:
    if move.run is not None:
        text = script_text(scripts, move.run)
        for machine in move.on or ():
            _run(world, machine, text, move.timeout)
    elif move.restart is not None:
        acting.restart(world, move.restart)
    elif move.power_on is not None:
        acting.set_power(world, move.power_on, on=True)
    elif move.power_off is not None:
        acting.set_power(world, move.power_off, on=False)
    elif move.plug is not None:
        cables.plug(world.host, world.plan, move.plug, world.observe().machines)
    elif move.pull is not None:
        cables.pull(world.host, world.plan, move.pull)


def _run(world: World, machine: str, text: str, timeout: float) -> None:
    """Run a script as root, as `sh -eu` does; one whose connection broke is not run again."""
    try:
        must(world.guest(machine), Script(text, sudo=True), timeout=timeout)
    except ConnectionLost as error:
        raise LabError(
            f"{machine}: the script lost its connection",
            why=error.why,
            next_step="a machine is restarted by a move, not by a script",
        ) from error


def script_text(scripts: Mapping[str, str], name: str) -> str:
    """Return a script of the lab's folder; raises `LabError` where there is none."""
    if name not in scripts:
        raise LabError(f"the lab's folder has no '{name}'", next_step="run: testbed lab lint")
    return scripts[name]
