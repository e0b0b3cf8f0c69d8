"""One attempt at a lab, as it is on the disk: it outlives every command, killed ones too."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from testbed.apply.folders import Folders, make_private, write_private
from testbed.errors import LabError
from testbed.lab.format import Mode, Tier

_FOLDER = "lab"  # beside the testbed's keys
_FILE = "attempt.json"


class Phase(StrEnum):
    """How far an attempt is: being prepared, the learner's, or over and not yet put back."""

    STARTING = "starting"
    LIVE = "live"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Injected:
    """A fault that may be there, and the actions that undo it, as JSON has them."""

    fault: str
    heal: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Opened:
    """A hint that was read, and when."""

    hint: str
    at: float


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt; times are in seconds since the epoch, 0 where it has not happened."""

    lab: str
    mode: Mode
    locale: str
    phase: Phase
    healthy: str  # the checkpoint it goes back to
    started: float
    symptom: float = 0.0  # when the first symptom was seen: the clock starts here
    checked: float = 0.0
    guide_step: int = 0
    best: Tier | None = None
    journal: tuple[Injected, ...] = ()
    disturbed: tuple[Mapping[str, Any], ...] = ()  # what gives back what a disturbance took away
    planted: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    hints: tuple[Opened, ...] = ()
    reached: tuple[str, ...] = ()  # objectives that held at the last check
    violated: tuple[str, ...] = ()  # safeguards that did not, at some check
    result: str = ""  # how it ended
    folder: str = ""  # of a lab that does not come with testbed

    @property
    def broken(self) -> str:
        """The checkpoint of the moment at which the learner took over."""
        return f"broken-{self.lab}"

    @property
    def found_by(self) -> str:
        """What finds the lab again: its id, or the folder it was started from."""
        return self.folder or self.lab


def folder(folders: Folders, testbed: str) -> Path:
    """Return the folder of a testbed's attempt, which may not exist."""
    return folders.records(testbed) / _FOLDER


def save(folders: Folders, testbed: str, attempt: Attempt) -> Attempt:
    """Keep the attempt as it is now, and return it; when this returns it is on the disk."""
    own = folders.of_testbed(testbed) / _FOLDER
    make_private(own)
    write_private(own / _FILE, json.dumps(asdict(attempt), indent=1))
    return attempt


def change(folders: Folders, testbed: str, known: Attempt, **parts: Any) -> Attempt:
    """Change parts of an attempt and return it; what others wrote of it meanwhile stays.

    One that is over by now is not brought back.
    """
    now = newest(folders, testbed, known)
    return replace(known, **parts) if now is None else save(folders, testbed, replace(now, **parts))


def newest(folders: Folders, testbed: str, known: Attempt) -> Attempt | None:
    """Return the attempt as it is on the disk by now, or None where that one is over."""
    found = find(folders, testbed)
    return found if found is not None and found.started == known.started else None


def find(folders: Folders, testbed: str) -> Attempt | None:
    """Return the attempt on a testbed, or None where there is none."""
    try:
        record = json.loads((folder(folders, testbed) / _FILE).read_text(encoding="utf-8"))
        return _read(record)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def get(folders: Folders, testbed: str) -> Attempt:
    """Return the attempt on a testbed; raises `LabError` where there is none."""
    found = find(folders, testbed)
    if found is None:
        raise LabError(
            f"no lab is going on on testbed '{testbed}'",
            next_step="choose one with: testbed lab list",
        )
    return found


def must_not_be_over(attempt: Attempt) -> None:
    """Raise `LabError` where an attempt has ended, and only the testbed is still to be put back."""
    if attempt.phase is Phase.ENDED:
        raise LabError(
            f"lab '{attempt.lab}' is over, and the testbed was not put back to its end",
            next_step="go on with that: testbed lab finish",
        )


def forget(folders: Folders, testbed: str) -> None:
    """Forget the attempt; its timeline stays until the next one."""
    (folder(folders, testbed) / _FILE).unlink(missing_ok=True)


def _read(record: Any) -> Attempt:
    """Read an attempt; what a later version added is left out."""
    if not isinstance(record, dict):
        raise ValueError("it is no attempt")
    known = {each.name for each in fields(Attempt)}
    values = {key: value for key, value in record.items() if key in known}
    read = Attempt(**values)
    return replace(
        read,
        mode=Mode(read.mode),
        phase=Phase(read.phase),
        best=None if read.best is None else Tier(read.best),
        journal=tuple(Injected(x["fault"], tuple(x["heal"])) for x in values.get("journal", ())),
        disturbed=tuple(read.disturbed),
        hints=tuple(Opened(x["hint"], float(x["at"])) for x in values.get("hints", ())),
        reached=tuple(read.reached),
        violated=tuple(read.violated),
    )
