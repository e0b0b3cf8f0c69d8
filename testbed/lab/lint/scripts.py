"""Scripts: every one that is named is there, every one that is there is named, and is a shell's."""

from collections.abc import Iterator

from testbed.errors import LabProblem
from testbed.lab.format import Lab
from testbed.lab.format.faults import Scripted
from testbed.lab.lint.folder import Folder, Rule
from testbed.topology.words import near

_FIRST = "#!/bin/sh"


def named_scripts_exist(folder: Folder) -> Iterator[LabProblem]:
    """Yield scripts that `lab.yaml` names and the folder lacks."""
    for where, script in script_uses(folder.lab):
        if script not in folder.scripts:
            close = near(script, folder.scripts)
            hint = f"did you mean '{close}'?" if close else "write the script, or remove its name"
            yield LabProblem(where, f"there is no script '{script}'", hint)


def scripts_are_used(folder: Folder) -> Iterator[LabProblem]:
    """Yield scripts that nothing runs."""
    used = {script for _, script in script_uses(folder.lab)}
    for script in folder.scripts:
        if script not in used:
            what, hint = "nothing in lab.yaml runs this file", "name it in lab.yaml, or remove it"
            yield LabProblem("script", what, hint, 0, script)


def scripts_are_for_the_shell(folder: Folder) -> Iterator[LabProblem]:
    """Yield scripts that do not say which shell reads them, or were saved for another system."""
    for script, text in folder.scripts.items():
        if text.split("\n", 1)[0] != _FIRST:
            what = f"a script starts with the line {_FIRST}"
            hint = f"make {_FIRST} its first line, with a plain end of line"
            yield LabProblem("script", what, hint, 1, script)


def script_uses(lab: Lab) -> Iterator[tuple[str, str]]:
    """Yield every place that names a script, and the script."""
    for n, fault in enumerate(lab.faults, 1):
        if isinstance(fault, Scripted):
            for key in ("inject", "manifested", "heal"):
                yield f"faults.{n}.{key}", getattr(fault, key)
    ways = [
        *((f"solutions.{n}", solution.moves) for n, solution in enumerate(lab.solutions, 1)),
        *((f"wrong_fixes.{n}", fix.moves) for n, fix in enumerate(lab.wrong_fixes, 1)),
    ]
    for where, moves in ways:
        for m, move in enumerate(moves, 1):
            if move.run is not None:
                yield f"{where}.moves.{m}.run", move.run


RULES: tuple[Rule, ...] = (named_scripts_exist, scripts_are_used, scripts_are_for_the_shell)
