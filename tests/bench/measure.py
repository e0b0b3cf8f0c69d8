"""Running commands, and how long they take."""

import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

NAME = "bench"
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


@contextmanager
def scratch_home() -> Iterator[Path]:
    """Yield a folder that ends with the block, and with it the testbed that was raised in it.

    Until then testbeds are kept and recorded there.
    """
    before = dict(os.environ)
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["XDG_DATA_HOME"] = f"{scratch}/data"
        os.environ["XDG_STATE_HOME"] = f"{scratch}/state"
        try:
            yield Path(scratch)
        finally:
            run(TESTBED, "down", "--forget", "--name", NAME)
            os.environ.clear()
            os.environ.update(before)
