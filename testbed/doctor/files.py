"""Checks of the folders of ours: they take images, and have room for them."""

import errno
import os
import shlex
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from testbed.doctor.finding import Finding, fail, ok, warn
from testbed.doctor.programs import INSTALL
from testbed.errors import HostError
from testbed.run import must

_MEBIBYTE = 2**20
_FORBIDDEN = (errno.EACCES, errno.EPERM)
_MAKE_ROOM = "testbed image prune && testbed gc"
FIRST_IMAGE_MIB = 12 * 1024  # what building the first image takes, all its stages kept
IMAGE_MIB = 3000  # what building another one takes, working space included


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


def room(
    folders: Iterable[Path],
    need_mib: int,
    kept_mib: Mapping[str, int] | None = None,
    *,
    image_mib: int = IMAGE_MIB,
) -> Finding:
    """Check the free space below the folders against what images and one testbed take.

    `kept_mib` is what testbeds that are down take, by name; it can be had back.
    """
    kept_mib = kept_mib or {}
    free = {folder: _free_mib(folder) for folder in folders}
    folder = min(free, key=lambda each: free[each])
    seen = f"{free[folder] / 1024:.1f} GiB free for {folder}"
    if kept_mib:
        seen += f", {sum(kept_mib.values()) / 1024:.1f} GiB taken by kept testbeds"
    forget = (f"testbed down --forget --name {name}" for name in kept_mib)
    mend = " && ".join((_MAKE_ROOM, *forget))
    if free[folder] < image_mib:
        return fail("disk", seen, mend=mend, cost="images could not be built")
    if free[folder] < image_mib + need_mib:
        need = (image_mib + need_mib) / 1024
        return warn("disk", seen, mend=mend, cost=f"images and full disks take {need:.1f} GiB")
    return ok("disk", seen)


def _free_mib(folder: Path) -> int:
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free // _MEBIBYTE
