"""Where files live: the user's own cache, data and state folders, readable by nobody else."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import platformdirs


@dataclass(frozen=True, slots=True)
class Folders:
    """The three folders everything of ours is in."""

    cache: Path  # images: can be built again
    data: Path  # disks of testbeds
    state: Path  # keys, timings, logs: losing them loses no machine

    @classmethod
    def of_user(cls) -> "Folders":
        """Return the user's folders, as the XDG base directory specification places them."""
        return cls(
            cache=platformdirs.user_cache_path("testbed"),
            data=platformdirs.user_data_path("testbed"),
            state=platformdirs.user_state_path("testbed"),
        )

    def disks(self, testbed: str) -> Path:
        """Return the folder of a testbed's disks."""
        return self.data / testbed

    def of_testbed(self, testbed: str) -> Path:
        """Return the folder of a testbed's keys and records, made private to the user."""
        folder = self.state / testbed
        make_private(folder)
        return folder

    def unfinished_restore(self, testbed: str) -> Path:
        """Return the file that names a checkpoint whose restore was cut short."""
        return self.of_testbed(testbed) / "unfinished-restore"

    def lock(self, testbed: str) -> Path:
        """Return the lock file of a testbed; it outlives the testbed's own folder."""
        folder = self.state / "locks"
        make_private(folder)
        return folder / f"{testbed}.lock"

    def log(self) -> Path:
        """Return the file that keeps tracebacks of unexpected errors."""
        make_private(self.state)
        return self.state / "debug.log"


def make_private(folder: Path) -> None:
    """Make a folder and its parents, the folder itself readable by its owner only."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)


def write_private(path: Path, text: str) -> None:
    """Write a file only its owner can read, all of it or nothing."""
    partial = path.with_name(f".{path.name}.{hashlib.sha256(text.encode()).hexdigest()[:8]}")
    partial.touch(mode=0o600)
    partial.write_text(text)
    partial.replace(path)
