"""Where everything is that can be made again."""

from dataclasses import dataclass
from pathlib import Path

from testbed.image.digest import SHORT

PARTIAL = ".building-"


@dataclass(frozen=True, slots=True)
class Cache:
    """The cache folder's layout."""

    root: Path

    @property
    def images(self) -> Path:
        """Results, and the folders of builds that have not ended."""
        return self.root / "images"

    @property
    def tars(self) -> Path:
        """Trees as they were after each stage, named by the stage's digest."""
        return self.root / "stages"

    @property
    def lock(self) -> Path:
        """Held by whoever builds."""
        return self.images / ".lock"

    def log(self, name: str) -> Path:
        """Return the file that keeps everything the newest build of a recipe printed."""
        return self.root / "logs" / f"build-{name}.log"

    def result(self, name: str, digest: str) -> Path:
        """Return the folder of a finished image."""
        return self.images / f"{name}-{digest[:SHORT]}"

    def partial(self) -> tuple[Path, ...]:
        """Return the folders of builds that have not ended; under the lock, all are dead."""
        return tuple(sorted(self.images.glob(f"{PARTIAL}*")))

    def make(self) -> None:
        """Make the folders, readable by their owner only: trees hold set-user-ID programs."""
        for folder in (self.images, self.tars, self.root / "logs"):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
