"""Steps and their seconds as they pass: live on a terminal, plain lines elsewhere; on stderr."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from rich.console import Group

    from testbed.cli.lab.voice import Voice
    from testbed.lab.telling import Report, Told

_KEYS = {
    "restore": "ui.step.restore",
    "steady": "ui.step.steady",
    "plant": "ui.step.plant",
    "inject": "ui.step.inject",
    "symptoms": "ui.step.symptoms",
    "checkpoint": "ui.step.checkpoint",
    "objectives": "ui.step.objectives",
    "objectives again": "ui.step.objectives-again",
    "perturb": "ui.step.perturb",
    "give back": "ui.step.give-back",
}


@contextmanager
def shown(voice: "Voice | None") -> Iterator["Report"]:
    """Show the steps that are told inside the block; without a voice, in their own names."""
    board = _Board(voice)
    if not sys.stderr.isatty():
        yield board.print
        return
    from rich.console import Console
    from rich.live import Live

    console = Console(stderr=True)
    with Live(get_renderable=board.drawing, console=console, refresh_per_second=4):
        yield board.take


class _Board:
    """What was told so far, and since when the step at hand has been going on."""

    def __init__(self, voice: "Voice | None", clock: Callable[[], float] = time.monotonic) -> None:
        self._voice, self._clock = voice, clock
        self._begun = clock()
        self._done: list[str] = []
        self._going: dict[str, float] = {}

    def take(self, told: "Told") -> None:
        """Remember a step that began or ended, or a note."""
        if told.note:
            self._done.append(f"· {self._name(told)}: {told.note}")
        elif told.seconds is None:
            self._going[self._name(told)] = self._clock()
        else:
            self._going.pop(self._name(told), None)
            self._done.append(f"✓ {self._name(told)} ({told.seconds:.1f} s)")

    def print(self, told: "Told") -> None:
        """Print a step that ended, or a note, with the seconds since the beginning."""
        at = f"[{self._clock() - self._begun:7.1f} s] {self._name(told)}"
        if told.note:
            typer.echo(f"{at}: {told.note}", err=True)
        elif told.seconds is not None:
            typer.echo(f"{at} ({told.seconds:.1f} s)", err=True)

    def drawing(self) -> "Group":
        """Return what the terminal shows now; it may be asked for at any moment."""
        from rich.console import Group
        from rich.text import Text

        now = self._clock()
        going = [f"… {name} ({now - since:.0f} s)" for name, since in tuple(self._going.items())]
        rows = [Text(each, style="green") for each in tuple(self._done)]
        return Group(*rows, *(Text(each, style="yellow") for each in going))

    def _name(self, told: "Told") -> str:
        if self._voice is None or told.step not in _KEYS:
            return f"{told.step} {told.part}".strip()
        return self._voice(_KEYS[told.step], part=told.part)
