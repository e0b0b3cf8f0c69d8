"""`testbed lab reset`: back to the learner's first moment, or to a sound testbed."""

from typing import Literal

from testbed.apply.lock import only_one
from testbed.errors import LabError
from testbed.lab import attempt, restoring, timeline
from testbed.lab.attempt import Attempt, Phase
from testbed.lab.ending import Result, end, put_away, took
from testbed.lab.telling import Report, Teller
from testbed.lab.world import World


def reset(
    world: World,
    going: Attempt,
    to: Literal["broken", "healthy"],
    report: Report,
) -> Attempt | None:
    """Put all machines back; return the attempt, or None where it is over.

    Back to healthy ends the attempt, given up: nothing is broken any more. It ends first, for one
    whose testbed was made sound would count as mended. Raises `LabError` where there is no moment
    to go back to.
    """
    with only_one(world.folders, world.name, f"lab reset --to {to}"):
        teller = Teller(report, world.clock)
        if to == "broken":
            with teller.step("restore", to):
                going = _to_broken(world, going)
            timeline.record(world.folders, world.name, "reset", at=world.now(), to=to)
            return going
        if going.phase is Phase.LIVE:
            timeline.record(world.folders, world.name, "reset", at=world.now(), to=to)
            going = end(world, going, Result.GIVEN_UP, seconds=took(world, going))
        with teller.step("restore", to):
            restoring.make_healthy(world, going)
        put_away(world, going)
        return None


def _to_broken(world: World, going: Attempt) -> Attempt:
    attempt.must_not_be_over(going)
    if going.phase is not Phase.LIVE or going.broken not in restoring.checkpoints(world):
        end_it = "testbed lab finish --give-up, then: " if going.phase is Phase.LIVE else ""
        raise LabError(
            f"there is no moment of lab '{going.lab}' to go back to",
            why=f"testbed '{world.name}' has no checkpoint '{going.broken}'",
            next_step=f"begin again: {end_it}testbed lab start {going.found_by}",
        )
    restoring.restore_broken(world, going)
    return attempt.change(world.folders, world.name, going, reached=(), violated=(), disturbed=())
