"""Doing what faults say, and looking whether it is so."""

import base64
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from testbed.apply import cables, power
from testbed.apply.folders import make_private, write_private
from testbed.errors import LabError, TestbedError
from testbed.guest import Command, Script, must, write_file
from testbed.lab.faults import (
    Action,
    Claim,
    InGuest,
    RestartMachine,
    SetCable,
    SetNetplan,
    SetPower,
    UnwipeDisk,
    WipeDisk,
    netplan,
)
from testbed.lab.world import World
from testbed.together import side_by_side
from testbed.wait import Seen, wait_until

_MIB = 2**20
_MANIFESTED = 60.0  # seconds


def perform(world: World, actions: Sequence[Action]) -> None:
    """Do all of it in order; machines that are restarted one after another restart together."""
    for restarts, group in groupby(actions, lambda action: isinstance(action, RestartMachine)):
        if restarts:
            side_by_side(tuple(group), lambda action: _act(world, action))
        else:
            for action in group:
                _act(world, action)


def perform_all(world: World, actions: Sequence[Action]) -> tuple[str, ...]:
    """Do as much of it as can be done; return what could not be."""
    troubles = []
    for action in actions:
        try:
            _act(world, action)
        except TestbedError as error:
            troubles.append(error.in_one_line)
    return tuple(troubles)


def _act(world: World, action: Action) -> None:
    match action:
        case InGuest():
            must(world.guest(action.machine), action.script, timeout=action.timeout)
        case SetNetplan():
            _set_netplan(world, action)
        case SetCable() if action.up:
            cables.plug(world.host, world.plan, action.end, world.observe().machines)
        case SetCable():
            cables.pull(world.host, world.plan, action.end)
        case SetPower():
            set_power(world, action.machine, on=action.on)
        case RestartMachine():
            restart(world, action.machine)
        case WipeDisk():
            _wipe(world, action)
        case UnwipeDisk():
            _unwipe(world, action)


def set_power(world: World, machine: str, *, on: bool) -> None:
    """Cut a machine's power, or give it back and wait until it lets us in."""
    testbed, chosen = world.observe(), world.machine(machine)
    world.guest(machine).close()
    if on:
        power.power_on(world.host, world.folders, testbed, chosen)
    else:
        power.power_off(world.host, testbed, chosen)


def restart(world: World, machine: str) -> None:
    """Restart a machine in order; one that is off is switched on."""
    if world.states().get(machine) != "running":
        set_power(world, machine, on=True)
        return
    world.guest(machine).close()
    power.restart(world.host, world.folders, world.observe(), world.machine(machine))


def _set_netplan(world: World, action: SetNetplan) -> None:
    text = _netplan(world, action.machine)
    if not netplan.already(text, action.network):
        new = netplan.changed_text(text, action.network).encode()
        write_file(world.guest(action.machine), netplan.FILE, new, mode=0o600, sudo=True)


def _netplan(world: World, machine: str) -> str:
    return must(world.guest(machine), Command(("cat", netplan.FILE), sudo=True))


def _wipe(world: World, action: WipeDisk) -> None:
    """Overwrite the head of a disk, after keeping it: a second time there is nothing to keep."""
    kept = _kept_head(world, action.machine, action.serial)
    if not kept.exists():
        read = Script(f"dd if={_device(action.serial)} bs=1M count=1 status=none | base64 -w0")
        told = must(world.guest(action.machine), Script(read.text, sudo=True))
        make_private(kept.parent)
        write_private(kept, told)
    wipe = f"dd if=/dev/zero of={_device(action.serial)} bs=1M count=1 conv=fsync status=none"
    must(world.guest(action.machine), Script(wipe, sudo=True))


def _unwipe(world: World, action: UnwipeDisk) -> None:
    kept = _kept_head(world, action.machine, action.serial)
    if kept.exists():
        head = base64.b64decode(kept.read_text(encoding="utf-8"))
        write = f"dd of={_device(action.serial)} bs=1M iflag=fullblock conv=fsync status=none"
        must(world.guest(action.machine), Script(write, sudo=True), stdin=head)


def forget_heads(world: World) -> None:
    """Forget what disks held in an earlier attempt; they hold something else by now."""
    for head in _kept_heads(world).glob("disk-*"):
        head.unlink()


def _device(serial: str) -> str:
    return f"/dev/disk/by-id/virtio-{serial}"


def _kept_heads(world: World) -> Path:
    return world.folders.of_testbed(world.name) / "lab"


def _kept_head(world: World, machine: str, serial: str) -> Path:
    return _kept_heads(world) / f"disk-{machine}-{serial}"


def wait_until_manifested(world: World, fault: str, claims: Sequence[Claim]) -> None:
    """Return once every claim holds; raises `LabError` where one does not in time."""
    for claim in claims:
        try:
            wait_until(
                f"fault '{fault}'",
                lambda claim=claim: Seen(holds(world, claim), f"not yet: {claim}"),  # type: ignore[misc]
                timeout=_MANIFESTED,
                clock=world.clock,
                sleep=world.sleep,
            )
        except TestbedError as error:
            raise LabError(
                f"fault '{fault}' was made and is not there",
                why=error.why,
                next_step="this is the lab's error; go back with: testbed lab reset --to healthy",
            ) from error


def holds(world: World, claim: Claim) -> bool:
    """Return whether what an action wants is so."""
    match claim:
        case InGuest():
            return world.guest(claim.machine).run(claim.script, timeout=claim.timeout).ok
        case SetNetplan():
            return netplan.already(_netplan(world, claim.machine), claim.network)
        case SetCable():
            return cables.is_pulled(world.plan, claim.end, world.observe().machines) != claim.up
        case SetPower():
            return (world.states().get(claim.machine) == "running") is claim.on
        case WipeDisk():
            compare = f"cmp -s -n {_MIB} {_device(claim.serial)} /dev/zero"
            return world.guest(claim.machine).run(Script(compare, sudo=True)).ok
