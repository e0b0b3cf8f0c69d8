"""Identity from names alone: the same name gives the same UUID, MAC and address on every run."""

import hashlib
import uuid
from collections.abc import Collection, Iterator

from testbed.errors import StateError

_NAMESPACE = uuid.UUID("6e0f9a42-35a1-5c0e-9d1f-0a01da000001")


def stable_uuid(*path: str) -> uuid.UUID:
    """Return the UUID of a name path."""
    return uuid.uuid5(_NAMESPACE, "/".join(path))


def stable_mac(*path: str) -> str:
    """Return a locally administered MAC for a name path, in QEMU's 52:54 range."""
    tail = hashlib.sha256("/".join(path).encode()).digest()[:4]
    return "52:54:" + ":".join(f"{byte:02x}" for byte in tail)


def pool_of(testbed: str) -> tuple[str, uuid.UUID]:
    """Return the name and the UUID of a testbed's pool in libvirt."""
    return f"testbed-{testbed}", stable_uuid(testbed, "pool")


def stable_number(most: int, *path: str) -> int:
    """Return a number from 1 to `most` for a name path."""
    tail = hashlib.sha256("/".join(path).encode()).digest()[:4]
    return 1 + int.from_bytes(tail) % most


def loopback_candidates(testbed: str) -> Iterator[str]:
    """Yield a testbed's possible loopback addresses, best first, clear of 127.0.0.0/10."""
    yield from dict.fromkeys(_loopback(testbed, attempt) for attempt in range(16))


def _loopback(testbed: str, attempt: int) -> str:
    a, b, c = hashlib.sha256(f"{testbed}/loopback/{attempt}".encode()).digest()[:3]
    return f"127.{64 + a % 128}.{b}.{1 + c % 254}"


def free_loopback(testbed: str, taken: Collection[str]) -> str:
    """Return the testbed's loopback address, skipping the ones other testbeds have.

    Raises `StateError` where all candidates are taken, which needs thousands of testbeds.
    """
    for candidate in loopback_candidates(testbed):
        if candidate not in taken:
            return candidate
    raise StateError(
        f"no loopback address is free for testbed '{testbed}'",
        why="every candidate belongs to another testbed",
        next_step="choose another --name, or see what is running: testbed status",
    )
