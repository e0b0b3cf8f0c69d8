"""What a recipe says: frozen, strict, and checked for shape only."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]*$", max_length=32)]
PackageName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9+.-]+$")]
FileName = Annotated[str, Field(pattern=r"^(\w[\w.-]*/)*\w[\w.-]*$")]
PathInTree = Annotated[str, Field(pattern=r"^(/[^/]+)+$")]


def _size_in_mib(value: Any) -> Any:
    """Read '6G' or '512M' as MiB; leave anything else to pydantic."""
    units = {"M": 1, "G": 1024}
    if isinstance(value, str) and value[:-1].isdecimal() and value[-1] in units:
        return int(value[:-1]) * units[value[-1]]
    return value


SizeMiB = Annotated[int, BeforeValidator(_size_in_mib), Field(ge=256)]


class Part(BaseModel):
    """Base of every part: no unknown keys and no changes afterwards."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Stage(Part):
    """One step on the way to a tree: packages to install, or files and a script, and the reason."""

    name: Name
    why: Annotated[str, Field(min_length=1)]
    packages: tuple[PackageName, ...] | None = None
    script: FileName | None = None
    files: Mapping[PathInTree, FileName] = {}

    def sources(self) -> tuple[str, ...]:
        """Return the names of every file the stage needs beside the recipe."""
        script = () if self.script is None else (self.script,)
        return (*script, *self.files.values())


class Boot(Part):
    """How the machine starts without a boot loader; paths are inside the finished tree."""

    kernel: PathInTree
    initrd: PathInTree
    cmdline: str


class DebianRecipe(Part):
    """A tree built from Debian packages, then put on an ext4 filesystem without partitions.

    With a parent, its stages come first, and what is not said here is the parent's. `tree` is what
    the tree takes at most, for whoever asks beforehand whether there is room.
    """

    name: Name
    kind: Literal["debian"]
    parent: Name | None = None
    suite: Name | None = None
    size: SizeMiB | None = None
    tree: SizeMiB | None = None
    stages: Annotated[tuple[Stage, ...], Field(min_length=1)]
    boot: Boot | None = None


class DownloadRecipe(Part):
    """A finished cloud image, known by its SHA-256, that starts from its own boot loader."""

    name: Name
    kind: Literal["download"]
    url: Annotated[str, Field(pattern=r"^(https?://[!-~]+|file://.+)$")]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


Recipe = DebianRecipe | DownloadRecipe
