"""What is in the cache, and what of it nobody needs."""

import shutil
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from testbed.errors import ImageError
from testbed.image.cache import Cache
from testbed.image.digest import chain, digest
from testbed.image.lock import locked_or_busy
from testbed.image.making import clear
from testbed.image.models import DownloadRecipe
from testbed.image.reading import read_lineage, recipe_names
from testbed.image.records import Record, read_image, read_record, size_on_disk


class State(StrEnum):
    """How a result stands to the recipes as they are now."""

    BUILT = "built"
    MISSING = "missing"
    OUTDATED = "outdated"


@dataclass(frozen=True, slots=True)
class Entry:
    """A recipe's result, or its absence."""

    name: str
    digest: str
    state: State
    bytes_on_disk: int
    built_at: float | None  # seconds since 1970


@dataclass(frozen=True, slots=True)
class Removed:
    """Something that was, or would be, removed."""

    path: Path
    reason: str
    bytes_freed: int


def entries(recipes: Path, cache: Cache) -> tuple[Entry, ...]:
    """Return every recipe with its result, then every result that no recipe makes now."""
    found = dict(_records(cache.images))
    current = {name: digest(read_lineage(recipes / name)) for name in recipe_names(recipes)}
    rows = []
    for name, wanted in current.items():
        folder = cache.result(name, wanted)
        record, image = found.pop(folder, None), read_image(folder)
        whole = image is not None and not image.swept
        rows.append(_entry(name, wanted, folder, record if whole else None, State.BUILT))
    for folder, record in found.items():
        rows.append(_entry(record.name, record.digest, folder, record, State.OUTDATED))
    return tuple(rows)


def prune(
    recipes: Path, cache: Cache, in_use: Collection[str], dry_run: bool, *, stages: bool
) -> tuple[Removed, ...]:
    """Remove outdated results, dead builds and trees no recipe can start from; return them.

    With `stages` all trees go.
    """
    if not cache.images.is_dir():
        return ()
    with locked_or_busy(cache.lock) as alone:
        removed = (
            *_outdated(recipes, cache, in_use),
            *(_dead_builds(cache) if alone else ()),
            *(_old_tars(recipes, cache.tars, those_wanted=stages) if alone else ()),
        )
        for item in () if dry_run else removed:
            _remove(item.path)
    return removed


def drop_old_tars(recipes: Path, cache: Cache) -> None:
    """Remove trees that no recipe can start from, if all recipes can be read."""
    try:
        old = tuple(_old_tars(recipes, cache.tars))
    except ImageError:
        return
    for item in old:
        item.path.unlink()


def _records(images: Path) -> Iterator[tuple[Path, Record]]:
    for folder in sorted(images.glob("[!.]*")):
        if record := read_record(folder):
            yield folder, record


def _entry(name: str, wanted: str, folder: Path, record: Record | None, state: State) -> Entry:
    if record is None:
        return Entry(name, wanted, State.MISSING, 0, None)
    return Entry(name, wanted, state, size_on_disk(folder), record.built_at)


def _outdated(recipes: Path, cache: Cache, in_use: Collection[str]) -> Iterator[Removed]:
    for entry in entries(recipes, cache):
        if entry.state is State.OUTDATED and entry.digest not in in_use:
            folder = cache.result(entry.name, entry.digest)
            yield Removed(folder, "outdated image", entry.bytes_on_disk)


def _dead_builds(cache: Cache) -> Iterator[Removed]:
    for folder in cache.partial():
        yield Removed(folder, "build that never ended", size_on_disk(folder))


def _old_tars(recipes: Path, tars: Path, *, those_wanted: bool = False) -> Iterator[Removed]:
    wanted = {
        link.tar_name
        for lineage in map(read_lineage, (recipes / name for name in recipe_names(recipes)))
        if not isinstance(lineage[-1][1], DownloadRecipe)
        for link in chain(lineage).links
    }
    for tar in sorted(tars.glob("*.tar")):
        if tar.name not in wanted:
            yield Removed(tar, "stage no recipe has now", size_on_disk(tar))
        elif those_wanted:
            yield Removed(tar, "stage that a build could begin after", size_on_disk(tar))


def _remove(path: Path) -> None:
    if path.is_file():
        path.unlink()
    elif path.name.startswith("."):
        clear(path)
    else:
        shutil.rmtree(path)
