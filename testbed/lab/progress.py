"""What a learner has done, kept beside the testbeds; and when a lab was last proven."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from testbed.apply.folders import Folders, make_private, write_private
from testbed.lab.attempt import Attempt
from testbed.lab.format import Tier
from testbed.lab.proof import Proof, read_proof

_FILE = "progress.json"
_ORDER = tuple(Tier)


@dataclass(frozen=True, slots=True)
class Progress:
    """What came of a lab so far; times in seconds."""

    attempts: int
    best: Tier | None
    solved: int  # attempts that ended with all objectives
    fastest: float | None  # of those, from the first symptom to the end
    last: float  # when the last one ended, since the epoch


def of(folders: Folders) -> Mapping[str, Progress]:
    """Return what was done, by the id of the lab."""
    found: dict[str, Progress] = {}
    for path in sorted(folders.labs().glob(f"*/{_FILE}")):
        if (progress := _read(path)) is not None:
            found[path.parent.name] = progress
    return found


def _read(path: Path) -> Progress | None:
    try:
        record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        best, fastest = record.get("best"), record.get("fastest")
        return Progress(
            attempts=int(record["attempts"]),
            best=None if best is None else Tier(best),
            solved=int(record["solved"]),
            fastest=None if fastest is None else float(fastest),
            last=float(record["last"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def keep(
    folders: Folders,
    going: Attempt,
    *,
    solved: bool,
    seconds: float,
    now: float,
    timeline: str,
) -> None:
    """Add an attempt that has ended, with its timeline; one that was added stays as it is.

    `seconds` are from the first symptom on.
    """
    own = folders.labs() / going.lab
    told = own / f"{going.started:.3f}.jsonl"
    if told.exists():
        return
    make_private(folders.state)
    make_private(folders.labs())
    make_private(own)
    before = _read(own / _FILE) or Progress(0, None, 0, None, 0.0)
    times = [t for t in (before.fastest, seconds if solved else None) if t is not None]
    after = Progress(
        attempts=before.attempts + 1,
        best=further(before.best, going.best),
        solved=before.solved + solved,
        fastest=min(times, default=None),
        last=now,
    )
    write_private(own / _FILE, json.dumps(asdict(after), indent=1))
    write_private(told, timeline)


def further(one: Tier | None, other: Tier | None) -> Tier | None:
    """Return the tier that goes further."""
    found = [tier for tier in (one, other) if tier is not None]
    return max(found, key=_ORDER.index, default=None)


def proof(folder: Path) -> Proof | None:
    """Return the last proof of the lab in a folder, or None where it was never proven."""
    return read_proof(folder)
