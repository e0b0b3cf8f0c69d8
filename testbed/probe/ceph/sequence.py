"""A client that writes number after number: how long did writes stall, was one lost?"""

import json
import re
import shlex
from dataclasses import dataclass

from testbed.guest import Command, Guest, Script, must
from testbed.wait import Seen, wait_until

PROGRAM = "/usr/libexec/testbed/ceph-sequence"
_START = 60.0  # seconds until the first write must be acknowledged
_NAME = re.compile(r"[a-z][a-z0-9-]{0,31}")


@dataclass(frozen=True, slots=True)
class Sequence:
    """What a sequence writer saw; gaps are in seconds, between two acknowledged writes."""

    acknowledged: int
    longest_gap: float
    since_last: float | None  # None: nothing was ever acknowledged
    lost: tuple[int, ...]  # acknowledged, and not there

    def __str__(self) -> str:
        lost = f"{len(self.lost)} of them lost" if self.lost else "none of them lost"
        return (
            f"{self.acknowledged} writes acknowledged, {lost}, longest gap {self.longest_gap:.1f} s"
        )


def start(guest: Guest, pool: str, name: str = "sequence") -> None:
    """Let a machine write from now on, and return once a write was acknowledged.

    A sequence of that name that was ended goes on where it stood.
    """
    unit = ("systemd-run", "--quiet", "--collect", f"--unit={_unit(name)}", "--property=Restart=no")
    must(guest, Command((*unit, PROGRAM, "write", pool, name, _log(name)), sudo=True))

    def look() -> Seen:
        seen = acknowledged(guest, name)
        return Seen(seen > 0, f"{seen} writes acknowledged")

    wait_until(f"{guest.name}: writing to Ceph", look, timeout=_START)


def acknowledged(guest: Guest, name: str = "sequence") -> int:
    """Return how many writes were acknowledged so far; asks the machine, not Ceph."""
    counted = must(guest, Script(f"cat {_log(name)} 2>/dev/null | wc -l", sudo=True))
    return int(counted)


def stop(guest: Guest, name: str = "sequence") -> None:
    """End the writing; what was written stays."""
    guest.run(Command(("systemctl", "kill", "--signal=KILL", _unit(name)), sudo=True))


def report(guest: Guest, pool: str, name: str = "sequence", *, timeout: float = 60.0) -> Sequence:
    """Return what the writer saw, after reading every acknowledged write back.

    Raises `GuestError` where Ceph does not answer within `timeout` seconds.
    """
    return verify(guest, pool, name, _log(name), timeout=timeout)


def verify(guest: Guest, pool: str, name: str, log: str, *, timeout: float = 60.0) -> Sequence:
    """Return what a writer saw that noted its acknowledged writes in the file `log`.

    Raises `GuestError` where Ceph does not answer within `timeout` seconds.
    """
    command = Command((PROGRAM, "verify", pool, name, log), sudo=True)
    told = json.loads(must(guest, command, timeout=timeout))
    return Sequence(
        acknowledged=told["acknowledged"],
        longest_gap=told["longest_gap"],
        since_last=told["since_last"],
        lost=tuple(told["lost"]),
    )


def _unit(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(f"'{name}' is no name of a sequence")
    return f"testbed-{name}"


def _log(name: str) -> str:
    return shlex.quote(f"/run/{_unit(name)}.log")
