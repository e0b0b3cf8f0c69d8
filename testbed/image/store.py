"""The cache of images: what is there, what is missing, and how it gets there."""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import platformdirs

from testbed.errors import ImageError, StateError
from testbed.image import inventory
from testbed.image.cache import Cache
from testbed.image.debian import need_in_turn_mib, tars_in
from testbed.image.digest import Chain, chain, digest
from testbed.image.inventory import Entry, Removed
from testbed.image.lock import locked
from testbed.image.making import make
from testbed.image.models import DownloadRecipe
from testbed.image.reading import read_lineage, recipes_folder
from testbed.image.records import Image, Record, read_image, read_record


def default_cache() -> Path:
    """Return the folder for everything that can be made again."""
    return platformdirs.user_cache_path("testbed")


@dataclass(frozen=True, slots=True)
class Store:
    """Images in a cache folder, made from the recipes of one folder."""

    cache: Path = field(default_factory=default_cache)
    recipes: Path = field(default_factory=recipes_folder)

    def find(self, name: str) -> Image | None:
        """Return the image of the recipe as it is now, or None where it is not built.

        Raises `ImageError` where there is no such recipe, or it has problems.
        """
        return read_image(self._cache.result(name, digest(read_lineage(self.recipes / name))))

    def get(self, name: str) -> Image:
        """Return the image of the recipe as it is now. Raises `ImageError` if it is not built."""
        image = self.find(name)
        if image is None:
            raise _not_built(name)
        return image

    def record(self, name: str) -> Record:
        """Return how the recipe's image was made. Raises `ImageError` if it is not built."""
        record = read_record(self.get(name).disk.parent)
        if record is None:
            raise _not_built(name)
        return record

    def build(
        self,
        name: str,
        report: Callable[[str], None],
        *,
        force: bool = False,
        in_use: Callable[[], Collection[str]] = frozenset,
    ) -> Image:
        """Return the recipe's image, made if it is missing; a second builder waits for the first.

        `force` makes it anew from the first stage of its own; its parents' trees are those of
        their images, which are forced by their own names. None is made while disks that are
        `in_use` stand on its digest, be it gone or not: one built twice differs. That is asked
        before the build, and again before an old image goes. Raises `ImageError` where the build
        fails, `StateError` where the image is in use; nothing half-made is left then.
        """
        if not force and (found := self._whole(name)):
            return found
        self._cache.make()
        with locked(self._cache.lock, report):
            if not force and (found := self._whole(name)):
                return found
            identity = digest(read_lineage(self.recipes / name))
            _must_be_unused(name, identity, in_use())
            if force:
                self._forget(name)
            made = read_image(
                make(
                    self.recipes / name,
                    self._cache,
                    report,
                    may_replace=lambda old: _must_be_unused(name, old, in_use()),
                )
            )
            inventory.drop_old_tars(self.recipes, self._cache)
        if made is None:
            raise _not_built(name)
        return made

    def need_mib(self, names: Iterable[str]) -> int:
        """Return the space that building those of the images takes that are not built.

        Of a download only its server knows the size, so it does not count. Raises `ImageError`
        where there is no such recipe, or it has problems.
        """
        return need_in_turn_mib(self._to_build(names), tars_in(self._cache.tars))

    def list(self) -> tuple[Entry, ...]:
        """Return every recipe, built or missing, and every result that no recipe makes now."""
        return inventory.entries(self.recipes, self._cache)

    def prune(
        self, in_use: Collection[str], dry_run: bool = False, *, stages: bool = False
    ) -> tuple[Removed, ...]:
        """Remove what no recipe needs as it is now, and return what that was.

        With `stages` all trees go that a build could begin from; the next begins from nothing.
        Images whose digest is `in_use` stay, and so do partial builds while a build is running.
        Raises `RecipeError` if any recipe has problems: what it needs is not known then.
        """
        return inventory.prune(self.recipes, self._cache, in_use, dry_run, stages=stages)

    @property
    def _cache(self) -> Cache:
        return Cache(self.cache)

    def _whole(self, name: str) -> Image | None:
        """Return the recipe's image where it is built and nothing of it was swept away since."""
        image = self.find(name)
        return None if image is None or image.swept else image

    def _to_build(self, names: Iterable[str]) -> Iterator[Chain]:
        for name in names:
            lineage = read_lineage(self.recipes / name)
            if not isinstance(lineage[-1][1], DownloadRecipe) and self._whole(name) is None:
                yield chain(lineage)

    def _forget(self, name: str) -> None:
        """Remove the trees of the recipe's own stages, so that none is reused."""
        lineage = read_lineage(self.recipes / name)
        if not isinstance(lineage[-1][1], DownloadRecipe):
            for link in chain(lineage).links:
                if link.recipe == name:
                    (self._cache.tars / link.tar_name).unlink(missing_ok=True)


def _must_be_unused(name: str, identity: str, in_use: Collection[str]) -> None:
    if identity in in_use:
        raise StateError(
            f"image '{name}' cannot be made anew",
            why="disks of a testbed's machines stand on it",
            next_step="see which there are: testbed status; "
            "then take down the one on it: testbed down --forget --name NAME",
        )


def _not_built(name: str) -> ImageError:
    return ImageError(
        f"image '{name}' is not built",
        why="the cache holds no result of the recipe as it is now",
        next_step=f"run: testbed image build {name}",
    )
