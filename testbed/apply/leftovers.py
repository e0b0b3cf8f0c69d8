"""What belongs to no testbed any more."""

import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from testbed.apply import disks, keeping, kept
from testbed.apply.folders import Folders, names_in
from testbed.apply.lock import only_one
from testbed.apply.observe import names
from testbed.errors import StateError
from testbed.host import Host
from testbed.plan.identity import pool_of


def remove_leftovers(host: Host, folders: Folders, *, dry_run: bool) -> tuple[str, ...]:
    """Return what was removed, or with `dry_run` what would be.

    What another command works on is left alone, and so are disks that an emulator has open or that
    may be somebody's work: see `disks_left_alone`.
    """
    removed: list[str] = []
    for name in _left_behind(host, folders):
        if not _may_be_work(host, folders, name):
            removed.extend(_leftovers_of(host, folders, name))
            if not dry_run:
                _remove(host, folders, name)
    return (*removed, *_remove_half_kept(host, folders, dry_run=dry_run))


def disks_left_alone(host: Host, folders: Folders) -> tuple[str, ...]:
    """Return the names under which there are disks that may be somebody's work.

    This libvirt does not know them, and another may have machines on them; or it has lost all
    machines of a testbed that was ready once.
    """
    left = _left_behind(host, folders)
    return tuple(name for name in left if _may_be_work(host, folders, name))


def _may_be_work(host: Host, folders: Folders, name: str) -> bool:
    folder = folders.disks(name)
    was_ready = folders.seconds(name).exists() and disks.any_in(folder)
    return was_ready or disks.unknown(host, folder, name)


def _left_behind(host: Host, folders: Folders) -> Iterator[str]:
    """Yield each name with folders and without machines, its lock held meanwhile."""
    there = {*names_in(folders.data), *names_in(folders.state)}
    for name in sorted(there - set(names(host))):
        with suppress(StateError), only_one(folders, name, "gc"):
            raised = name in names(host)  # since we looked
            on_its_way = keeping.is_on_its_way(host, folders, name)
            if not (raised or on_its_way or disks.any_in_use(folders.disks(name))):
                yield name


def _remove_half_kept(host: Host, folders: Folders, *, dry_run: bool) -> Iterator[str]:
    """Remove what a `down` that was cut short left of a testbed it wanted to keep."""
    for name in kept.names(folders):
        with suppress(StateError), only_one(folders, name, "gc"):
            whole = kept.find(folders, name) and kept.disks(folders, name).exists()
            if not whole and not keeping.is_on_its_way(host, folders, name):
                yield str(folders.kept(name))
                if not dry_run:
                    kept.remove(folders, name)


def _remove(host: Host, folders: Folders, name: str) -> None:
    host.delete_pool(*pool_of(name))
    shutil.rmtree(folders.disks(name), ignore_errors=True)
    shutil.rmtree(folders.records(name), ignore_errors=True)


def _leftovers_of(host: Host, folders: Folders, name: str) -> Iterator[str]:
    if host.find_pool(*pool_of(name)):
        yield f"pool testbed-{name}"
    places: tuple[Path, ...] = (folders.disks(name), folders.records(name))
    yield from (str(path) for path in places if path.exists())
