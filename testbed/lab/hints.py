"""Which hint comes next, and when: first look oneself, then read on."""

from testbed.apply.folders import Folders
from testbed.lab import attempt, timeline
from testbed.lab.attempt import Attempt, Opened
from testbed.lab.checking import CheckResult
from testbed.lab.format import Lab
from testbed.lab.observation import Status

PAUSE = 60.0  # seconds between two rungs, or a check


def next_hint(
    lab: Lab, going: Attempt, check: CheckResult | None, now: float
) -> str | float | None:
    """Return the id of the hint to open, or the seconds to wait; None where there is no more.

    It is the next rung towards the first objective that does not hold, in the order of the ladders.
    The first rung is there at once; a later one a minute after the last hint, or once a check was
    made since.
    """
    opened = {each.hint for each in going.hints}
    for objective in _ladders(lab, _holding(going, check)):
        ladder = [hint.id for hint in lab.hints if hint.objective == objective]
        left = [hint for hint in ladder if hint not in opened]
        if left:
            wait = _wait(going, now) if left != ladder else 0.0
            return wait if wait > 0 else left[0]
    return None


def _holding(going: Attempt, check: CheckResult | None) -> set[str]:
    if check is None:
        return set(going.reached)
    return {each.id for each in check.objectives if each.status is Status.PASS}


def _ladders(lab: Lab, holding: set[str]) -> tuple[str, ...]:
    """Return the objectives that hints lead to and that do not hold, as hints come."""
    every = dict.fromkeys(hint.objective for hint in lab.hints)
    return tuple(each for each in every if each not in holding)


def _wait(going: Attempt, now: float) -> float:
    last = max(each.at for each in going.hints)
    # A clock that was set back must not keep the next one for as long.
    return 0.0 if going.checked > last or now < last else max(0.0, last + PAUSE - now)


def open_hint(folders: Folders, testbed: str, going: Attempt, hint: str, now: float) -> Attempt:
    """Remember that a hint was read."""
    timeline.record(folders, testbed, "hint.opened", at=now, hint=hint)
    known = attempt.newest(folders, testbed, going) or going
    hints = (*known.hints, Opened(hint, now))
    return attempt.change(folders, testbed, going, hints=hints)
