"""Whose are a testbed's disks now? An emulator locks what it has open, and a pool knows its own."""

import fcntl
import os
import struct
from collections.abc import Collection, Iterable
from pathlib import Path

from testbed.errors import HostError, StateError
from testbed.host import Host
from testbed.plan.identity import pool_of
from testbed.plan.models import Machine, Plan

_FLOCK = "hhqqi4x"  # type, whence, start, length, process
_LOCKED = (100, 200)  # first byte and count: QEMU's documentation calls them its permissions


def must_be_at_rest(folder: Path, machines: Iterable[Machine]) -> None:
    """Raise `HostError` where an emulator that libvirt does not know of has a machine's disk open.

    Another libvirt of the same user may have started it, one with another XDG_RUNTIME_DIR, as
    after a log-out or in `su`.
    """
    for machine in machines:
        if _is_locked(folder / machine.root):
            raise HostError(
                f"libvirt says that machine '{machine.name}' is off, but its disk is in use",
                why="another libvirt of yours may run it, one with another XDG_RUNTIME_DIR",
                next_step="try again where it was raised, or find its emulator and end it: "
                f"pgrep -af guest={machine.domain},",
            )


def must_be_known(host: Host, folder: Path, testbed: str) -> None:
    """Raise `StateError` where a testbed's folder has disks that this libvirt does not know."""
    if unknown(host, folder, testbed):
        raise StateError(
            f"there are disks of testbed '{testbed}', and this libvirt does not know it",
            why=f"they are in {folder}; another libvirt of yours may have its machines, one "
            "with another XDG_CONFIG_HOME or TESTBED_URI",
            next_step="set those as they were, or delete the disks: "
            f"testbed down --forget --name {testbed}",
        )


def must_be_nobodys(host: Host, folder: Path, testbed: str, *, forget: bool) -> None:
    """Raise unless disks without machines may be deleted: unknown ones only to `forget` them.

    `HostError` where an emulator has one open, `StateError` where this libvirt does not know them.
    """
    if any_in_use(folder):
        raise HostError(
            f"disks of testbed '{testbed}' are in use, and this libvirt does not know it",
            why=f"some emulator has them open; they are in {folder}",
            next_step="set XDG_CONFIG_HOME, XDG_RUNTIME_DIR and TESTBED_URI as they were when it "
            "was raised, and try again",
        )
    if not forget:
        must_be_known(host, folder, testbed)


def must_not_be_lost(plan: Plan, made: Collection[str]) -> None:
    """Raise `StateError` where a machine would be made anew over disks that hold data.

    That is where libvirt has lost it since the testbed was ready for the first time, or what it
    knows of it is older.
    """
    for machine in plan.machines:
        there = [disk.volume for disk in machine.disks if (plan.folder / disk.volume).exists()]
        if machine.name in made and there:
            raise StateError(
                f"machine '{machine.name}' would be made anew, and its disks are still there",
                why="libvirt has lost it, or does not know that it was ever ready; that would "
                f"delete {', '.join(there)} in {plan.folder}",
                next_step="remove those files if what is on them may go, and run the same command "
                f"again; or give all of it up: testbed down --forget --name {plan.name}",
            )


def unknown(host: Host, folder: Path, testbed: str) -> bool:
    """Return whether the folder has disks of a testbed without the pool this libvirt would have."""
    return any_in(folder) and host.find_pool(*pool_of(testbed)) is None


def any_in(folder: Path) -> bool:
    """Return whether the folder, which may not exist, has disks."""
    return any(folder.glob("*.qcow2"))


def any_in_use(folder: Path) -> bool:
    """Return whether an emulator has a disk in the folder open."""
    return any(_is_locked(disk) for disk in folder.glob("*.qcow2"))


def _is_locked(disk: Path) -> bool:
    asked = struct.pack(_FLOCK, fcntl.F_WRLCK, os.SEEK_SET, *_LOCKED, 0)
    try:
        with disk.open("rb") as file:
            told = fcntl.fcntl(file, fcntl.F_GETLK, asked)
    except OSError:
        return False  # it is gone, or this filesystem has no locks
    return bool(struct.unpack(_FLOCK, told)[0] != fcntl.F_UNLCK)
