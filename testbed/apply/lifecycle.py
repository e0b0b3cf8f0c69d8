"""Living with a testbed: down, suspend and resume, checkpoints and cables."""

import shutil
from contextlib import nullcontext, suppress
from dataclasses import dataclass

from testbed import checkpoint
from testbed.apply import (
    cables,
    disks,
    health,
    keeping,
    kept,
    keys,
    observe,
    ready,
    storing,
    watching,
)
from testbed.apply.folders import Folders
from testbed.apply.kept import Kept
from testbed.apply.lock import only_one
from testbed.apply.observe import Testbed
from testbed.apply.session import session
from testbed.apply.stages import Level
from testbed.errors import GuestError, StateError, TestbedError
from testbed.guest import step_clocks, stepping_clocks
from testbed.host import Host, MachineState
from testbed.plan.identity import pool_of
from testbed.plan.models import Machine, Nic, Plan


@dataclass(frozen=True, slots=True)
class Gone:
    """A testbed that is down: how many machines it had, and what is kept of it."""

    machines: int
    kept: Kept | None


def down(host: Host, folders: Folders, name: str, *, forget: bool = False) -> Gone:
    """Take a testbed out of libvirt; one with the checkpoint of a stage is kept for the next `up`.

    Any other is removed, and with `forget` any, kept ones too: that needs nothing but libvirt, so
    it works where our own files are gone, and after any crash. Raises `StateError` where one that
    has such a checkpoint cannot be kept, or where there are only disks that this libvirt does not
    know, and `HostError` where a disk is in use that should be at rest: another libvirt may run it.
    """
    with only_one(folders, name, "down"):
        _must_be_at_rest(host, folders, name)
        with suppress(TestbedError) if forget else nullcontext():  # it need not be readable then
            keeping.recover(host, folders, name)
        count = len(host.list_machines(name))
        if not count:
            disks.must_be_nobodys(host, folders.disks(name), name, forget=forget)
        if not forget and (manifest := keeping.survey(host, folders, name)):
            keeping.put_aside(host, folders, manifest)
        remove(host, folders, name)
        if forget:
            kept.remove(folders, name)
        return Gone(count, kept.find(folders, name))


def _must_be_at_rest(host: Host, folders: Folders, name: str) -> None:
    """Refuse to take disks away from emulators that libvirt does not know of."""
    try:
        testbed = observe.find(host, folders, name)
    except (TestbedError, OSError, ValueError):
        return  # another version made it: which disks its machines have is not known
    if testbed is not None:
        off = {each.machine for each in testbed.machines.values() if each.state is MachineState.OFF}
        machines = (machine for machine in testbed.plan.machines if machine.name in off)
        disks.must_be_at_rest(testbed.plan.folder, machines)


def remove(host: Host, folders: Folders, name: str) -> None:
    """Remove a testbed's machines, disks, keys and records; what is kept stays.

    Records go first: cut short, what is left cannot be taken for a testbed to go on with.
    """
    shutil.rmtree(folders.records(name), ignore_errors=True)
    machines = host.list_machines(name)
    for machine in machines:
        host.destroy(machine.domain)
    for machine in machines:
        host.undefine(machine.domain)
    host.delete_pool(*pool_of(name))
    shutil.rmtree(folders.disks(name), ignore_errors=True)


def suspend(host: Host, testbed: Testbed) -> None:
    """Stop every machine's CPU; memory, disks and cables stay as they are."""
    for machine in testbed.plan.machines:
        seen = testbed.machines.get(machine.name)
        if seen is not None and seen.state == "running":
            host.pause(machine.domain)


def resume(host: Host, folders: Folders, testbed: Testbed, *, broken: bool = False) -> None:
    """Let all machines run again, step their clocks, and return once the steady state holds.

    Where a restore was cut short it is finished first. What is `broken` on purpose has no steady
    state to wait for.
    """
    finish_restore(host, folders, testbed)
    _let_run(host, testbed.plan)
    if broken:
        _step_who_answers(folders, testbed)
    else:
        settle(folders, testbed)
    # An emulator tells disk errors once a second at most, and libvirt believes that one which
    # was told late has stopped the machine again.
    _let_run(host, testbed.plan)


def _let_run(host: Host, plan: Plan) -> None:
    for machine in host.list_machines(plan.name):
        if machine.state == "paused":
            host.resume(machine.domain)


def settle(folders: Folders, testbed: Testbed) -> None:
    """Step the clocks of all machines and return once the steady state holds.

    Where Ceph was deployed, it is healthy then, too, and where OpenStack was, its APIs answer and
    its services report.
    """
    plan = testbed.plan
    health.forget(folders, plan.name)
    with session(plan, keys.read(folders, plan)) as doors:
        seen = ready.wait_until_steady(plan, doors, ready.set_clocks(plan, doors))
        ceph = storing.wait_where_deployed(plan, doors)
        cloud = watching.wait_where_deployed(folders, plan, doors)
    health.remember(folders, plan.name, seen, ceph, cloud)


def save(
    host: Host, folders: Folders, testbed: Testbed, name: str, *, off_too: bool = False
) -> None:
    """Take a checkpoint of all machines and step their clocks, which stood meanwhile.

    With `off_too` machines may be off; they are restored so.
    """
    own = keys.read(folders, testbed.plan)
    with session(testbed.plan, own) as doors, stepping_clocks(doors.guests.values()):
        checkpoint.save(host, testbed.plan, name, off_too=off_too)


def restore(host: Host, folders: Folders, testbed: Testbed, name: str) -> None:
    """Put all machines back to a checkpoint and return once the steady state holds."""
    checkpoint.restore(host, testbed.plan, name, folders.unfinished_restore(testbed.plan.name))
    settle(folders, testbed)


def revert(host: Host, folders: Folders, testbed: Testbed, name: str) -> None:
    """Put all machines back to a checkpoint of something broken: no steady state is waited for.

    The clocks of machines that can be reached are stepped.
    """
    plan = testbed.plan
    checkpoint.restore(host, plan, name, folders.unfinished_restore(plan.name))
    _step_who_answers(folders, testbed)


def _step_who_answers(folders: Folders, testbed: Testbed) -> None:
    plan = testbed.plan
    health.forget(folders, plan.name)
    with session(plan, keys.read(folders, plan)) as doors, suppress(GuestError):
        step_clocks(doors.guests.values())


def finish_restore(host: Host, folders: Folders, testbed: Testbed) -> None:
    """Go through with a restore that was cut short: some machines would be older than others.

    Raises `StateError` where its checkpoint is gone, for nothing can make them one age again.
    """
    name = testbed.plan.name
    note = folders.unfinished_restore(name)
    unfinished = checkpoint.find_unfinished(note)
    if unfinished is None:
        return
    whole = checkpoint.list_checkpoints(host, testbed.plan)
    if unfinished not in (each.name for each in whole):
        keeps = {each.name for each in whole} & set(Level)  # else `down` has nothing to keep
        raise StateError(
            f"a restore of testbed '{name}' was cut short, so its machines differ in age",
            why=f"checkpoint '{unfinished}', which would make them one age again, is gone",
            next_step=f"run: testbed down {'' if keeps else '--forget '}--name {name}, "
            f"then: testbed up --name {name}",
        )
    checkpoint.restore(host, testbed.plan, unfinished, note)


def set_link(host: Host, testbed: Testbed, machine: Machine, nic: str, *, up: bool) -> None:
    """Plug a cable in or pull it; raises `StateError` where the machine has no such NIC."""
    end = f"{machine.name}:{_nic(machine, nic).name}"
    if up:
        cables.plug(host, testbed.plan, end, testbed.machines)
    else:
        cables.pull(host, testbed.plan, end)


def _nic(machine: Machine, name: str) -> Nic:
    for nic in machine.nics:
        if nic.name == name:
            return nic
    raise StateError(
        f"machine '{machine.name}' has no NIC '{name}' with a cable in it",
        why=f"it has: {', '.join(nic.name for nic in machine.nics) or 'none'}",
        next_step="see all links with: testbed status",
    )


def machine_of(testbed: Testbed, name: str) -> Machine:
    """Return a machine of a testbed; raises `StateError` where there is none of that name."""
    for machine in testbed.plan.machines:
        if machine.name == name and name in testbed.machines:
            return machine
    raise StateError(
        f"testbed '{testbed.plan.name}' has no machine '{name}'",
        why=f"it has: {', '.join(machine.name for machine in testbed.plan.machines)}",
        next_step="see them with: testbed status",
    )
