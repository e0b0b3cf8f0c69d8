"""What a check found: a verdict, what was seen, and the command that mends it."""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """How a check ended; only a failure keeps testbeds from working."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check."""

    name: str
    verdict: Verdict
    seen: str
    mend: str = ""  # what to type
    cost: str = ""  # what it means to leave it so


def ok(name: str, seen: str) -> Finding:
    """Return a finding with nothing to mend."""
    return Finding(name, Verdict.OK, seen)


def warn(name: str, seen: str, *, mend: str = "", cost: str = "") -> Finding:
    """Return a finding that testbeds can live with, at a cost."""
    return Finding(name, Verdict.WARN, seen, mend, cost)


def fail(name: str, seen: str, *, mend: str, cost: str = "") -> Finding:
    """Return a finding that keeps testbeds from working."""
    return Finding(name, Verdict.FAIL, seen, mend, cost)
