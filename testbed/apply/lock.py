"""One command at a time may change a testbed."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from testbed.apply.folders import Folders
from testbed.errors import StateError


def is_held(folders: Folders, testbed: str) -> bool:
    """Return whether another command is working on the testbed now."""
    with folders.lock(testbed).open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


@contextmanager
def only_one(folders: Folders, testbed: str, verb: str) -> Iterator[None]:
    """Hold the testbed's lock inside the block; the kernel lets go of it if we are killed.

    Raises `StateError` at once where another command holds it.
    """
    path = folders.lock(testbed)
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            raise StateError(
                f"another command is working on testbed '{testbed}'",
                why=f"it is {file.read().strip() or 'just starting'}",
                next_step="wait for it to end, then run the command again",
            ) from error
        with suppress(OSError):  # a full disk: `down --forget` and `gc` are what frees it
            os.ftruncate(file.fileno(), 0)
            os.write(file.fileno(), f"`testbed {verb}`, process {os.getpid()}".encode())
        yield
