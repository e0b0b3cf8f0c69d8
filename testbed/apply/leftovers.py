"""What belongs to no testbed any more."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from testbed.apply.folders import Folders
from testbed.apply.lock import only_one
from testbed.apply.observe import names
from testbed.host import Host
from testbed.plan.identity import stable_uuid

_KEPT = {"locks"}  # in the state folder, beside one folder per testbed


def remove_leftovers(host: Host, folders: Folders, *, dry_run: bool) -> tuple[str, ...]:
    """Return what was removed, or with `dry_run` what would be."""
    kept = set(names(host)) | _KEPT
    found = sorted(set(_folder_names(folders)) - kept)
    removed: list[str] = []
    for name in found:
        with only_one(folders, name, "gc"):
            removed.extend(_leftovers_of(host, folders, name))
            if not dry_run:
                host.delete_pool(f"testbed-{name}", stable_uuid(name, "pool"))
                shutil.rmtree(folders.disks(name), ignore_errors=True)
                shutil.rmtree(folders.state / name, ignore_errors=True)
    return tuple(removed)


def _folder_names(folders: Folders) -> Iterator[str]:
    for parent in (folders.data, folders.state):
        if parent.exists():
            yield from (path.name for path in parent.iterdir() if path.is_dir())


def _leftovers_of(host: Host, folders: Folders, name: str) -> Iterator[str]:
    if host.find_pool(f"testbed-{name}", stable_uuid(name, "pool")):
        yield f"pool testbed-{name}"
    places: tuple[Path, ...] = (folders.disks(name), folders.state / name)
    yield from (str(path) for path in places if path.exists())
