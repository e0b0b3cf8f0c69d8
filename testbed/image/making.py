"""From a recipe to a finished result: in a folder of its own that is gone afterwards."""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from testbed.errors import ImageError
from testbed.image.cache import PARTIAL, Cache
from testbed.image.debian import build_debian
from testbed.image.digest import Lineage, chain, digest
from testbed.image.download import download, virtual_size_mib
from testbed.image.models import DownloadRecipe
from testbed.image.reading import read_lineage
from testbed.image.records import DISK_FILE, Record, finish
from testbed.image.sandbox import find_sandbox
from testbed.image.workshop import Stopwatch, Workshop
from testbed.run import search_path

_PROGRAMS = ("mmdebstrap", "gpg", "mke2fs", "qemu-img", "tar", "unshare", "setpriv")


@dataclass(frozen=True, slots=True)
class _Disk:
    """What was made besides files."""

    size_mib: int
    cmdline: str = ""
    packages: int = 0


def make(
    recipe_folder: Path,
    cache: Cache,
    report: Callable[[str], None],
    *,
    may_replace: Callable[[str], None],
) -> Path:
    """Make the recipe's result and return its folder.

    Works from a copy of the recipe: an edit meanwhile cannot get under the wrong digest.
    `may_replace` is asked with the digest of an older result before that goes, and may raise.
    Raises `ImageError` where a stage or the download fails; there is no result then.
    """
    watch = Stopwatch(report)
    with _partial_folder(cache) as folder:
        lineage = _copy_recipes(recipe_folder, folder / "recipes")
        recipe = lineage[-1][1]
        if isinstance(recipe, DownloadRecipe):
            disk = _make_download(recipe, folder, watch)
        else:
            disk = _make_debian(lineage, folder, cache, watch)
        record = Record(
            name=recipe.name,
            digest=digest(lineage),
            kind=recipe.kind,
            cmdline=disk.cmdline,
            size_mib=disk.size_mib,
            built_at=time.time(),
            seconds=watch.seconds,
            packages=disk.packages,
        )
        shutil.rmtree(folder / "recipes")
        result = cache.result(record.name, record.digest)
        if result.exists():  # one that is broken, or is made anew by force
            may_replace(record.digest)
            shutil.rmtree(result, ignore_errors=True)
        finish(folder, result, record)
    return result


def clear(folder: Path) -> None:
    """Delete a build's folder, also where its files belong to subordinate ids."""
    shutil.rmtree(folder, ignore_errors=True)
    if folder.exists():
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=PARTIAL) as scratch:
            find_sandbox(Path(scratch)).remove(folder)


@contextmanager
def _partial_folder(cache: Cache) -> Iterator[Path]:
    """Yield a folder to build in; it is deleted unless it was renamed to a result."""
    for dead in cache.partial():
        clear(dead)
    folder = Path(tempfile.mkdtemp(dir=cache.images, prefix=PARTIAL))
    try:
        yield folder
    finally:
        clear(folder)


def _copy_recipes(recipe_folder: Path, copies: Path) -> Lineage:
    for folder, _ in read_lineage(recipe_folder):
        shutil.copytree(folder, copies / folder.name)
    return read_lineage(copies / recipe_folder.name)


def _make_download(recipe: DownloadRecipe, folder: Path, watch: Stopwatch) -> _Disk:
    disk = folder / DISK_FILE
    with watch.timing("download"):
        download(recipe, disk, watch.report)
    return _Disk(virtual_size_mib(disk))


def _make_debian(lineage: Lineage, folder: Path, cache: Cache, watch: Stopwatch) -> _Disk:
    _must_have_programs()
    name, made = lineage[-1][1].name, chain(lineage)
    log = cache.log(name)
    log.write_bytes(b"")
    shop = Workshop(name, folder, log, find_sandbox(folder))
    packages = build_debian(shop, made, cache.tars, digest(lineage), watch)
    return _Disk(made.size_mib, made.boot.cmdline, packages)


def _must_have_programs() -> None:
    missing = [name for name in _PROGRAMS if shutil.which(name, path=search_path()) is None]
    if missing:
        raise ImageError(
            "images cannot be built here",
            why=f"programs that are not installed: {', '.join(missing)}",
            next_step="run: sudo apt-get install mmdebstrap gpg e2fsprogs qemu-utils uidmap",
        )
