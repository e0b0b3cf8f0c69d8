"""`testbed lab reset`: back to the learner's first moment, or to a sound testbed."""

from typing import Literal

from testbed import checkpoint
from testbed.apply.lock import only_one
from testbed.errors import LabError
from testbed.lab import attempt, restoring, timeline
from testbed.lab.attempt import Attempt, Phase
from testbed.lab.format import Lab
from testbed.lab.telling import Report, Teller
from testbed.lab.world import World


def reset(
    world: World,
    lab: Lab | None,
    going: Attempt,
    to: Literal["broken", "healthy"],
    report: Report,
) -> Attempt | None:
    """Put all machines back; return the attempt, or None where it is over.

    Back to healthy ends the attempt: nothing is broken any more. Raises `LabError` where there
    is no moment to go back to.
    """
    with only_one(world.folders, world.name, f"lab reset --to {to}"):
        teller = Teller(report, world.clock)
        timeline.record(world.folders, world.name, "reset", at=world.now(), to=to)
        with teller.step("restore", to):
            if to == "broken":
                return _to_broken(world, going)
            restoring.make_healthy(world, going)
        put_away(world, going)
        return None


def _to_broken(world: World, going: Attempt) -> Attempt:
    if going.phase is not Phase.LIVE or going.broken not in restoring.checkpoints(world):
        raise LabError(
            f"lab '{going.lab}' was not broken to its end, so there is nothing to go back to",
            why=f"testbed '{world.name}' has no checkpoint '{going.broken}'",
            next_step=f"begin again: testbed lab start {going.found_by}",
        )
    restoring.restore_broken(world, going)
    return attempt.change(world.folders, world.name, going, reached=(), violated=(), disturbed=())


def put_away(world: World, going: Attempt) -> None:
    """Forget an attempt and the checkpoint of its first moment."""
    checkpoint.delete(world.host, world.plan, going.broken)
    attempt.forget(world.folders, world.name)
