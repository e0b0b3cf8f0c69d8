"""A lab cut down to what a brief trial of it has time for."""

from dataclasses import dataclass

from testbed.lab.format import Lab, WrongFix
from testbed.lab.perturbing import name_of
from testbed.lab.verifying import PERTURBATION

_PERSISTENCE = 5.0  # seconds
_PATIENCE = 30.0  # seconds


@dataclass(frozen=True, slots=True)
class Shortened:
    """A lab with less in it, and what was left out of it, each in a few words."""

    lab: Lab
    left_out: tuple[str, ...]


def shorten(lab: Lab) -> Shortened:
    """Return the lab with one wrong fix and its first solution, watched for less long.

    A wrong fix that shows without a disturbance shows sooner, one that boots no machine is played
    sooner, and of all disturbances a power cut takes longest. Where one is left out, so is every
    wrong fix that it may be the only one to reject.
    """
    quick = tuple(each for each in lab.perturb if each.power is None)
    whole = quick == lab.perturb
    sure = [fix for fix in lab.wrong_fixes if whole or PERTURBATION not in fix.rejected_by]
    soonest = sorted(sure, key=_slowness)[:1]
    left_out = [f"wrong fix '{fix.id}'" for fix in lab.wrong_fixes if fix not in soonest]
    left_out += [f"solution '{solution.id}'" for solution in lab.solutions[1:]]
    left_out += [f"disturbance '{name_of(each)}'" for each in lab.perturb if each not in quick]
    if lab.persistence > _PERSISTENCE:
        left_out.append(
            f"{lab.persistence - _PERSISTENCE:g} s of {lab.persistence:g} s persistence"
        )
    left_out.append("whether checks change nothing")
    if any(probe.within > _PATIENCE for probe in lab.probes.values()):
        left_out.append(f"waiting longer than {_PATIENCE:g} s for what a wrong fix does not mend")
    less = {
        "wrong_fixes": tuple(soonest),
        "solutions": lab.solutions[:1],
        "perturb": quick,
        "persistence": min(lab.persistence, _PERSISTENCE),
    }
    return Shortened(lab.model_copy(update=less), tuple(left_out))


def _slowness(fix: WrongFix) -> tuple[bool, bool]:
    boots = any(move.restart or move.power_on for move in fix.moves)
    return PERTURBATION in fix.rejected_by, boots


def hurried(lab: Lab) -> Lab:
    """Return the lab with probes that wait no longer than a brief trial does for a wrong fix."""
    probes = {
        name: probe.model_copy(update={"within": min(probe.within, _PATIENCE)})
        for name, probe in lab.probes.items()
    }
    return lab.model_copy(update={"probes": probes})
