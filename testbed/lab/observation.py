"""What a probe says: does its claim hold, and what was seen."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from testbed.lab.words import Said

Heard = Mapping[str, Any]  # what machines told, as JSON has it: enough to read it again later
Value = str | int | float
LATE = "probe.late"
MUTE = "probe.ceph.mute"


class Status(StrEnum):
    """Whether a claim holds; `error` is a probe that could not look, `skip` one that need not."""

    PASS = "pass"  # noqa: S105 - a status
    FAIL = "fail"
    PENDING = "pending"
    SKIP = "skip"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Observation:
    """One look at one claim; `heard` is what it was read from."""

    status: Status
    seen: Said
    heard: Heard = field(default_factory=dict, compare=False, repr=False)

    @property
    def holds(self) -> bool:
        return self.status is Status.PASS

    @property
    def late(self) -> bool:
        """Whether it fails only because no answer came in time."""
        return self.seen.key == LATE

    @property
    def mute(self) -> bool:
        """Whether it fails only because Ceph as a whole does not answer."""
        return self.seen.key == MUTE


def said(key: str, **values: Value) -> Said:
    """Return a sentence of ours with its values."""
    return Said(key, values)


def judged(holds: bool, yes: str, no: str, **values: Value) -> Observation:
    """Return that a claim holds or does not, each with its sentence."""
    status = Status.PASS if holds else Status.FAIL
    return Observation(status, said(yes if holds else no, **values))


def passed(key: str, **values: Value) -> Observation:
    """Return that a claim holds."""
    return Observation(Status.PASS, said(key, **values))


def failed(key: str, **values: Value) -> Observation:
    """Return that a claim does not hold."""
    return Observation(Status.FAIL, said(key, **values))


def error(key: str, **values: Value) -> Observation:
    """Return that nobody could look."""
    return Observation(Status.ERROR, said(key, **values))


def skipped(key: str, **values: Value) -> Observation:
    """Return that this cannot be told now, and is not held against anybody."""
    return Observation(Status.SKIP, said(key, **values))


def together(statuses: Iterable[Status]) -> Status:
    """Return the status of several claims at once: the worst there is, pass where none is wrong."""
    found = set(statuses)
    for status in (Status.FAIL, Status.ERROR, Status.PENDING, Status.SKIP):
        if status in found:
            return status
    return Status.PASS
