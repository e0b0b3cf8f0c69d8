"""A whole lab, as `lab.yaml` describes it."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from testbed.lab.format.common import Id, Ids, Kind, LabId, LabPart, Rung, Seconds, Severity, Tier
from testbed.lab.format.faults import Fault
from testbed.lab.format.moves import Move, Perturbation
from testbed.lab.format.probes import Probes
from testbed.lab.format.sentinels import Sentinel


class Symptom(LabPart):
    """A probe that fails once the fault is in, as the learner will see it."""

    probe: Id
    within: Annotated[Seconds, Field(description="of the injection")] = 60


class Objective(LabPart):
    """Probes that must hold in the end; all of them at once, however long ago they first did."""

    id: Id
    tier: Tier
    probes: Ids
    true_before: Annotated[
        str, Field(description="why it holds while the fault is in, where it does")
    ] = ""


class Safeguard(LabPart):
    """What a repair must not cost: probes that hold, sentinels that are whole."""

    id: Id
    severity: Severity
    probes: tuple[Id, ...] = ()
    sentinels: tuple[Id, ...] = ()


class Hint(LabPart):
    """A step of the ladder of hints towards an objective."""

    id: Id
    rung: Rung
    objective: Annotated[Id, Field(alias="for")]


class Solution(LabPart):
    """A way that mends it, and how far it goes."""

    id: Id
    reaches: Tier
    moves: Annotated[tuple[Move, ...], Field(min_length=1)]


class WrongFix(LabPart):
    """A way that people try and that does not mend it, and who says so."""

    id: Id
    moves: Annotated[tuple[Move, ...], Field(min_length=1)]
    rejected_by: Annotated[Ids, Field(description="objectives, safeguards or `perturbation`")]


class Lab(LabPart):
    """One guided exercise."""

    api: Literal["lab/v1"]
    id: LabId
    incident: Annotated[tuple[str, ...], Field(min_length=1, description="such as R02")]
    kind: Kind
    level: Annotated[int, Field(ge=1, le=5)]
    minutes: Annotated[int, Field(ge=5, le=240, description="expected, not a limit")]
    topology: Annotated[str, Field(description="the shipped topology it needs")]
    stage: Literal["network", "storage"]
    concepts: Annotated[tuple[str, ...], Field(min_length=1)]
    after: Annotated[tuple[LabId, ...], Field(description="labs that are better done first")] = ()
    sentinels: Mapping[Id, Sentinel] = {}
    probes: Probes
    steady_state: Annotated[Ids, Field(description="probes that hold before the fault")]
    faults: tuple[Fault, ...] = ()
    symptoms: Annotated[tuple[Symptom, ...], Field(min_length=1)]
    persistence: Annotated[Seconds, Field(description="for so long nothing heals by itself")] = 20
    objectives: Annotated[tuple[Objective, ...], Field(min_length=1)]
    safeguards: tuple[Safeguard, ...] = ()
    perturb: tuple[Perturbation, ...] = ()
    hints: tuple[Hint, ...] = ()
    solutions: Annotated[tuple[Solution, ...], Field(min_length=1)]
    wrong_fixes: Annotated[tuple[WrongFix, ...], Field(min_length=2)]
