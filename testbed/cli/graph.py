"""`testbed graph`: the network as a drawing, with what is up and what is not."""

import json as json_module
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from testbed.cli.options import Json, Name, open_testbed
from testbed.errors import CannotWrite

if TYPE_CHECKING:
    from testbed.plan.models import Plan
    from testbed.render.graph_state import MachineState

_WIDEST, _NARROWEST = 100, 72
_CROSS = "\N{BOX DRAWINGS LIGHT DIAGONAL CROSS}"
_STYLES = {
    f"[^ ]*{_CROSS}[^ ]*|[0-9]+ pulled": "bold red",
    "● running": "green",
    "◐ paused": "yellow",
    "○ off|╌+": "dim",
}


def graph(
    topology: Annotated[
        str | None,
        typer.Argument(help="Draw a topology (a file or a shipped name) as planned."),
    ] = None,
    name: Name = None,
    svg: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write an SVG instead; - is standard output."),
    ] = None,
    json: Json = False,
) -> None:
    """Draw the network: machines, bonds, VLANs and cables.

    Of a testbed it shows what is up and what is pulled now; of a topology, what is planned.
    """
    if svg is not None and json:
        raise typer.BadParameter("give --svg or --json, not both")
    plan, state = _look(topology, name)
    if svg is not None:
        _write_svg(svg, plan, state)
    elif json:
        from testbed.render.graph_facts import facts

        typer.echo(json_module.dumps(facts(plan, state), indent=1))
    else:
        _print(plan, state)


def _look(
    topology: str | None, name: str | None
) -> "tuple[Plan, Mapping[str, MachineState] | None]":
    """Return what to draw: a testbed as it is now, or a topology as it would be."""
    if topology is not None and name is not None:
        raise typer.BadParameter("give a topology to draw, or --name of a testbed, not both")
    if topology is not None:
        return _planned(topology), None
    from testbed.apply.observe import machine_states

    with open_testbed(name) as (_, _, testbed):
        return testbed.plan, machine_states(testbed)


def _planned(topology: str) -> "Plan":
    from testbed.plan.decide import plan
    from testbed.topology.shipped import find

    found = find(topology)
    return plan(found, name=found.name, folder=Path(), loopback="127.0.0.1")


def _write_svg(file: Path, plan: "Plan", state: "Mapping[str, MachineState] | None") -> None:
    from testbed.render.svg import svg

    drawing = svg(plan, state)
    if str(file) == "-":
        typer.echo(drawing, nl=False)
        return
    try:
        file.write_text(drawing, encoding="utf-8")
    except OSError as error:
        raise CannotWrite(
            f"cannot write '{file}'",
            why=error.strerror or str(error),
            next_step="name a file in a folder of yours, for example: testbed graph --svg lab.svg",
        ) from error
    typer.echo(f"wrote {file}", err=True)


def _print(plan: "Plan", state: "Mapping[str, MachineState] | None") -> None:
    """Print the drawing; in colour on a terminal, where colour only repeats the signs."""
    from testbed.render.graph import text

    columns = shutil.get_terminal_size((_WIDEST, 24)).columns
    drawing = text(plan, state, max(_NARROWEST, min(_WIDEST, columns)))
    if not sys.stdout.isatty():
        typer.echo(drawing, nl=False)
        return
    from rich.console import Console
    from rich.text import Text

    coloured = Text(drawing)
    for pattern, style in _STYLES.items():
        coloured.highlight_regex(pattern, style)
    Console(highlight=False).print(coloured, end="", soft_wrap=True)
