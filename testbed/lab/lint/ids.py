"""Ids: every one that is used is defined, every one that is defined is used, and none twice."""

from collections.abc import Collection, Iterable, Iterator

from testbed.errors import LabProblem
from testbed.lab.format import Lab
from testbed.lab.format.probes import Writer
from testbed.lab.format.sentinels import SequenceWriter
from testbed.lab.lint.folder import Folder, Rule
from testbed.topology.words import suggestion

PERTURBATION = "perturbation"  # who rejects what does not last
Use = tuple[str, str]  # where an id is used, and the id


def used_probes_exist(folder: Folder) -> Iterator[LabProblem]:
    """Yield every use of a probe nobody defined."""
    yield from _unknown(probe_uses(folder.lab), folder.lab.probes, "probe", "probes")


def used_sentinels_exist(folder: Folder) -> Iterator[LabProblem]:
    """Yield every use of a sentinel nobody plants."""
    yield from _unknown(sentinel_uses(folder.lab), folder.lab.sentinels, "sentinel", "sentinels")


def writers_are_writers(folder: Folder) -> Iterator[LabProblem]:
    """Yield probes of a writer that look at a sentinel which writes nothing."""
    for id, probe in folder.lab.probes.items():
        sentinel = folder.lab.sentinels.get(probe.sentinel) if isinstance(probe, Writer) else None
        if sentinel is not None and not isinstance(sentinel, SequenceWriter):
            what = f"the sentinel is of type '{sentinel.type}', which writes once and no more"
            yield LabProblem(f"probes.{id}.sentinel", what, "name a sentinel of type 'writer'")


def hinted_objectives_exist(folder: Folder) -> Iterator[LabProblem]:
    """Yield hints towards something that is no objective."""
    uses = [(f"hints.{n}.for", hint.objective) for n, hint in enumerate(folder.lab.hints, 1)]
    yield from _unknown(uses, _objectives(folder.lab), "objective", "objectives")


def judges_exist(folder: Folder) -> Iterator[LabProblem]:
    """Yield wrong fixes that are rejected by nothing there is."""
    lab = folder.lab
    judges = dict.fromkeys([*_objectives(lab), *(safeguard.id for safeguard in lab.safeguards)])
    for place, judge in _judge_uses(lab):
        if judge == PERTURBATION and not lab.perturb:
            what = "nothing disturbs the repair, so no perturbation can reject it"
            yield LabProblem(place, what, "add a disturbance under perturb")
        elif judge != PERTURBATION:
            under = "objectives or safeguards"
            yield from _unknown([(place, judge)], judges, "objective or safeguard", under)


def defined_ids_are_used(folder: Folder) -> Iterator[LabProblem]:
    """Yield probes nobody asks and sentinels nobody looks after."""
    lab = folder.lab
    for kind, defined, uses in (
        ("probe", lab.probes, probe_uses(lab)),
        ("sentinel", lab.sentinels, sentinel_uses(lab)),
    ):
        used = {id for _, id in uses}
        for id in defined:
            if id not in used:
                what, hint = f"nothing uses the {kind} '{id}'", "use it, or remove it"
                yield LabProblem(f"{kind}s.{id}", what, hint)


def no_id_twice(folder: Folder) -> Iterator[LabProblem]:
    """Yield ids given to two things of which one could be meant for the other."""
    lab = folder.lab
    judges = [
        *((f"objectives.{n}.id", objective.id) for n, objective in enumerate(lab.objectives, 1)),
        *((f"safeguards.{n}.id", safeguard.id) for n, safeguard in enumerate(lab.safeguards, 1)),
    ]
    for uses in (
        [(f"faults.{n}.id", fault.id) for n, fault in enumerate(lab.faults, 1)],
        [(f"symptoms.{n}.probe", symptom.probe) for n, symptom in enumerate(lab.symptoms, 1)],
        [("objectives", PERTURBATION), *judges],
        [(f"hints.{n}.id", hint.id) for n, hint in enumerate(lab.hints, 1)],
        [(f"solutions.{n}.id", solution.id) for n, solution in enumerate(lab.solutions, 1)],
        [(f"wrong_fixes.{n}.id", fix.id) for n, fix in enumerate(lab.wrong_fixes, 1)],
    ):
        yield from _twice(uses)


def probe_uses(lab: Lab) -> Iterator[Use]:
    """Yield every place that uses a probe."""
    for n, id in enumerate(lab.steady_state, 1):
        yield f"steady_state.{n}", id
    for n, symptom in enumerate(lab.symptoms, 1):
        yield f"symptoms.{n}.probe", symptom.probe
    for n, objective in enumerate(lab.objectives, 1):
        yield from ((f"objectives.{n}.probes.{m}", id) for m, id in enumerate(objective.probes, 1))
    for n, safeguard in enumerate(lab.safeguards, 1):
        yield from ((f"safeguards.{n}.probes.{m}", id) for m, id in enumerate(safeguard.probes, 1))
    for n, perturbation in enumerate(lab.perturb, 1):
        yield from ((f"perturb.{n}.during.{m}", id) for m, id in enumerate(perturbation.during, 1))


def sentinel_uses(lab: Lab) -> Iterator[Use]:
    """Yield every place that uses a sentinel."""
    for id, probe in lab.probes.items():
        if isinstance(probe, Writer):
            yield f"probes.{id}.sentinel", probe.sentinel
    for n, safeguard in enumerate(lab.safeguards, 1):
        for m, id in enumerate(safeguard.sentinels, 1):
            yield f"safeguards.{n}.sentinels.{m}", id


def _judge_uses(lab: Lab) -> Iterator[Use]:
    for n, fix in enumerate(lab.wrong_fixes, 1):
        yield from (
            (f"wrong_fixes.{n}.rejected_by.{m}", id) for m, id in enumerate(fix.rejected_by, 1)
        )


def _objectives(lab: Lab) -> tuple[str, ...]:
    return tuple(objective.id for objective in lab.objectives)


def _unknown(
    uses: Iterable[Use], defined: Collection[str], noun: str, under: str
) -> Iterator[LabProblem]:
    for where, id in uses:
        if id not in defined:
            yield LabProblem(where, f"there is no {noun} '{id}'", suggestion(id, defined, under))


def _twice(uses: Iterable[Use]) -> Iterator[LabProblem]:
    first: dict[str, str] = {}
    for where, id in uses:
        if id in first:
            what = f"'{id}' already stands at {first[id]}"
            if id == PERTURBATION:
                what = f"'{id}' is the name of what disturbs a repair"
            yield LabProblem(where, what, "choose another")
        first.setdefault(id, where)


RULES: tuple[Rule, ...] = (
    used_probes_exist,
    used_sentinels_exist,
    writers_are_writers,
    hinted_objectives_exist,
    judges_exist,
    defined_ids_are_used,
    no_id_twice,
)
