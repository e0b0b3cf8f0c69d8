"""Looking more than once: until a claim holds, or whether it goes on to hold."""

from collections.abc import Callable, Collection, Iterable, Mapping

from testbed.lab.format import Probe
from testbed.lab.observation import Observation, Status
from testbed.lab.probes import look
from testbed.lab.world import World
from testbed.together import side_by_side

_EVERY = 2.0  # seconds
_UNANSWERED = 3  # looks without an answer, until that counts
_ONE_MOMENT = 15.0  # seconds; looks that are less apart count as made together
_ROUNDS = 3  # in which each probe has its time; then what was seen last counts
Look = Callable[[], Observation]
Observations = Mapping[str, Observation]


def converge(
    ask: Look,
    *,
    within: float,
    clock: Callable[[], float],
    sleep: Callable[[float], None],
    until: Collection[Status] = (Status.PASS,),
) -> Observation:
    """Look until a status is reached; return the last observation, whatever it is.

    There is always one look after the deadline, which is `within` seconds from now.
    """
    deadline = clock() + within
    while True:
        last_chance = clock() >= deadline
        seen = ask()
        if seen.status in until or last_chance:
            return seen
        sleep(_EVERY)


def hold(
    ask: Look,
    *,
    lasting: float,
    clock: Callable[[], float],
    sleep: Callable[[float], None],
) -> Observation:
    """Watch for so many seconds; return the first observation that does not hold, or the last."""
    deadline = clock() + lasting
    while True:
        last = clock() >= deadline
        seen = ask()
        if not seen.holds or last:
            return seen
        sleep(_EVERY)


def once(probe: Probe, world: World) -> Observation:
    """Return how it is now; what must stay true is watched for as long as it must."""
    seen = look(probe, world)
    if probe.mode != "hold" or not seen.holds:
        return seen
    return _watched(probe, world)


def settled(probe: Probe, world: World) -> Observation:
    """Return how it is once it had the time that the probe allows."""
    if probe.mode == "assert":
        return answered(_looks(probe, world))
    seen = converge(
        lambda: answered(_looks(probe, world)),
        within=probe.within,
        clock=world.clock,
        sleep=world.sleep,
    )
    if probe.mode != "hold" or not seen.holds:
        return seen
    return _watched(probe, world)


def answered(ask: Look) -> Observation:
    """Return the first look that got an answer in time, or the last where several got none.

    A busy machine answers another time; a command that hangs may be the fault itself.
    """
    for _ in range(_UNANSWERED - 1):
        seen = ask()
        if not seen.late:
            return seen
    return ask()


def _looks(probe: Probe, world: World) -> Look:
    return lambda: look(probe, world.afresh())


def _watched(probe: Probe, world: World) -> Observation:
    return hold(
        lambda: answered(_looks(probe, world)),
        lasting=probe.hold,
        clock=world.clock,
        sleep=world.sleep,
    )


def once_all(probes: Mapping[str, Probe], ids: Iterable[str], world: World) -> Observations:
    """Return one look at each probe, all side by side."""
    wanted = tuple(dict.fromkeys(ids))
    fresh = world.afresh()
    seen = side_by_side(wanted, lambda each: once(probes[each], fresh))
    return dict(zip(wanted, seen, strict=True))


def settled_all(probes: Mapping[str, Probe], ids: Iterable[str], world: World) -> Observations:
    """Return how each probe is once all had their time, all side by side.

    What held long before the last one had settled is looked at once more; where it does not hold
    any more it has its time again, a few times at most.
    """
    seen: dict[str, tuple[Observation, float]] = {}

    def settle(each: str) -> tuple[Observation, float]:
        return settled(probes[each], world.afresh()), world.clock()

    def look_again(each: str) -> tuple[Observation, float]:
        return answered(_looks(probes[each], world)), world.clock()

    asked = list(dict.fromkeys(ids))
    for _ in range(_ROUNDS):
        seen |= zip(asked, side_by_side(asked, settle), strict=True)
        last = max((at for _, at in seen.values()), default=0.0)
        early = [id for id, (found, at) in seen.items() if found.holds and at < last - _ONE_MOMENT]
        seen |= zip(early, side_by_side(early, look_again), strict=True)
        asked = [id for id in early if not seen[id][0].holds]
        if not asked:
            break
    return {id: found for id, (found, _) in seen.items()}
