"""Is it mended, and does that last? Asked when a learner finishes, and when a lab is proven."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import TypeVar

from testbed.lab import perturbing
from testbed.lab.attempt import Attempt
from testbed.lab.checking import CheckResult, ObjectiveSeen, SafeguardSeen, examine
from testbed.lab.drivers import settled_all
from testbed.lab.format import Lab, Tier
from testbed.lab.observation import Observation, Status
from testbed.lab.telling import Teller
from testbed.lab.world import World

PERTURBATION = "perturbation"  # who rejects what does not last
Perturbed = tuple[tuple[str, str, Observation], ...]  # perturbation, probe, what was seen
Judged = TypeVar("Judged", ObjectiveSeen, SafeguardSeen)


@dataclass(frozen=True, slots=True)
class Verified:
    """What held before anything was disturbed, and what did not while and after it was.

    `outage` is what a client saw before, in seconds: what a disturbance costs is no learner's.
    """

    check: CheckResult
    perturbed: bool
    failing: Perturbed
    outage: float

    @property
    def lasting(self) -> CheckResult:
        """What of the check outlasted every disturbance."""
        lost = {probe for _, probe, _ in self.failing}
        return replace(
            self.check,
            objectives=tuple(_without(each, lost) for each in self.check.objectives),
            safeguards=tuple(_without(each, lost) for each in self.check.safeguards),
        )

    @property
    def rejected_by(self) -> tuple[str, ...]:
        """Who says that it is not mended: objectives, safeguards, the perturbation."""
        ids = [o.id for o in self.check.objectives if o.status is not Status.PASS]
        ids += [each.id for each in self.check.safeguards if not each.kept]
        return (*ids, *((PERTURBATION,) if self.failing else ()))


def judged_by(lab: Lab, ids: Collection[str]) -> Lab:
    """Return the lab with no other judges than these: nobody waits for what others say.

    A perturbation is judged by all, so with it the lab stays whole.
    """
    if PERTURBATION in ids:
        return lab
    return lab.model_copy(
        update={
            "objectives": tuple(each for each in lab.objectives if each.id in ids),
            "safeguards": tuple(each for each in lab.safeguards if each.id in ids),
        }
    )


def verify(
    world: World, lab: Lab, going: Attempt, teller: Teller, *, perturb: bool | None = None
) -> Verified:
    """Return how it is once everything had its time, then disturbed where all of it holds.

    `perturb` says whether to disturb whatever holds, or never.
    """
    with teller.step("objectives"):
        check = examine(world, lab, going, settled_all)
    wanted = check.solved if perturb is None else perturb
    if not wanted or not lab.perturb:
        return Verified(check, False, (), check.outage)
    failing: list[tuple[str, str, Observation]] = []
    for each in lab.perturb:
        name = perturbing.name_of(each)
        with teller.step("perturb", name):
            seen = perturbing.perturb(world, going, lab, each)
        failing += [(name, probe, observation) for probe, observation in seen]
    with teller.step("objectives again"):
        after = examine(world, lab, going, settled_all)
    failing += [("", probe, seen) for probe, seen in _lost(check, after)]
    return Verified(check if failing else after, True, tuple(failing), check.outage)


def _without(each: Judged, lost: set[str]) -> Judged:
    """Return a judge that does not hold where one of its probes was lost."""
    own = {probe for probe, _ in each.observations}
    return replace(each, status=Status.FAIL) if own & lost else each


def _lost(before: CheckResult, after: CheckResult) -> list[tuple[str, Observation]]:
    """Return what held before the disturbance and does not after it."""
    held = {o.id for o in before.objectives if o.status is Status.PASS}
    lost = [
        (probe, seen)
        for objective in after.objectives
        if objective.id in held
        for probe, seen in objective.observations
        if not seen.holds
    ]
    sound = {each.id for each in before.safeguards if not each.violated}
    lost += [
        (probe, seen)
        for safeguard in after.safeguards
        if safeguard.id in sound and safeguard.violated
        for probe, seen in safeguard.observations
        if seen.status is Status.FAIL
    ]
    return list(dict(lost).items())


def tier_of(lab: Lab, verified: Verified) -> Tier | None:
    """Return how far it goes: what has not outlasted the disturbances mitigates at most."""
    reached = verified.check.tier_reached
    if reached is None or not verified.check.all_kept:
        return None
    unproven = verified.failing or (lab.perturb and not verified.perturbed)
    return Tier.MITIGATED if unproven else reached
