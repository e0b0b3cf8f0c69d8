"""What a probe concludes."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Verdict:
    """One claim about a machine: does it hold, and what was seen."""

    probe: str
    machine: str
    holds: bool
    seen: str

    def __str__(self) -> str:
        return f"{self.machine}: {self.probe}: {self.seen}"


def failing(verdicts: Iterable[Verdict]) -> tuple[Verdict, ...]:
    """Return the verdicts that do not hold."""
    return tuple(verdict for verdict in verdicts if not verdict.holds)
