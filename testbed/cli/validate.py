"""`testbed validate`: everything wrong with topology files, in one go."""

import dataclasses
import json as json_text
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from testbed.errors import Problem, TestbedError, TopologyError

if TYPE_CHECKING:  # pydantic is loaded by the command, not by every `testbed --help`
    from testbed.topology.models import Topology


class SeveralWrong(TestbedError):
    """More than one of the files given is wrong."""

    exit_code = TopologyError.exit_code

    def __init__(self, errors: list[TestbedError]) -> None:
        super().__init__(f"{len(errors)} files are wrong")
        self.errors = tuple(errors)

    def lines(self) -> Iterator[str]:
        for error in self.errors:
            yield from error.lines()


def validate(
    files: Annotated[
        list[Path],
        typer.Argument(help="Topology files, or names of shipped ones.", metavar="FILE..."),
    ],
    json: Annotated[bool, typer.Option("--json", help="Print the problems as JSON.")] = False,
) -> None:
    """List everything that is wrong with topology files.

    Each problem comes with its line and a hint; all are told at once.
    """
    from testbed.topology.shipped import find

    errors: dict[Path, TestbedError] = {}
    for file in files:
        try:
            topology = find(str(file))
        except TestbedError as error:
            errors[file] = error
        else:
            if not json:
                typer.echo(f"{file} is fine: {_size(topology)}")
    if json:
        typer.echo(_report(errors))
        raise typer.Exit(TopologyError.exit_code if errors else 0)
    if errors:
        found = list(errors.values())
        raise found[0] if len(found) == 1 else SeveralWrong(found)


def _size(topology: "Topology") -> str:
    counts = {
        "machine": len(topology.machines),
        "cable": len(topology.cables),
        "VLAN": len(topology.vlans),
    }
    return ", ".join(f"{n} {noun}{'' if n == 1 else 's'}" for noun, n in counts.items())


def _report(errors: dict[Path, TestbedError]) -> str:
    problems = [
        {"file": str(file), **dataclasses.asdict(problem)}
        for file, error in errors.items()
        for problem in _problems(error)
    ]
    return json_text.dumps({"ok": not errors, "problems": problems}, indent=2, ensure_ascii=False)


def _problems(error: TestbedError) -> tuple[Problem, ...]:
    if isinstance(error, TopologyError):
        return error.problems
    return (Problem("file", error.in_one_line, error.next_step),)
