"""Checkpoints: pause all, snapshot all, resume all together.

Machines are paused before the first snapshot and resumed after the last one, so no packet of a
later moment reaches a machine of an earlier one. Restoring some machines of a cluster and not
others would roll back writes that were acknowledged, so a restore that was cut short is
remembered and must be finished.
"""

import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from testbed.errors import StateError, TestbedError
from testbed.host import Host, MachineState
from testbed.plan.models import Machine, Plan
from testbed.together import side_by_side

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,31}")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A checkpoint every machine has; `created` is in seconds since the epoch."""

    name: str
    created: int


def list_checkpoints(host: Host, plan: Plan) -> tuple[Checkpoint, ...]:
    """Return the whole checkpoints, oldest first; one that some machine lacks does not count."""
    per_machine = [
        {snapshot.name: snapshot.created for snapshot in host.list_snapshots(machine.domain)}
        for machine in plan.machines
    ]
    whole = set.intersection(*(set(snapshots) for snapshots in per_machine))
    found = (Checkpoint(name, max(own[name] for own in per_machine)) for name in whole)
    return tuple(sorted(found, key=lambda checkpoint: (checkpoint.created, checkpoint.name)))


def get(host: Host, plan: Plan, name: str) -> Checkpoint:
    """Return the checkpoint of that name; raises `StateError` where there is none."""
    found = list_checkpoints(host, plan)
    for checkpoint in found:
        if checkpoint.name == name:
            return checkpoint
    raise StateError(
        f"testbed '{plan.name}' has no checkpoint '{name}'",
        why=f"it has: {', '.join(checkpoint.name for checkpoint in found) or 'none'}",
        next_step="take one with: testbed checkpoint save NAME",
    )


def is_in_some_machine(host: Host, plan: Plan, name: str) -> bool:
    """Return whether a machine has it: also one whose taking or deletion was cut short."""
    return any(
        snapshot.name == name
        for machine in plan.machines
        for snapshot in host.list_snapshots(machine.domain)
    )


def save(host: Host, plan: Plan, name: str, *, off_too: bool = False) -> None:
    """Take a checkpoint of all machines, which run on afterwards.

    With `off_too` machines may be off: they are kept so, and restored so. Raises `StateError`
    where the name is unfit or taken or a machine does not run.
    """
    _must_be_a_name(name)
    _must_be_new(host, plan, name)
    running = _must_run(host, plan, off_too=off_too)
    delete(host, plan, name)  # what a save that was cut short left behind
    try:
        side_by_side(running, lambda machine: host.pause(machine.domain))
        side_by_side(plan.machines, lambda machine: host.create_snapshot(machine.domain, name))
    except BaseException:
        with suppress(TestbedError):  # the first error is the one to tell
            delete(host, plan, name)
        with suppress(TestbedError):
            _resume(host, running)
        raise
    _resume(host, running)


def _resume(host: Host, machines: Iterable[Machine]) -> None:
    side_by_side(machines, lambda machine: host.resume(machine.domain))


def _must_be_a_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise StateError(
            f"a checkpoint cannot be called '{name}'",
            why="a name has at most 32 letters, digits, '.', '_' and '-', "
            "and starts with a letter or a digit",
            next_step="choose another, for example: testbed checkpoint save healthy",
        )


def _must_be_new(host: Host, plan: Plan, name: str) -> None:
    if any(checkpoint.name == name for checkpoint in list_checkpoints(host, plan)):
        raise StateError(
            f"testbed '{plan.name}' already has a checkpoint '{name}'",
            why="a checkpoint is never overwritten",
            next_step=f"choose another name, or first run: testbed checkpoint delete {name}",
        )


def _must_run(host: Host, plan: Plan, *, off_too: bool) -> tuple[Machine, ...]:
    """Return the machines that run; raises `StateError` where another is not off on purpose."""
    states = {machine.machine: machine.state for machine in host.list_machines(plan.name)}
    fit = {MachineState.RUNNING, *((MachineState.OFF,) if off_too else ())}
    idle = [m.name for m in plan.machines if states.get(m.name) not in fit]
    if idle:
        raise StateError(
            f"no checkpoint of testbed '{plan.name}' was taken",
            why=f"not running: {', '.join(idle)}",
            next_step=f"see what brings each back: testbed status --name {plan.name}",
        )
    return tuple(m for m in plan.machines if states[m.name] is MachineState.RUNNING)


def restore(host: Host, plan: Plan, name: str, note: Path) -> None:
    """Put all machines back to a checkpoint and let those that ran then run on together.

    `note` is the file that remembers an unfinished restore. Guest clocks stand where they
    stood; stepping them is the caller's next act.
    """
    get(host, plan, name)
    pulled = _pulled(host, plan)
    _write_whole(note, name)
    _pause_running(host, plan)
    side_by_side(
        plan.machines, lambda machine: host.revert_snapshot(machine.domain, name, paused=True)
    )
    side_by_side(plan.machines, lambda machine: _plug_like_then(host, machine, pulled))
    # All are of one age now. Left there any longer, the note would take back what came after.
    note.unlink()
    _resume(host, _with_power(host, plan))


def _write_whole(note: Path, name: str) -> None:
    """Write the note, or leave what it says: a full disk must not make it forget."""
    fresh = note.with_name(f"{note.name}.new")
    fresh.write_text(name, encoding="utf-8")
    fresh.replace(note)


def _with_power(host: Host, plan: Plan) -> tuple[Machine, ...]:
    """Return the machines that are not off: those that were when the checkpoint was taken stay."""
    off = {m.domain for m in host.list_machines(plan.name) if m.state is MachineState.OFF}
    return tuple(machine for machine in plan.machines if machine.domain not in off)


def _pause_running(host: Host, plan: Plan) -> None:
    """Stop what runs, or the last machines to go back would talk to the first ones."""
    running = {m.domain for m in host.list_machines(plan.name) if m.state == "running"}
    side_by_side(
        plan.machines,
        lambda machine: host.pause(machine.domain) if machine.domain in running else None,
    )


def find_unfinished(note: Path) -> str | None:
    """Return the name of the checkpoint whose restore was cut short, if one was."""
    return (note.read_text(encoding="utf-8").strip() or None) if note.exists() else None


def _pulled(host: Host, plan: Plan) -> set[str]:
    """Return the MACs whose cables are pulled now."""
    machines = host.list_machines(plan.name)
    return {mac for machine in machines for mac, up in machine.links.items() if not up}


def _plug_like_then(host: Host, machine: Machine, pulled: set[str]) -> None:
    """Tell the emulator the links of the checkpoint: it does not keep them with the memory."""
    found = host.find_domain(machine.domain)
    then = found.links if found else {}
    for nic in machine.nics:
        up = then.get(nic.mac, True)
        if nic.mac in pulled or not up:
            host.set_link(machine.domain, nic.mac, up)


def delete(host: Host, plan: Plan, name: str) -> None:
    """Delete a checkpoint from all machines; does nothing where it is gone."""
    side_by_side(plan.machines, lambda machine: host.delete_snapshot(machine.domain, name))
