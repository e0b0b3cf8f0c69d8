"""`testbed lab start`: from a sound testbed to one that is broken and seen to be."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from testbed import checkpoint
from testbed.apply import lifecycle
from testbed.apply.lock import only_one
from testbed.errors import LabError
from testbed.lab import acting, attempt, journal, restoring, sentinels, timeline
from testbed.lab.attempt import Attempt, Phase
from testbed.lab.drivers import Observations, converge, settled_all
from testbed.lab.ending import put_away
from testbed.lab.format import Lab, Locale, Mode, Probe, Symptom
from testbed.lab.format.probes import CephHealth, Steady
from testbed.lab.observation import Observation, Status
from testbed.lab.probes import look
from testbed.lab.telling import Report, Teller
from testbed.lab.words import say
from testbed.lab.world import World
from testbed.together import side_by_side

_NOT_SOUND = "go back to a sound state with: testbed checkpoint restore {checkpoint}"


def start(
    world: World,
    lab: Lab,
    *,
    mode: Mode,
    locale: Locale,
    report: Report,
    scripts: Mapping[str, str] | None = None,
    folder: str = "",
) -> Attempt:
    """Break the testbed as the lab says, and return the attempt once every symptom was seen.

    `scripts` are the files of the lab's folder, by name; only scripted faults need them.
    `folder` is where a lab is that its id does not find. A start that was cut short earlier is
    undone first. Raises a `TestbedError`; `testbed lab reset`,
    `finish` and another `start` work after it.
    """
    with only_one(world.folders, world.name, f"lab start {lab.id}"):
        teller = Teller(report, world.clock)
        healthy = restoring.healthy_checkpoint(world, lab)
        _clear_away(world, healthy, teller)
        now, speaking = world.now(), locale.value
        new = Attempt(lab.id, mode, speaking, Phase.STARTING, healthy, now, folder=folder)
        return prepare(world, lab, new, teller, scripts or {})


def _clear_away(world: World, healthy: str, teller: Teller) -> None:
    """Undo a start that was cut short; refuse where somebody is at work."""
    found = attempt.find(world.folders, world.name)
    if found is None:
        return
    if found.phase is Phase.LIVE:
        raise LabError(
            f"lab '{found.lab}' is going on on testbed '{world.name}'",
            why="a testbed has one lab at a time",
            next_step="go on with: testbed lab status, or end it with: testbed lab finish",
        )
    with teller.step("restore", healthy):
        restoring.restore_healthy(world, healthy)
    put_away(world, found)


def prepare(
    world: World,
    lab: Lab,
    new: Attempt,
    teller: Teller,
    scripts: Mapping[str, str],
    *,
    sound: Callable[[Attempt], None] = lambda _: None,
    phase: Phase = Phase.LIVE,
) -> Attempt:
    """Take a sound testbed to the learner's first moment; whoever calls holds the lock.

    `sound` is called once the sentinels are planted, before anything is broken. A trial's attempt
    stays in its first `phase`: no learner is at it.
    """
    inside = world.of(lab.sentinels)
    with teller.step("steady"):
        must_be_sound(inside, lab, new.healthy)
    timeline.begin(world.folders, world.name)
    acting.forget_heads(world)
    going = attempt.save(world.folders, world.name, new)
    facts = {"lab": lab.id, "mode": new.mode.value, "folder": new.folder, "testbed": world.name}
    timeline.record(world.folders, world.name, "lab.started", at=new.started, **facts)
    going = _plant(inside, lab, going, teller)
    with teller.step("steady", lab.id):
        must_hold(inside, lab, new.healthy)  # a writer's probe holds once it writes
    sound(going)
    for number, fault in enumerate(lab.faults, start=1):
        with teller.step("inject", str(number)):
            going = journal.inject(world, going, fault, scripts)
    with teller.step("symptoms"):
        going = replace(going, symptom=see_symptoms(inside, lab))
    with teller.step("checkpoint"):
        _keep_broken(world, going)
    return attempt.save(world.folders, world.name, replace(going, phase=phase))


def _plant(world: World, lab: Lab, going: Attempt, teller: Teller) -> Attempt:
    for name, sentinel in lab.sentinels.items():
        with teller.step("plant", name):
            planted = sentinels.plant(name, sentinel, world)
            going = replace(going, planted={**going.planted, name: planted})
            attempt.save(world.folders, world.name, going)
    return going


def _keep_broken(world: World, going: Attempt) -> None:
    checkpoint.delete(world.host, world.plan, going.broken)  # of an attempt long gone
    world.close_doors()
    lifecycle.save(world.host, world.folders, world.observe(), going.broken, off_too=True)


def must_be_sound(world: World, lab: Lab, healthy: str) -> None:
    """Raise `LabError` unless the testbed's own steady state holds."""
    probes: dict[str, Probe] = {"steady": Steady(type="steady")}
    if lab.stage == "storage":
        probes["ceph"] = CephHealth(type="ceph-health")
    _must_hold(world, lab, settled_all(probes, probes, world), healthy)


def must_hold(world: World, lab: Lab, healthy: str) -> None:
    """Raise `LabError` unless the lab's steady state holds."""
    _must_hold(world, lab, settled_all(lab.probes, lab.steady_state, world), healthy)


def _must_hold(world: World, lab: Lab, seen: Observations, healthy: str) -> None:
    wrong = [f"{each}: {say(o.seen, Locale.EN)}" for each, o in seen.items() if not o.holds]
    if wrong:
        raise LabError(
            f"testbed '{world.name}' is not sound, so lab '{lab.id}' was not started",
            why="; ".join(wrong),
            next_step=_NOT_SOUND.format(checkpoint=healthy),
        )


def see_symptoms(world: World, lab: Lab) -> float:
    """Return when the first symptom was seen, once all were.

    Raises `LabError` where one is not seen in time: that is the lab's fault, not the learner's.
    """
    found = side_by_side(lab.symptoms, lambda symptom: _see(world, lab, symptom))
    missing = [
        f"{symptom.probe}: {say(seen.seen, Locale.EN)}"
        for symptom, (seen, _) in zip(lab.symptoms, found, strict=True)
        if seen.status is not Status.FAIL
    ]
    if missing:
        raise LabError(
            f"lab '{lab.id}' is broken: not all of its symptoms are seen",
            why="; ".join(missing),
            next_step="go back with: testbed lab reset --to healthy, and tell the lab's authors",
        )
    return min(at for _, at in found)


def _see(world: World, lab: Lab, symptom: Symptom) -> tuple[Observation, float]:
    probe = lab.probes[symptom.probe]
    seen = converge(
        lambda: look(probe, world.afresh()),
        within=symptom.within,
        clock=world.clock,
        sleep=world.sleep,
        until=(Status.FAIL,),
    )
    at = world.now()
    if seen.status is Status.FAIL:
        timeline.record(world.folders, world.name, "symptom.visible", at=at, symptom=symptom.probe)
    return seen, at
