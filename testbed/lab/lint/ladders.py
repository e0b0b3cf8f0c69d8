"""Ladders of hints, and claims that say for how long they hold."""

from collections.abc import Iterator

from testbed.errors import LabProblem
from testbed.lab.format import Hint, Rung
from testbed.lab.lint.folder import Folder, Rule

_ORDER = tuple(Rung)


def every_objective_has_a_ladder(folder: Folder) -> Iterator[LabProblem]:
    """Yield objectives without hints, and ladders that lack their first or last rung."""
    for n, objective in enumerate(folder.lab.objectives, 1):
        rungs = [hint.rung for _, hint in _ladder(folder, objective.id)]
        for rung, place in ((_ORDER[0], "start"), (_ORDER[-1], "end")):
            if rung not in rungs:
                what = f"the ladder of hints for '{objective.id}' has no '{rung}' to {place} with"
                hint = f"add under hints: {{id: {objective.id}-{rung}, rung: {rung}, "
                yield LabProblem(f"objectives.{n}", what, f"{hint}for: {objective.id}}}")


def rungs_go_up(folder: Folder) -> Iterator[LabProblem]:
    """Yield hints that tell less than one before them towards the same objective."""
    for objective in folder.lab.objectives:
        highest = _ORDER[0]
        for n, hint in _ladder(folder, objective.id):
            if _ORDER.index(hint.rung) < _ORDER.index(highest):
                what = f"'{hint.rung}' comes after '{highest}' on the ladder for '{objective.id}'"
                yield LabProblem(f"hints.{n}", what, f"the order is: {', '.join(_ORDER)}")
            highest = max(highest, hint.rung, key=_ORDER.index)


def held_claims_say_how_long(folder: Folder) -> Iterator[LabProblem]:
    """Yield probes that are to hold for no time, or hold for a time nobody watches."""
    for id, probe in folder.lab.probes.items():
        if probe.mode == "hold" and not probe.hold:
            what = "the probe is to hold, but not for how long"
            yield LabProblem(f"probes.{id}", what, "add for example for: 10")
        elif probe.mode != "hold" and probe.hold:
            what = f"'for' means nothing in mode '{probe.mode}'"
            yield LabProblem(f"probes.{id}.for", what, "write mode: hold, or remove the line")


def _ladder(folder: Folder, objective: str) -> list[tuple[int, Hint]]:
    numbered = enumerate(folder.lab.hints, 1)
    return [(n, hint) for n, hint in numbered if hint.objective == objective]


RULES: tuple[Rule, ...] = (every_objective_has_a_ladder, rungs_go_up, held_claims_say_how_long)
