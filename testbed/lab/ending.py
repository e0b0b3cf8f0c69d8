"""How an attempt ends: what came of it is kept, and then nothing of it is left on the testbed."""

import json
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum

from testbed import checkpoint
from testbed.apply.folders import Folders
from testbed.lab import attempt, progress, timeline
from testbed.lab.attempt import Attempt, Phase
from testbed.lab.world import World


class Result(StrEnum):
    """How an attempt ends, or that it goes on."""

    PREVENTED = "prevented"
    RESOLVED = "resolved"
    MITIGATED = "mitigated"
    NOT_YET = "not-yet"
    GIVEN_UP = "given-up"


def took(world: World, going: Attempt) -> float:
    """Return the seconds since the first symptom, 0 where none was seen."""
    return max(0.0, world.now() - going.symptom) if going.symptom else 0.0


def end(
    world: World,
    going: Attempt,
    result: Result,
    *,
    seconds: float,
    outage: float = 0.0,
    lost_writes: int = 0,
) -> Attempt:
    """Keep what came of it, once; putting the testbed back may be cut short and begun again.

    `seconds` are from the first symptom on, `outage` too is in seconds.
    """
    timeline.record(
        world.folders,
        world.name,
        "finished",
        at=world.now(),
        result=result.value,
        outage=outage,
        lost_writes=lost_writes,
    )
    if going.symptom and going.phase is Phase.LIVE:  # else nobody has worked on it
        progress.keep(
            world.folders,
            going,
            solved=result is not Result.GIVEN_UP,
            seconds=seconds,
            now=world.now(),
            timeline=timeline.text(world.folders, world.name),
        )
    return attempt.change(world.folders, world.name, going, phase=Phase.ENDED, result=result.value)


@dataclass(frozen=True, slots=True)
class Unfinished:
    """An attempt that a learner is at, and its timeline so far."""

    going: Attempt
    timeline: str


def unfinished(folders: Folders, testbed: str) -> Unfinished | None:
    """Return the attempt that would go with a testbed, None where nobody is at one."""
    going = attempt.find(folders, testbed)
    if going is None or going.phase is not Phase.LIVE:
        return None
    return Unfinished(going, timeline.text(folders, testbed))


def keep_where_gone(folders: Folders, testbed: str, left: Unfinished | None, now: float) -> bool:
    """Keep what came of an attempt, given up, if its testbed's records are gone by now.

    Returns whether it was kept; on a full disk it cannot be.
    """
    if left is None or attempt.find(folders, testbed) is not None:
        return False
    with suppress(OSError):
        _keep_given_up(folders, left, now)
        return True
    return False


def _keep_given_up(folders: Folders, left: Unfinished, now: float) -> None:
    last = {"at": now, "event": "finished", "result": Result.GIVEN_UP.value}
    progress.keep(
        folders,
        left.going,
        solved=False,
        seconds=max(0.0, now - left.going.symptom),
        now=now,
        timeline=f"{left.timeline}{json.dumps(last)}\n",
    )


def put_away(world: World, going: Attempt) -> None:
    """Forget an attempt and the checkpoint of its first moment."""
    checkpoint.delete(world.host, world.plan, going.broken)
    attempt.forget(world.folders, world.name)
