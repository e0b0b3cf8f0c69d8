"""What names a result: digests of recipes and of the chain of their stages."""

import hashlib
import json
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from testbed.image.models import Boot, DebianRecipe, DownloadRecipe, Recipe, Stage

FORMAT = 1  # raise it when the builder makes something else of the same recipe
SHORT = 12  # digits of a digest that go into names
_GUESSED_TREE_MIB = 1024  # where no recipe says it

Lineage = Sequence[tuple[Path, Recipe]]


@dataclass(frozen=True, slots=True)
class Link:
    """One stage in a recipe's chain, named by everything that went before it."""

    recipe: str
    folder: Path
    stage: Stage
    suite: str
    first: bool
    tree_mib: int  # what the tree takes at most after this stage
    digest: str

    @property
    def tar_name(self) -> str:
        """The stage's result in the cache."""
        return f"{self.recipe}-{self.stage.name}-{self.digest[:SHORT]}.tar"


@dataclass(frozen=True, slots=True)
class Chain:
    """A Debian recipe with what it has from its parents filled in."""

    links: tuple[Link, ...]
    size_mib: int
    tree_mib: int
    boot: Boot


def chain(lineage: Lineage) -> Chain:
    """Return every stage from the oldest parent's first to the recipe's own last.

    `lineage` must be of Debian recipes, as `read_lineage` checks it.
    """
    links: list[Link] = []
    suite, size, tree, boot = "", 0, _GUESSED_TREE_MIB, None
    for folder, recipe in lineage:
        if not isinstance(recipe, DebianRecipe):
            raise TypeError(f"recipe '{recipe.name}' has no stages")
        suite, size, boot = recipe.suite or suite, recipe.size or size, recipe.boot or boot
        tree = recipe.tree or tree
        for stage in recipe.stages:
            before = links[-1].digest if links else _sha256([FORMAT, platform.machine(), suite])
            own = _sha256([before, _stage_content(folder, stage)])
            links.append(Link(recipe.name, folder, stage, suite, not links, tree, own))
    if boot is None:
        raise TypeError("a lineage without 'boot' has not been checked")
    return Chain(tuple(links), size, tree, boot)


def digest(lineage: Lineage) -> str:
    """Return the SHA-256 that names the recipe's result: its own text, its files, its parents.

    The texts under `why` do not count, nor do the size of the tree and the mirror that packages
    come from.
    """
    recipe = lineage[-1][1]
    if isinstance(recipe, DownloadRecipe):
        return _sha256([FORMAT, recipe.name, recipe.url, recipe.sha256])
    made = chain(lineage)
    boot = made.boot.model_dump()
    return _sha256([FORMAT, recipe.name, made.links[-1].digest, made.size_mib, boot])


def executable(file: Path) -> bool:
    """Return whether the owner may run the file: the one mode bit that a checkout keeps."""
    return bool(file.stat().st_mode & 0o100)


def _stage_content(folder: Path, stage: Stage) -> dict[str, Any]:
    return {
        "packages": None if stage.packages is None else sorted(stage.packages),
        "script": stage.script and _file_digest(folder / stage.script),
        "files": {
            path: [_file_digest(folder / name), executable(folder / name)]
            for path, name in sorted(stage.files.items())
        },
    }


def _file_digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _sha256(value: Any) -> str:
    canonical = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
