"""Moves: what solutions, wrong fixes and perturbations do to machines and cables."""

from typing import Annotated

from pydantic import Field, model_validator

from testbed.lab.format.common import End, Id, LabPart, MachineName, Machines, ScriptFile, Seconds


class Move(LabPart):
    """One move, as a learner makes it: exactly one of its kinds is given."""

    run: Annotated[ScriptFile | None, Field(description="a script, run as root `on` machines")] = (
        None
    )
    on: Annotated[Machines | None, Field(description="where `run` runs, one after another")] = None
    restart: Annotated[MachineName | None, Field(description="a machine to restart")] = None
    power_on: Annotated[MachineName | None, Field(description="a machine to switch on")] = None
    power_off: Annotated[MachineName | None, Field(description="a machine to switch off")] = None
    plug: Annotated[End | None, Field(description="a cable to plug in")] = None
    pull: Annotated[End | None, Field(description="a cable to pull")] = None
    timeout: Annotated[Seconds, Field(description="for a script, on each machine")] = 300

    @model_validator(mode="after")
    def _one_kind(self) -> "Move":
        kinds = ("run", "restart", "power_on", "power_off", "plug", "pull")
        if sum(getattr(self, kind) is not None for kind in kinds) != 1:
            raise ValueError(f"a move has exactly one of: {', '.join(kinds)}")
        if (self.run is None) != (self.on is None):
            raise ValueError("'run' and 'on' belong together")
        return self


class Perturbation(LabPart):
    """A disturbance that a lasting repair survives: something goes, and comes back.

    While it is gone the probes of `during` must hold; once it is back, all objectives.
    """

    cable: Annotated[End | None, Field(description="a cable to pull and plug in again")] = None
    reboot: Annotated[MachineName | None, Field(description="a machine to restart")] = None
    power: Annotated[MachineName | None, Field(description="a machine to switch off and on")] = None
    during: Annotated[tuple[Id, ...], Field(description="probes that hold meanwhile")] = ()

    @model_validator(mode="after")
    def _one_kind(self) -> "Perturbation":
        kinds = ("cable", "reboot", "power")
        if sum(getattr(self, kind) is not None for kind in kinds) != 1:
            raise ValueError(f"a perturbation has exactly one of: {', '.join(kinds)}")
        return self
