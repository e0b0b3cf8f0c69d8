"""Putting a testbed aside whole, and back where it was; what was cut short is gone through with.

Nothing is copied but keys: disks are renamed inside the data folder. While a testbed goes, the
draft of its manifest tells what it was, and while it comes back its manifest stays, without disks
beside it.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from testbed import checkpoint
from testbed.apply import disks, kept, keys, observe, origin
from testbed.apply.folders import Folders, make_private, write_private
from testbed.apply.kept import Kept
from testbed.apply.observe import Testbed
from testbed.apply.stages import Level
from testbed.errors import HostError, StateError, TestbedError
from testbed.host import Host, MachineState
from testbed.plan.identity import pool_of
from testbed.plan.models import Plan


def survey(host: Host, folders: Folders, name: str) -> Kept | None:
    """Return the manifest a testbed would be kept with; None where there is nothing to keep.

    That is where it was never ready and has no checkpoint. Changes nothing. Raises `StateError`
    where there is something, and it cannot be kept.
    """
    was_ready = folders.seconds(name).exists()
    with _telling(name):
        testbed = observe.find(host, folders, name)
        if testbed is None:
            if was_ready and disks.any_in(folders.disks(name)):
                raise StateError("libvirt has lost all its machines, and their disks are there")
            return None
        if len(testbed.machines) < len(testbed.plan.machines):
            _must_hold_nothing(host, folders, testbed, was_ready=was_ready)
            return None
        found = {each.name for each in checkpoint.list_checkpoints(host, testbed.plan)}
        stages = tuple(level.value for level in Level if level in found)
        if stages:
            return _manifest(host, folders, testbed, stages)
    if found or was_ready:
        has = f"it has checkpoints ({', '.join(sorted(found))}) and" if found else "it has"
        raise StateError(
            _not_taken_down(name),
            why=f"{has} none of a stage, which `up` takes at its end",
            next_step=f"{_to_its_end(folders, name)}delete it with all that is in it: "
            f"testbed down --forget --name {name}",
        )
    return None


def _to_its_end(folders: Folders, name: str) -> str:
    """Return the way on but for deleting; after half a restore without its checkpoint none is."""
    if checkpoint.find_unfinished(folders.unfinished_restore(name)):
        return ""
    return f"let it come to its end: testbed up --name {name}, or "


def _not_taken_down(name: str) -> str:
    return f"testbed '{name}' was not taken down: it cannot be kept"


def _must_hold_nothing(host: Host, folders: Folders, testbed: Testbed, *, was_ready: bool) -> None:
    """Raise `StateError` where libvirt has lost machines of one that was ready or has checkpoints.

    One that is being removed has lost machines, too, and its records before them.
    """
    there = [each for each in testbed.plan.machines if each.name in testbed.machines]
    held = any(host.list_snapshots(machine.domain) for machine in there)
    if (held or was_ready) and folders.records(testbed.plan.name).exists():
        lost = (each.name for each in testbed.plan.machines if each not in there)
        why_not = "the others have checkpoints" if held else "it was ready once"
        raise StateError(f"libvirt has lost {', '.join(lost)}, and {why_not}")


@contextmanager
def _telling(name: str) -> Iterator[None]:
    """Turn what a testbed of another version, or one without its files, ends in into one error."""
    try:
        yield
    except (TestbedError, OSError, ValueError) as error:
        raise StateError(
            _not_taken_down(name),
            why=str(error).partition("\n")[0],
            next_step="put that right, for example XDG_DATA_HOME and XDG_STATE_HOME as they were, "
            f"or delete it with all that is in it: testbed down --forget --name {name}",
        ) from error


def _manifest(host: Host, folders: Folders, testbed: Testbed, stages: tuple[str, ...]) -> Kept:
    plan = testbed.plan
    keys.read(folders, plan)  # without them nobody gets in again
    for machine in plan.machines:
        (plan.folder / machine.root).stat()
    machines = tuple(host.read_definition(machine.domain) for machine in plan.machines)
    return Kept(
        name=plan.name,
        topology=plan.topology_name,
        stages=stages,
        origin=origin.of_existing(host, folders, plan, machines),
        images=tuple(sorted({seen.image for seen in testbed.machines.values()})),
        machines=machines,
    )


def put_aside(host: Host, folders: Folders, manifest: Kept) -> None:
    """Take a testbed out of libvirt, its disks and keys to where kept ones are.

    Raises `HostError`, with nothing lost, where what must be written cannot be.
    """
    name = manifest.name
    kept.remove(folders, name)  # an older one, or rubbish
    with _having_room(name):
        for folder in (folders.data, folders.all_kept(), folders.kept(name)):
            make_private(folder)
        _copy_keys(folders.records(name) / "keys", kept.keys(folders, name))
        kept.draft(folders, manifest)
        for machine in manifest.machines:
            host.destroy(machine.domain)
        _sync(folders.disks(name))
        _go(host, folders, name)


def _go(host: Host, folders: Folders, name: str) -> None:
    """Take a testbed whose draft is written and whose disks are synced to where kept ones are."""
    _leave_libvirt(host, name)
    if folders.disks(name).exists():
        folders.disks(name).rename(kept.disks(folders, name))
    kept.publish(folders, name)
    shutil.rmtree(folders.records(name), ignore_errors=True)


@contextmanager
def _having_room(name: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise HostError(
            f"testbed '{name}' was not taken down",
            why=f"what is kept of it cannot be written: {error}",
            next_step=f"free disk space and try again, or delete it: testbed down --forget "
            f"--name {name}",
        ) from error


def bring_back(host: Host, folders: Folders, plan: Plan, manifest: Kept, stage: Level) -> None:
    """Define a kept testbed again as it was, and note that it must be restored to a stage.

    Its machines are off afterwards, and the kept one is used up. What its name has left of
    folders is removed before.
    """
    name = plan.name
    host.forget_pool(plan.pool, plan.pool_uuid)
    shutil.rmtree(folders.disks(name), ignore_errors=True)
    shutil.rmtree(folders.records(name), ignore_errors=True)
    _copy_keys(kept.keys(folders, name), folders.of_testbed(name) / "keys")
    kept.disks(folders, name).rename(folders.disks(name))
    host.ensure_pool(plan.pool, plan.pool_uuid, plan.folder)
    for machine in manifest.machines:
        host.define_again(machine)
    folders.unfinished_restore(name).write_text(stage, encoding="utf-8")
    kept.remove(folders, name)


def recover(host: Host, folders: Folders, name: str) -> None:
    """Put aside what was cut short on its way there or back, and remove what is rubbish."""
    manifest = kept.find(folders, name)
    if is_going(host, folders, name):
        _go(host, folders, name)
    elif manifest is None:
        kept.remove(folders, name)
    elif not kept.disks(folders, name).exists():
        if is_coming_back(host, folders, name):
            _leave_libvirt(host, name)
            shutil.rmtree(folders.records(name), ignore_errors=True)
            folders.disks(name).rename(kept.disks(folders, name))
        else:
            kept.remove(folders, name)


def is_on_its_way(host: Host, folders: Folders, name: str) -> bool:
    """Return whether it was cut short on its way to the kept ones or back: `up` goes on with it."""
    return is_going(host, folders, name) or is_coming_back(host, folders, name)


def is_going(host: Host, folders: Folders, name: str) -> bool:
    """Return whether a testbed was cut short on its way to the kept ones, some machine gone."""
    draft = kept.find_draft(folders, name)
    return draft is not None and len(host.list_machines(name)) < len(draft.machines)


def is_coming_back(host: Host, folders: Folders, name: str) -> bool:
    """Return whether a kept testbed was cut short on its way back, before any machine ran."""
    off = all(machine.state is MachineState.OFF for machine in host.list_machines(name))
    here = folders.disks(name).exists() and not kept.disks(folders, name).exists()
    return off and here and kept.find(folders, name) is not None


def _leave_libvirt(host: Host, name: str) -> None:
    machines = host.list_machines(name)
    for machine in machines:
        host.destroy(machine.domain)
    for machine in machines:
        host.undefine(machine.domain)
    host.forget_pool(*pool_of(name))


def _copy_keys(source: Path, target: Path) -> None:
    make_private(target)
    for path in source.iterdir():
        write_private(target / path.name, path.read_text(encoding="utf-8"))


def _sync(folder: Path) -> None:
    """Wait until everything in the folder is on the disk: a manifest must not outlive it."""
    for path in (*folder.iterdir(), folder):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
