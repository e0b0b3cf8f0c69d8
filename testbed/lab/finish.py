"""`testbed lab finish`: is it mended for good? Then the testbed is put back."""

from dataclasses import dataclass

from testbed.apply.lock import only_one
from testbed.lab import checking, journal, restoring
from testbed.lab.attempt import Attempt, Phase
from testbed.lab.checking import CheckResult
from testbed.lab.ending import Result, end, put_away, took
from testbed.lab.format import Lab, Tier
from testbed.lab.telling import Report, Teller
from testbed.lab.verifying import Perturbed, Verified, tier_of, verify
from testbed.lab.world import World


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

    `lab` may be None only where nothing is judged: with `give_up`, or where the attempt is over.
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
            going = checking.remember(world, going, verified.lasting, tier_of(lab, verified))
            outcome = _outcome(world, lab, going, verified)
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
    return Outcome(Result.GIVEN_UP, True, going.best, None, seconds=took(world, going))


def _outcome(world: World, lab: Lab, going: Attempt, verified: Verified) -> Outcome:
    tier, check = tier_of(lab, verified), verified.check
    return Outcome(
        result=Result(tier.value) if tier else Result.NOT_YET,
        ended=check.solved and not verified.failing,
        tier=tier,
        check=check,
        perturbed=verified.failing,
        outage=verified.outage,
        lost_writes=check.lost_writes,
        seconds=took(world, going),
    )


def _end(world: World, going: Attempt, outcome: Outcome) -> Attempt:
    return end(
        world,
        going,
        outcome.result,
        seconds=outcome.seconds,
        outage=outcome.outage,
        lost_writes=outcome.lost_writes,
    )


def _put_back(world: World, going: Attempt, teller: Teller) -> None:
    with teller.step("restore", going.healthy):
        restoring.make_healthy(world, going)
    put_away(world, going)
