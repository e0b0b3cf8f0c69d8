"""Are disks of machines that libvirt knows as off at rest? An emulator locks what it has open."""

import fcntl
import os
import struct
from collections.abc import Iterable
from pathlib import Path

from testbed.errors import HostError
from testbed.plan.models import Machine

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
