"""Checks of the folders of ours: they take images, and have room for them."""

import errno
import os
import shlex
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from testbed.doctor.finding import Finding, fail, ok, warn
from testbed.doctor.programs import INSTALL
from testbed.errors import HostError
from testbed.run import must

_MEBIBYTE = 2**20
_FORBIDDEN = (errno.EACCES, errno.EPERM)
_MAKE_ROOM = "testbed image prune && testbed gc"


def writing(name: str, folder: Path) -> Finding:
    """Write, sync, read back and make a qcow2 image in the folder, or in its nearest parent.

    A folder that does not exist yet is made, as `testbed up` would.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".doctor-") as scratch:
            _try(Path(scratch))
    except HostError as error:
        return fail(name, f"{folder}: {error.why}", mend=INSTALL)
    except OSError as error:
        mend = _owning(folder) if error.errno in _FORBIDDEN else _MAKE_ROOM
        return fail(name, f"{folder}: {error.strerror}", mend=mend)
    return ok(name, f"{folder} takes images")


def _owning(folder: Path) -> str:
    """Return what gives the user the folder, or the nearest parent that is there."""
    there = next(each for each in (folder, *folder.parents) if os.access(each, os.F_OK))
    return f"sudo chown $USER {shlex.quote(str(there))}; chmod u+rwx {shlex.quote(str(there))}"


def _try(scratch: Path) -> None:
    content = os.urandom(_MEBIBYTE)
    with (scratch / "file").open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    if (scratch / "file").read_bytes() != content:
        raise HostError("a file changed", why="what was read is not what was written")
    image = str(scratch / "image.qcow2")
    must(["qemu-img", "create", "-q", "-f", "qcow2", image, "64M"], timeout=10)
    must(["qemu-img", "check", "-q", "-f", "qcow2", image], timeout=10)


@dataclass(frozen=True, slots=True)
class Room:
    """What is to have room: images in one folder, a testbed's disks in another, in MiB.

    `kept_mib` is what testbeds that are down take, by name; it can be had back.
    """

    cache: Path
    data: Path
    image_mib: int
    disk_mib: int
    kept_mib: Mapping[str, int]


def room(wanted: Room) -> Finding:
    """Check the free space for images and for one testbed, which may be on one file system."""
    together = _device(wanted.cache) == _device(wanted.data)
    for_images, for_disks = _free_mib(wanted.cache), _free_mib(wanted.data)
    seen = f"{for_images / 1024:.1f} GiB free for {wanted.cache}"
    if not together:
        seen += f", {for_disks / 1024:.1f} GiB for {wanted.data}"
    if wanted.kept_mib:
        seen += f", {sum(wanted.kept_mib.values()) / 1024:.1f} GiB taken by kept testbeds"
    if for_images < wanted.image_mib:
        return fail("disk", seen, mend=_MAKE_ROOM, cost="images could not be built")
    need = wanted.disk_mib + (wanted.image_mib if together else 0)
    if for_disks < need:
        what = "images and full disks" if together and wanted.image_mib else "full disks"
        return warn("disk", seen, mend=_MAKE_ROOM, cost=f"{what} take {need / 1024:.1f} GiB")
    return ok("disk", seen)


def _device(path: Path) -> int:
    """Return the file system of a folder, or of where it will be."""
    return next(parent for parent in (path, *path.parents) if parent.exists()).stat().st_dev


def _free_mib(folder: Path) -> int:
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free // _MEBIBYTE
