"""Speaking to the learner in one language, and lines on the screen."""

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import typer

from testbed.cli.advice import named

if TYPE_CHECKING:  # every `testbed --help` imports this file
    from testbed.lab.format import Locale
    from testbed.lab.words import Said

_WIDEST = 100


@dataclass(frozen=True, slots=True)
class Voice:
    """Our sentences in one language; `option` is what names the testbed in their commands."""

    locale: "Locale"
    option: str = ""

    def __call__(self, key: str, /, **values: str | int | float) -> str:
        """Return a sentence of `words/` with its values."""
        from testbed.lab.words import Said, say

        return self.named(say(Said(key, values), self.locale))

    def named(self, text: str) -> str:
        """Return a lab's own text with commands that mean the testbed, too."""
        return named(text, self.option)

    def say(self, said: "Said") -> str:
        """Return a sentence that another part of the program has to say."""
        from testbed.lab.words import say

        return say(said, self.locale)

    def duration(self, seconds: float) -> str:
        """Return a length of time in words."""
        from testbed.lab.spans import span

        return span(seconds, self.locale)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of output; where it is wrapped, it goes on below its own first letter."""

    text: str = ""
    style: str = ""
    indent: int = 0
    label: str = ""  # stands before the text, which is wrapped beside it


def show(lines: Iterable[Line], *, err: bool = False) -> None:
    """Print lines; in colour and wrapped on a terminal, plainly everywhere else."""
    stream = sys.stderr if err else sys.stdout
    if not stream.isatty():
        for line in lines:
            typer.echo(plain(line), err=err)
        return
    from rich.console import Console

    console = Console(stderr=err, highlight=False)
    for line in lines:
        console.print(rich_line(line, min(console.width, _WIDEST)), soft_wrap=True)


def plain(line: Line) -> str:
    """Return a line as text, however long it becomes."""
    return f"{' ' * line.indent}{line.label}{line.text}".rstrip()


def rich_line(line: Line, width: int) -> object:
    """Return a line for a terminal of that width."""
    from rich.cells import cell_len
    from rich.console import Console
    from rich.text import Text

    margin = line.indent + cell_len(line.label)
    body = Text(line.text, style=line.style)
    rows = body.wrap(Console(width=width), max(20, width - margin))
    drawn = Text(" " * line.indent).append(line.label, style="dim")
    for number, row in enumerate(rows):
        row.rstrip()
        drawn.append("\n" + " " * margin if number else "").append_text(row)
    return drawn


def columns(rows: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    """Return rows of cells as lines; a Korean letter takes two columns, as terminals draw it."""
    from rich.cells import cell_len

    kept = tuple(rows)
    widths = [max(map(cell_len, column)) for column in zip(*kept, strict=True)]
    return tuple(
        "  ".join(
            cell + " " * (width - cell_len(cell)) for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in kept
    )
