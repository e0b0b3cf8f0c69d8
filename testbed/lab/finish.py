"""`testbed lab finish`: is it mended for good? Then the testbed is put back."""

from dataclasses import dataclass
from enum import StrEnum

from testbed.apply.lock import only_one
from testbed.lab import attempt, checking, journal, progress, restoring, timeline
from testbed.lab.attempt import Attempt, Phase
from testbed.lab.checking import CheckResult
from testbed.lab.format import Lab, Tier
from testbed.lab.reset import put_away
from testbed.lab.telling import Report, Teller
from testbed.lab.verifying import Perturbed, Verified, tier_of, verify
from testbed.lab.world import World


class Result(StrEnum):
    """How an attempt ends, or that it goes on."""

    PREVENTED = "prevented"
    RESOLVED = "resolved"
    MITIGATED = "mitigated"
    NOT_YET = "not-yet"
    GIVEN_UP = "given-up"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the attempt stands; unless `ended` it goes on, and nothing was put back.

    `perturbed` is what did not hold while something was disturbed, and after it.
    """

    result: Result
    ended: bool
    tier: Tier | None
    check: CheckResult | None  # None: given up without a look
    perturbed: Perturbed = ()
    outage: float = 0.0  # seconds, as a client saw it
    lost_writes: int = 0
    seconds: float = 0.0  # from the first symptom on


def finish(
    world: World, lab: Lab | None, going: Attempt, *, give_up: bool, report: Report
) -> Outcome:
    """Return how the attempt ends; where all holds, or with `give_up`, the testbed is put back.

    `lab` may be None where its files are gone; such an attempt can only be given up.
    """
    with only_one(world.folders, world.name, "lab finish"):
        teller = Teller(report, world.clock)
        if going.phase is Phase.ENDED:  # it was killed while it put the testbed back
            outcome = Outcome(Result(going.result), True, going.best, None)
        elif give_up or lab is None or going.phase is not Phase.LIVE:
            outcome = _given_up(world, going)
            going = _end(world, going, outcome)
        else:
            _give_back(world, going, teller)
            verified = verify(world, lab, going, teller)
            going = checking.remember(world, going, verified.check)
            outcome = _outcome(world, going, verified)
            going = _end(world, going, outcome) if outcome.ended else going
        if outcome.ended:
            _put_back(world, going, teller)
        return outcome


def _give_back(world: World, going: Attempt, teller: Teller) -> None:
    """Give back what a finish that was killed had taken away; what stays away is judged."""
    if going.disturbed:
        with teller.step("give back"):
            troubles = journal.give_back(world, going)
        for trouble in troubles:
            teller.note("give back", trouble)


def _given_up(world: World, going: Attempt) -> Outcome:
    return Outcome(Result.GIVEN_UP, True, going.best, None, seconds=_took(world, going))


def _outcome(world: World, going: Attempt, verified: Verified) -> Outcome:
    tier, check = tier_of(verified), verified.check
    return Outcome(
        result=Result(tier.value) if tier else Result.NOT_YET,
        ended=check.solved and not verified.failing,
        tier=tier,
        check=check,
        perturbed=verified.failing,
        outage=check.outage,
        lost_writes=check.lost_writes,
        seconds=_took(world, going),
    )


def _took(world: World, going: Attempt) -> float:
    return max(0.0, world.now() - going.symptom) if going.symptom else 0.0


def _end(world: World, going: Attempt, outcome: Outcome) -> Attempt:
    """Keep what came of it, once; putting the testbed back may be cut short and begun again."""
    timeline.record(
        world.folders,
        world.name,
        "finished",
        at=world.now(),
        result=outcome.result.value,
        outage=outcome.outage,
        lost_writes=outcome.lost_writes,
    )
    if going.symptom:  # else nobody has worked on it
        progress.keep(
            world.folders,
            going,
            solved=outcome.result is not Result.GIVEN_UP,
            seconds=outcome.seconds,
            now=world.now(),
            timeline=timeline.text(world.folders, world.name),
        )
    return attempt.change(
        world.folders, world.name, going, phase=Phase.ENDED, result=outcome.result.value
    )


def _put_back(world: World, going: Attempt, teller: Teller) -> None:
    with teller.step("restore", going.healthy):
        restoring.make_healthy(world, going)
    put_away(world, going)
