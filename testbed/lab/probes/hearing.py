"""Asking machines, and what they told as plain values that can be written down."""

from collections.abc import Callable, Iterable
from typing import Any

from testbed.errors import GuestError
from testbed.guest import Command, CommandTimeout, Script
from testbed.lab.observation import LATE, Heard, Observation, error, failed
from testbed.lab.world import World
from testbed.together import side_by_side

_MOST = 4000  # characters of one output that are kept


def hear(world: World, machine: str, command: Command | Script, timeout: float) -> dict[str, Any]:
    """Return what a machine told: status and output, or why there is none."""
    try:
        with world.looks:
            result = world.guest(machine).run(command, timeout=timeout)
    except CommandTimeout:
        return {"late": timeout}
    except GuestError as failure:
        return {"silent": failure.why or failure.what}
    told: dict[str, Any] = {"status": result.exit_status, "out": result.stdout[:_MOST]}
    return told | ({"last": result.last_line[:200]} if result.exit_status else {})


def hear_all(
    world: World,
    machines: Iterable[str],
    command: Callable[[str], Command | Script],
    timeout: float,
) -> Heard:
    """Return what each machine told, all asked side by side."""
    names = tuple(machines)
    told = side_by_side(names, lambda name: hear(world, name, command(name), timeout))
    return dict(zip(names, told, strict=True))


def deaf(heard: Heard) -> Observation | None:
    """Return what is to be said where a machine could not be asked, None where all could."""
    for machine, told in heard.items():
        if "silent" in told:
            return error("probe.unreachable", machine=machine, detail=told["silent"])
    for machine, told in heard.items():
        if "late" in told:
            return failed(LATE, machine=machine, seconds=told["late"])
    return None


def listed(items: Iterable[object]) -> str:
    """Return items in one line."""
    return ", ".join(map(str, items))
