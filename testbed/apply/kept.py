"""Testbeds that are down and kept: their disks, keys and definitions in a folder each.

The manifest gets its name last and is removed first: a folder without one is rubbish, unless its
draft tells of a testbed that is on its way there.
"""

import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from testbed.apply import observe, origin
from testbed.apply.disks import must_be_known
from testbed.apply.folders import Folders, names_in, write_private
from testbed.errors import HostError, StateError
from testbed.host import Definition, Host
from testbed.image.records import size_on_disk

_MANIFEST, _DRAFT = "manifest.json", "manifest.draft.json"
_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Kept:
    """The manifest of a kept testbed: what it can be restored to, from what, and on what."""

    name: str
    topology: str  # its name
    stages: tuple[str, ...]  # from low to high; there is one at least
    origin: Mapping[str, str]
    images: tuple[str, ...]  # digests of the images its disks are overlays of
    machines: tuple[Definition, ...]


def find(folders: Folders, name: str) -> Kept | None:
    """Return the kept testbed of that name, or None where there is none.

    Raises `HostError` where that cannot be told now, and `StateError` where what is written there
    is not of our kind: another version may know it.
    """
    return _find(folders.kept(name) / _MANIFEST)


def find_draft(folders: Folders, name: str) -> Kept | None:
    """Return what a testbed was to be kept with, or None where that was not written; see `find`."""
    return _find(folders.kept(name) / _DRAFT)


def _find(path: Path) -> Kept | None:
    try:
        return _read(json.loads(path.read_text(encoding="utf-8")))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise StateError(
            f"what is kept in {path.parent} is not of a kind that this version knows",
            why="another version kept it, or its manifest was changed",
            next_step="use that version, or delete it: testbed down --forget --name "
            f"{path.parent.name}",
        ) from error
    except OSError as error:  # what cannot be read just now is no rubbish
        raise HostError(
            f"it cannot be told what is kept in {path.parent}",
            why=str(error),
            next_step="try again once it can be read",
        ) from error


def _read(record: dict[str, Any]) -> Kept:
    """Return a manifest; raises where it is of another format or was changed by hand."""
    if record["format"] != _FORMAT or record["digest"] != origin.digest(record["origin"]):
        raise ValueError("a manifest of another kind")
    return Kept(
        name=record["name"],
        topology=record["topology"],
        stages=tuple(record["stages"]),
        origin=record["origin"],
        images=tuple(record["images"]),
        machines=tuple(_definition(each) for each in record["machines"]),
    )


def _definition(record: dict[str, Any]) -> Definition:
    return Definition(record["domain"], record["xml"], tuple(record["snapshots"]))


def draft(folders: Folders, kept: Kept) -> None:
    """Write the manifest aside: there is room for it, whatever happens."""
    record = {"format": _FORMAT, "digest": origin.digest(kept.origin), **asdict(kept)}
    write_private(folders.kept(kept.name) / _DRAFT, json.dumps(record, indent=1))


def publish(folders: Folders, name: str) -> None:
    """Put the manifest in its place: from now on the testbed is kept."""
    folder = folders.kept(name)
    (folder / _DRAFT).replace(folder / _MANIFEST)


def disks(folders: Folders, name: str) -> Path:
    """Return the folder of a kept testbed's disks; they are not there while it comes back."""
    return folders.kept(name) / "disks"


def keys(folders: Folders, name: str) -> Path:
    """Return the folder of a kept testbed's keys."""
    return folders.kept(name) / "keys"


def names(folders: Folders) -> tuple[str, ...]:
    """Return the names of all folders below `kept`, rubbish included."""
    return names_in(folders.all_kept())


def names_of_whole(folders: Folders) -> tuple[str, ...]:
    """Return the names of all kept testbeds, in order; their manifests are not read."""
    return tuple(name for name in names(folders) if (folders.kept(name) / _MANIFEST).exists())


def bytes_on_disk(folders: Folders, name: str) -> int:
    """Return the bytes that what is kept under the name takes on the disk."""
    folder = folders.kept(name)
    return size_on_disk(folder) if folder.exists() else 0


def remove(folders: Folders, name: str) -> None:
    """Delete what is kept under the name; does nothing where nothing is."""
    folder = folders.kept(name)
    (folder / _MANIFEST).unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)


def images_in_use(host: Host, folders: Folders, *, but: str = "") -> set[str]:
    """Return the digests of the images that machines stand on: existing, kept or on their way.

    What is kept under the name `but` does not count, as it is to give way. Raises `StateError`
    where there are disks that this libvirt does not know: nothing tells what they stand on.
    """
    for name in names_in(folders.data):
        must_be_known(host, folders.disks(name), name)
    others = [name for name in names(folders) if name != but]
    found = (kept for name in others for kept in (find(folders, name), find_draft(folders, name)))
    return observe.images_in_use(host).union(*(kept.images for kept in found if kept))
