"""`testbed lab check`: what of the lab's objectives holds now, and what the repair has cost."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from testbed.apply.lock import is_held
from testbed.lab import attempt, sentinels, timeline
from testbed.lab.attempt import Attempt
from testbed.lab.drivers import Observations, once_all
from testbed.lab.format import Lab, Severity, Tier
from testbed.lab.observation import Heard, Observation, Status, together
from testbed.lab.progress import further
from testbed.lab.world import World

_LOOKS_AT_SENTINELS = 3
Seen = tuple[tuple[str, Observation], ...]  # by the id of a probe or of a sentinel


@dataclass(frozen=True, slots=True)
class ObjectiveSeen:
    """An objective, and what each of its probes saw."""

    id: str
    tier: Tier
    status: Status
    observations: Seen
    true_before: bool = False  # it held while the fault was in, too

    @property
    def late(self) -> bool:
        """Whether some probe got no answer in time."""
        return any(seen.late for _, seen in self.observations)


@dataclass(frozen=True, slots=True)
class SafeguardSeen:
    """A safeguard, and what its probes and sentinels saw; it is violated where it fails."""

    id: str
    severity: Severity
    status: Status
    observations: Seen

    @property
    def violated(self) -> bool:
        return self.status is Status.FAIL

    @property
    def unsure(self) -> bool:
        """Whether nobody could tell, of what cannot be had back or because Ceph is mute."""
        if self.status in (Status.PASS, Status.FAIL):
            return False
        mute = any(seen.mute for _, seen in self.observations)
        return self.severity is Severity.CATASTROPHIC or mute

    @property
    def kept(self) -> bool:
        """Whether it is not violated, as far as that has to be known."""
        return not self.violated and not self.unsure


@dataclass(frozen=True, slots=True)
class CheckResult:
    """All objectives and safeguards at one moment, and how far the repair goes."""

    objectives: tuple[ObjectiveSeen, ...]
    safeguards: tuple[SafeguardSeen, ...]

    @property
    def judged(self) -> tuple["ObjectiveSeen | SafeguardSeen", ...]:
        """Objectives, then safeguards."""
        return (*self.objectives, *self.safeguards)

    @property
    def tier_reached(self) -> Tier | None:
        """The highest tier that was reached: it holds, with all below it, and did not before."""
        reached = None
        for tier in Tier:
            own = [each for each in self.objectives if each.tier is tier]
            if any(each.status is not Status.PASS for each in own):
                break
            reached = tier if not all(each.true_before for each in own) else reached
        return reached

    @property
    def tier_for_now(self) -> Tier | None:
        """How far one look proves the repair to go; whether it lasts is asked at the end."""
        if self.tier_reached is None or not self.all_kept:
            return None
        return Tier.MITIGATED

    @property
    def solved(self) -> bool:
        """Whether every objective holds, no safeguard is violated, and that is sure."""
        return self.every_objective_holds and self.all_kept

    @property
    def unsure(self) -> bool:
        """Whether nobody could tell if all is kept that has to be known."""
        return any(each.unsure for each in self.safeguards)

    @property
    def all_kept(self) -> bool:
        return all(each.kept for each in self.safeguards)

    @property
    def every_objective_holds(self) -> bool:
        return all(each.status is Status.PASS for each in self.objectives)

    @property
    def lost_writes(self) -> int:
        """Acknowledged writes that are not there."""
        return sum(int(heard.get("lost", 0)) for heard in self._heard())

    @property
    def outage(self) -> float:
        """The longest time in seconds in which no write was acknowledged."""
        return max((float(heard.get("longest_gap", 0)) for heard in self._heard()), default=0.0)

    def _heard(self) -> Iterator[Heard]:
        for safeguard in self.safeguards:
            for _, seen in safeguard.observations:
                yield seen.heard


def check(world: World, lab: Lab, going: Attempt) -> CheckResult:
    """Return what holds now, one look each, and record it; machines stay as they are.

    What was seen while another command works on the testbed, as `lab finish` does for minutes after
    it has disturbed something, is nobody's doing, and not recorded.
    """
    disturbed = is_held(world.folders, world.name)
    found = examine(world, lab, going, once_all)
    if not disturbed and not is_held(world.folders, world.name):
        remember(world, going, found, found.tier_for_now)
    return found


def examine(
    world: World, lab: Lab, going: Attempt, look: Callable[..., Observations]
) -> CheckResult:
    """Return what holds, looking in one of the ways of `drivers`; records nothing.

    Where only a sentinel had no answer it is asked again: the end hangs on it.
    """
    inside = world.of(lab.sentinels)
    ids = [probe for each in lab.objectives for probe in each.probes]
    ids += [probe for each in lab.safeguards for probe in each.probes]
    seen = look(lab.probes, ids, inside)
    guarded = [sentinel for each in lab.safeguards for sentinel in each.sentinels]
    for _ in range(_LOOKS_AT_SENTINELS):
        whole = sentinels.check_all(lab.sentinels, guarded, going.planted, inside)
        found = CheckResult(tuple(_objectives(lab, seen)), tuple(_safeguards(lab, seen, whole)))
        if not (found.every_objective_holds and found.unsure):
            break
    return found


def _objectives(lab: Lab, seen: Observations) -> Iterator[ObjectiveSeen]:
    for each in lab.objectives:
        found = tuple((probe, seen[probe]) for probe in each.probes)
        status = together(o.status for _, o in found)
        yield ObjectiveSeen(each.id, each.tier, status, found, bool(each.true_before))


def _safeguards(
    lab: Lab, seen: Observations, whole: Mapping[str, Observation]
) -> Iterator[SafeguardSeen]:
    for each in lab.safeguards:
        found = (
            *((probe, seen[probe]) for probe in each.probes),
            *((sentinel, whole[sentinel]) for sentinel in each.sentinels),
        )
        status = together(_held_against(o) for _, o in found)
        yield SafeguardSeen(each.id, each.severity, status, found)


def _held_against(seen: Observation) -> Status:
    """Return what a safeguard makes of what was seen: no answer accuses nobody."""
    return Status.ERROR if seen.late or seen.mute else seen.status


def remember(world: World, going: Attempt, found: CheckResult, proven: Tier | None) -> Attempt:
    """Record a check: what was reached, lost or violated since the last one, and what it proves.

    Looking takes a while, in which the learner may have read on: the attempt is taken as it is
    by now. One that was ended meanwhile stays so, and nothing is recorded.
    """
    now, newest = world.now(), attempt.newest(world.folders, world.name, going)
    if newest is None:
        return going
    going = newest
    holding = tuple(o.id for o in found.objectives if o.status is Status.PASS)
    broken = [each for each in found.safeguards if each.violated]
    fresh = [each for each in broken if each.id not in going.violated]

    def tell(event: str, **values: object) -> None:
        timeline.record(world.folders, world.name, event, at=now, **values)

    tell("check", holding=list(holding), solved=found.solved)
    for each in holding:
        if each not in going.reached:
            tell("objective.reached", objective=each)
    for each in going.reached:
        if each not in holding:
            tell("objective.lost", objective=each)
    for guard in fresh:
        tell("safeguard.violated", safeguard=guard.id, severity=guard.severity.value)
    return attempt.change(
        world.folders,
        world.name,
        going,
        checked=now,
        reached=holding,
        violated=(*going.violated, *(each.id for each in fresh)),
        best=further(going.best, proven),
    )
