"""The last look at a testbed's steady state, remembered: a look costs the machines seconds."""

import json
import time
from collections.abc import Iterable
from dataclasses import dataclass

from testbed.apply.folders import Folders, write_private
from testbed.probe.verdict import Verdict, failing


@dataclass(frozen=True, slots=True)
class Health:
    """What the last look saw: when, in seconds since the epoch, and what did not hold."""

    at: float
    wrong: tuple[str, ...]


def remember(folders: Folders, testbed: str, verdicts: Iterable[Verdict]) -> None:
    """Keep what a look saw."""
    record = {"at": time.time(), "wrong": [str(v) for v in failing(verdicts)]}
    write_private(folders.of_testbed(testbed) / "health.json", json.dumps(record))


def recall(folders: Folders, testbed: str) -> Health | None:
    """Return the last look, or None where nobody looked yet."""
    try:
        record = json.loads((folders.records(testbed) / "health.json").read_text())
        return Health(float(record["at"]), tuple(map(str, record["wrong"])))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def forget(folders: Folders, testbed: str) -> None:
    """Forget the last look: what it saw is about to change."""
    (folders.records(testbed) / "health.json").unlink(missing_ok=True)
