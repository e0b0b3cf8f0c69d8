"""Running commands, and how long they take."""

import statistics
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

TESTBED = Path(".venv/bin/testbed").absolute()


@dataclass(frozen=True)
class Timing:
    """A row of the table: what was measured, and every round's seconds."""

    what: str
    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)


def run(*argv: str | Path, status: int = 0) -> str:
    done = subprocess.run([str(word) for word in argv], capture_output=True, text=True)
    if done.returncode != status:
        raise SystemExit(f"{argv}: {done.stdout}{done.stderr}")
    return done.stdout


def timed(*argv: str | Path, status: int = 0) -> float:
    started = time.monotonic()
    run(*argv, status=status)
    return time.monotonic() - started
