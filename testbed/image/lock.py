"""One build at a time."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def locked(file: Path, report: Callable[[str], None]) -> Iterator[None]:
    """Hold the lock inside the block; say whom we wait for if another process holds it.

    The kernel lets go of the lock when its holder dies, however it dies.
    """
    with file.open("a+", encoding="utf-8") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            handle.seek(0)
            report(f"waiting for another build to end (process {handle.read().strip() or '?'})")
            fcntl.flock(handle, fcntl.LOCK_EX)
        handle.truncate(0)
        handle.write(str(os.getpid()))
        handle.flush()
        yield


@contextmanager
def locked_or_busy(file: Path) -> Iterator[bool]:
    """Yield whether the lock could be had at once; it is held inside the block if so."""
    with file.open("a+", encoding="utf-8") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True
