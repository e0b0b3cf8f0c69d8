"""What long commands tell while they work."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Told:
    """A step begins, or has ended after so many seconds; `part` is what it is about.

    One with a `note` is neither: something is worth telling.
    """

    step: str
    part: str = ""
    seconds: float | None = None  # None: it begins
    note: str = ""


Report = Callable[[Told], None]


@dataclass
class Teller:
    """Tells each step to whoever listens, and keeps the seconds."""

    report: Report
    clock: Callable[[], float] = time.monotonic
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def step(self, step: str, part: str = "") -> Iterator[None]:
        """Tell that the block begins, and that it has ended well."""
        self.report(Told(step, part))
        started = self.clock()
        yield
        took = round(self.clock() - started, 2)
        self.seconds[f"{step} {part}".strip()] = took
        self.report(Told(step, part, took))

    def note(self, step: str, text: str) -> None:
        """Tell something in between."""
        self.report(Told(step, note=text))


def silent(_: Told) -> None:
    """Tell nobody."""
