"""Showing progress: a live table on a terminal, plain lines everywhere else; always on stderr."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from testbed.apply.progress import WHOLE, Event, Report, Stage, Status

if TYPE_CHECKING:
    from rich.table import Table

_OF_WHOLE = (Stage.RESTORED, Stage.IMAGE, Stage.STEADY, Stage.CHECKPOINT)
_OF_STEPS = (Stage.STORAGE, Stage.CLOUD)  # told when they end: there are many
_SHOWN = tuple(stage for stage in Stage if stage not in _OF_WHOLE)


@contextmanager
def shown(machines: tuple[str, ...]) -> Iterator[Report]:
    """Show the events that are reported inside the block."""
    if sys.stderr.isatty():
        with _live(machines) as report:
            yield report
    else:
        yield _Lines().report


class _Lines:
    """One line per event that ended something."""

    def __init__(self) -> None:
        self._start = time.monotonic()

    def report(self, event: Event) -> None:
        at = f"[{time.monotonic() - self._start:7.1f} s]"
        if event.status is Status.DONE:
            part = f": {event.detail}" if event.detail else ""
            line = f"{at} {event.machine}: {event.stage.value}{part} ({event.seconds:.1f} s)"
        elif event.status is Status.FAILED:
            line = f"{at} {event.machine}: {event.stage.value} FAILED: {event.detail}"
        elif event.stage not in _OF_STEPS and (event.detail or event.machine == WHOLE):
            line = f"{at} {event.machine}: {event.stage.value} … {event.detail}".rstrip()
        else:
            return
        typer.echo(line, err=True)


@contextmanager
def _live(machines: tuple[str, ...]) -> Iterator[Report]:
    from rich.console import Console
    from rich.live import Live

    board = _Board(machines)
    console = Console(stderr=True)
    with Live(get_renderable=board.table, console=console, refresh_per_second=4):
        yield board.report


class _Board:
    """What the live table shows: for each machine and stage, the seconds it took."""

    def __init__(self, machines: tuple[str, ...]) -> None:
        self._machines = machines
        self._cells: dict[tuple[str, Stage], Event] = {}
        self._since: dict[tuple[str, Stage], float] = {}
        self._whole = ""
        self._start = time.monotonic()

    def report(self, event: Event) -> None:
        if event.machine == WHOLE:
            self._whole = f"{event.stage.value}: {event.detail or event.status.value}"
        if event.stage is Stage.RESTORED and event.status is Status.NOTED:
            return  # it only says why nothing is restored
        self._since[event.machine, event.stage] = time.monotonic()  # the table may be drawn now
        self._cells[event.machine, event.stage] = event

    def table(self) -> "Table":
        from rich.box import SIMPLE_HEAD
        from rich.markup import escape
        from rich.table import Table

        elapsed = time.monotonic() - self._start
        caption = escape(f"{elapsed:.0f} s  {self._whole}"[:100])
        table = Table(
            box=SIMPLE_HEAD,  # a terminal has 80 columns, which lines between them would fill
            padding=(0, 0),
            pad_edge=False,
            collapse_padding=True,
            caption=caption,
            caption_justify="left",
        )
        table.add_column("machine")
        stages = self._stages()
        for stage in stages:
            table.add_column(stage.value, justify="right", min_width=7)
        for machine in self._machines:
            table.add_row(machine, *(self._cell(machine, stage) for stage in stages))
        return table

    def _stages(self) -> tuple[Stage, ...]:
        """Return the columns: machines that are restored together take none of the other steps.

        Unless they are deployed further, or anew. Few testbeds have a cloud.
        """
        seen = {stage for machine, stage in tuple(self._cells) if machine in self._machines}
        if (WHOLE, Stage.RESTORED) not in self._cells:
            return tuple(each for each in _SHOWN if each is not Stage.CLOUD or each in seen)
        return (Stage.RESTORED, *(stage for stage in _SHOWN if stage in seen))

    def _cell(self, machine: str, stage: Stage) -> str:
        of = WHOLE if stage in _OF_WHOLE else machine
        event = self._cells.get((of, stage))
        if event is None:
            return "[dim]·[/]"
        if event.status is Status.DONE:
            return f"[green]{event.seconds:.1f} s[/]"
        if event.status is Status.FAILED:
            return "[red]failed[/]"
        return f"[yellow]{time.monotonic() - self._since[of, stage]:.0f} s …[/]"
