"""Where files live: the user's own cache, data and state folders, readable by nobody else."""

import os
import re
import tempfile
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path

import platformdirs

from testbed.errors import HostError, StateError

_NAME = re.compile(r"[a-z][a-z0-9-]{0,23}")
_LOCKS = "locks"  # in the state folder, beside one folder per testbed
_KEPT = "kept"  # in the data folder, likewise
_LABS = "labs"  # in the state folder, likewise
_LOGS = "logs.d"  # likewise; no testbed can be called so
_RESERVED = {_KEPT, _LABS, _LOCKS}


@dataclass(frozen=True, slots=True)
class Folders:
    """The three folders everything of ours is in."""

    cache: Path  # images: can be built again
    data: Path  # disks of testbeds
    state: Path  # keys, timings, logs: losing them loses no machine

    @classmethod
    def of_user(cls) -> "Folders":
        """Return the user's folders, as the XDG base directory specification places them.

        Raises `HostError` where one is another, or in it: names of testbeds would be names of
        what else is there.
        """
        found = cls(
            cache=platformdirs.user_cache_path("testbed"),
            data=platformdirs.user_data_path("testbed"),
            state=platformdirs.user_state_path("testbed"),
        )
        for one, other in permutations((found.cache, found.data, found.state), 2):
            if one.is_relative_to(other):
                raise HostError(
                    "the folders for cache, data and state must be apart",
                    why=f"'{one}' is in '{other}'" if one != other else f"two are '{one}'",
                    next_step="let XDG_CACHE_HOME, XDG_DATA_HOME and XDG_STATE_HOME be three "
                    "folders",
                )
        return found

    def disks(self, testbed: str) -> Path:
        """Return the folder of a testbed's disks."""
        return self.data / _named(testbed)

    def kept(self, testbed: str) -> Path:
        """Return the folder of what `down` keeps of a testbed, which may not exist."""
        return self.all_kept() / _named(testbed)

    def all_kept(self) -> Path:
        """Return the folder with one folder per kept testbed, which may not exist."""
        return self.data / _KEPT

    def records(self, testbed: str) -> Path:
        """Return the folder of a testbed's keys and records, which may not exist."""
        return self.state / _named(testbed)

    def of_testbed(self, testbed: str) -> Path:
        """Return the folder of a testbed's keys and records, made private to the user."""
        folder = self.records(testbed)
        make_private(self.state)
        make_private(folder)
        return folder

    def unfinished_restore(self, testbed: str) -> Path:
        """Return the file that names a checkpoint whose restore was cut short."""
        return self.records(testbed) / "unfinished-restore"

    def seconds(self, testbed: str) -> Path:
        """Return the record of what each step of `up` took; there is one once it has ended."""
        return self.records(testbed) / "seconds.json"

    def lock(self, testbed: str) -> Path:
        """Return the lock file of a testbed; it outlives the testbed's own folder."""
        folder = self.state / _LOCKS
        make_private(self.state)
        make_private(folder)
        return folder / f"{_named(testbed)}.lock"

    def labs(self) -> Path:
        """Return the folder of what was done in labs, which may not exist; it outlives testbeds."""
        return self.state / _LABS

    def logs(self, testbed: str) -> Path:
        """Return the folder of a testbed's collected logs, which may not exist; it outlives it."""
        return self.state / _LOGS / _named(testbed)

    def log(self) -> Path:
        """Return the file that keeps tracebacks of unexpected errors."""
        make_private(self.state)
        return self.state / "debug.log"


def is_name(text: str) -> bool:
    """Return whether a testbed may be called so: its folders are, and `down` removes them."""
    return _NAME.fullmatch(text) is not None and text not in _RESERVED


def names_in(parent: Path) -> tuple[str, ...]:
    """Return the names of testbeds that have a folder in `parent`, which may not exist."""
    if not parent.is_dir():
        return ()
    return tuple(sorted(p.name for p in parent.iterdir() if p.is_dir() and is_name(p.name)))


def _named(testbed: str) -> str:
    if not is_name(testbed):
        raise StateError(
            f"a testbed cannot be called '{testbed}'",
            why="a name has at most 24 small letters, digits and hyphens, a letter first, "
            f"and is none of: {', '.join(sorted(_RESERVED))}",
            next_step="choose another, for example: --name lab1",
        )
    return testbed


def make_private(folder: Path) -> None:
    """Make a folder and its parents, the folder itself readable by its owner only."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)


def write_private(path: Path, text: str) -> None:
    """Write a file only its owner can read, all of it or nothing."""
    handle, partial = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            os.fchmod(handle, 0o600)
            file.write(text)
            file.flush()
            os.fsync(handle)
        Path(partial).replace(path)
    except BaseException:
        Path(partial).unlink(missing_ok=True)
        raise
