"""A disk as an emulator has it open."""

import fcntl
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def locked(disk: Path) -> Iterator[None]:
    """Lock a disk as QEMU does, by open file description: "may others write" is byte 201."""
    with disk.open("rb") as file:
        flock = struct.pack("hhqqi4x", fcntl.F_RDLCK, os.SEEK_SET, 201, 1, 0)
        fcntl.fcntl(file, fcntl.F_OFD_SETLK, flock)
        yield
