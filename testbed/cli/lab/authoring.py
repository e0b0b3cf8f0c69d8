"""`testbed lab new|lint|prove|schema`: for those who write labs."""

import dataclasses
import json as json_text
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from testbed.cli.lab.options import LabName, complete_labs, open_lab
from testbed.cli.options import Json, Name, open_testbed
from testbed.errors import LabError

if TYPE_CHECKING:
    from testbed.errors import LabProblem
    from testbed.lab.proof import Proof

Labs = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[LAB…]", help="Ids or folders. [default: all]", autocompletion=complete_labs
    ),
]


class SeveralWrong(LabError):
    """More than one of the labs is wrong."""

    def __init__(self, errors: list[LabError]) -> None:
        super().__init__(f"{len(errors)} labs are wrong")
        self.errors = tuple(errors)

    def lines(self) -> Iterator[str]:
        for error in self.errors:
            yield from error.lines()


def new(
    lab: Annotated[
        str, typer.Argument(metavar="ID", help="Its id; it does not give the cause away.")
    ],
    where: Annotated[
        Path | None,
        typer.Option("--in", metavar="FOLDER", help="Where. [default: labs, if it is here]"),
    ] = None,
) -> None:
    """Write the folder of a new lab that works, to be rewritten."""
    from testbed.lab.new import create

    here = Path("labs") if Path("labs").is_dir() else Path()
    made = create(where or here, lab)
    typer.echo(made)
    typer.echo(f"what is left to do: testbed lab lint {made}", err=True)


def lint(
    labs: Labs = None,
    accept: Annotated[
        bool,
        typer.Option("--accept", help="Say that the translations fit the Korean as it is now."),
    ] = False,
    json: Json = False,
) -> None:
    """List everything that is wrong with labs.

    Each problem comes with its file, its line and a hint. Exits with 8 if there is one.
    """
    from testbed.lab import folder
    from testbed.lab import lint as linting

    found: dict[Path, tuple[LabProblem, ...]] = {}
    for each in labs or folder.shipped():
        place = folder.find(each)
        if accept:
            linting.accept(place)
        found[place] = linting.problems(place)
    if json:
        typer.echo(_report(found))
        raise typer.Exit(LabError.exit_code if any(found.values()) else 0)
    _tell(found)


def _tell(found: "dict[Path, tuple[LabProblem, ...]]") -> None:
    """Print the names of what is fine; raise the problems of what is not."""
    from testbed.lab.reading import refusal

    errors = []
    for place, problems in found.items():
        if problems:
            errors.append(refusal(place, problems))
        else:
            typer.echo(f"{place.resolve().name} is fine")
    if errors:
        raise errors[0] if len(errors) == 1 else SeveralWrong(errors)


def _report(found: "dict[Path, tuple[LabProblem, ...]]") -> str:
    problems = [
        {"lab": place.resolve().name, **dataclasses.asdict(problem)}
        for place, problems in found.items()
        for problem in problems
    ]
    whole = {"ok": not problems, "problems": problems}
    return json_text.dumps(whole, indent=2, ensure_ascii=False)


def prove(
    lab: LabName,
    brief: Annotated[
        bool,
        typer.Option("--brief", help="Try one wrong fix and one solution only; write no proof."),
    ] = False,
    name: Name = None,
    json: Json = False,
) -> None:
    """Try a whole lab on real machines, and write its proof.

    Broken it is seen to be; wrong fixes are rejected by whom the lab names; solutions are
    accepted and last. Exits with 1 if anything did not go as the lab says.
    """
    from testbed.cli.lab.steps import shown
    from testbed.lab import lint as linting
    from testbed.lab import prove as proving
    from testbed.lab.reading import refusal
    from testbed.lab.shortened import Shortened, shorten
    from testbed.lab.world import open_world

    folder, whole = open_lab(lab)
    if problems := linting.problems(folder):
        raise refusal(folder, problems)
    wanted = shorten(whole) if brief else Shortened(whole, ())
    attest = partial(proving.attest, brief=True) if brief else proving.prove
    with (
        open_testbed(name) as (host, folders, testbed),
        open_world(host, folders, testbed) as world,
        shown(None) as report,
    ):
        proof = attest(world, folder, wanted.lab, report)
    told = _brief(proof, wanted.left_out) if brief else _whole(proof)
    typer.echo(_facts(proof, brief, wanted.left_out) if json else "\n".join(told))
    raise typer.Exit(0 if proof.holds else 1)


def _whole(proof: "Proof") -> Iterator[str]:
    """Yield what came of a proof."""
    yield from (f"MISS {miss}" for miss in proof.misses)
    yield f"lab '{proof.lab}' is {'proven' if proof.holds else 'not proven'}"


def _facts(proof: "Proof", brief: bool, left_out: tuple[str, ...]) -> str:
    facts = {"lab": proof.lab, "holds": proof.holds, "misses": proof.misses, "brief": brief}
    return json_text.dumps({**facts, "left_out": left_out, "seconds": proof.seconds}, indent=1)


def _brief(proof: "Proof", left_out: tuple[str, ...]) -> Iterator[str]:
    """Yield what came of a brief trial, and all that it says nothing about."""
    yield from (f"MISS {miss}" for miss in proof.misses)
    did = "did what it says" if proof.holds else "did not do what it says"
    yield f"lab '{proof.lab}' {did} in a brief trial, which is no proof: none was written"
    yield f"left out: {', '.join(left_out) or 'nothing'}"


def schema() -> None:
    """Print the JSON Schema of lab.yaml.

    Save it, and name it in the first line of a lab for completion in an editor:
    # yaml-language-server: $schema=lab.schema.json
    """
    from testbed.lab.schema import json_schema

    typer.echo(json_text.dumps(json_schema(), indent=2))
