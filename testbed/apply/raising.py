"""`testbed up`, whole: images, room, keys, storage, then the walk to the steady state."""

import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace

from testbed import checkpoint
from testbed.apply import (
    boot,
    budget,
    clouding,
    disks,
    health,
    keeping,
    kept,
    keys,
    lifecycle,
    logs,
    observe,
    ports,
    ready,
    restoring,
    storing,
    watching,
)
from testbed.apply.changes import Action, Change, changes
from testbed.apply.folders import Folders, make_private
from testbed.apply.images import build_images
from testbed.apply.lock import only_one
from testbed.apply.progress import WHOLE, Recorder, Report, Stage
from testbed.apply.session import Session, session
from testbed.apply.stages import Level, level, levels
from testbed.apply.up import Walk, walk
from testbed.doctor.kvm import accelerator
from testbed.host import Host
from testbed.image import Image
from testbed.plan.decide import plan as decide
from testbed.plan.models import Plan
from testbed.probe.ceph.state import CephSeen
from testbed.probe.cloud.seen import CloudSeen
from testbed.probe.verdict import Verdict, failing
from testbed.render.domain import Accelerator
from testbed.topology.models import Topology
from testbed.topology.shipped import find as find_topology
from testbed.topology.shipped import shipped

_MADE = {Action.CREATE, Action.RECREATE}
_ON = {*_MADE, Action.RESTORE, Action.START}
_MEBIBYTE = 2**20


@dataclass(frozen=True, slots=True)
class Wish:
    """What the user asked for: a topology under a name, run by KVM or emulated, and how far."""

    topology: Topology
    name: str
    accel: Accelerator
    to: Level | None = None  # None: as far as the topology goes


@dataclass(frozen=True, slots=True)
class Raised:
    """A testbed in its steady state: what was done, and the seconds of each step.

    `reached` tells whether an instance of its cloud was. `restored` is the stage it was restored to
    where `down` had kept it; `note` says why a kept one was not restored.
    """

    plan: Plan
    level: Level
    done: tuple[Change, ...]
    total: float
    seconds: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    restored: Level | None = None
    note: str = ""
    reached: bool = False


@dataclass(frozen=True, slots=True)
class _Way:
    """From what exists to what is wished for; `found` is what is kept, if none of it exists."""

    plan: Plan
    goal: Level
    todo: tuple[Change, ...]
    found: restoring.Found | None


def preview(host: Host, folders: Folders, wish: Wish) -> tuple[tuple[Change, ...], str]:
    """Return what `up` would do now, and why it would delete what is kept; changes nothing."""
    if first := tuple(restoring.cut_short(host, folders, wish.name, wish.topology.machines)):
        return first, ""  # what else there is to do is seen once that is done
    way = _way(host, folders, wish)
    return way.todo, way.found.why_not if way.found else ""


def _way(host: Host, folders: Folders, wish: Wish) -> _Way:
    plan = observe.desired(host, folders, wish.topology, wish.name)
    goal = level(plan, wish.to)
    existing = observe.find(host, folders, wish.name)
    found = None if existing else restoring.find(host, folders, plan, wish.accel, goal)
    if found is not None and found.stage is not None:
        return _Way(plan, goal, tuple(found.changes(plan)), found)
    todo = tuple(changes(plan, existing.existing() if existing else {}))
    _must_delete_nothing(host, folders, plan, todo)
    return _Way(plan, goal, todo, found)


def _must_delete_nothing(
    host: Host, folders: Folders, plan: Plan, todo: Collection[Change]
) -> None:
    """Raise `StateError` where making machines would delete disks that may hold data."""
    if keeping.is_on_its_way(host, folders, plan.name):
        return  # `up` goes through with that first
    disks.must_be_known(host, plan.folder, plan.name)
    if folders.seconds(plan.name).exists():  # it was ready once
        made = {change.machine for change in todo if change.action in _MADE}
        disks.must_not_be_lost(plan, made)


def up(host: Host, folders: Folders, wish: Wish, report: Report) -> Raised:
    """Raise the testbed and return once its steady state holds; where it does, change nothing.

    A kept one is restored where it fits. Raises a `TestbedError`; what was made stays, and the
    next `up` goes on from there.
    """
    started = time.monotonic()
    with only_one(folders, wish.name, "up"):
        keeping.recover(host, folders, wish.name)
        existing = observe.find(host, folders, wish.name)
        if existing:
            lifecycle.finish_restore(host, folders, existing)
        recorder = Recorder(report)
        way, restored, note = _restore(host, folders, wish, recorder)
        stage = restored if restored and restored.covers(way.goal) else way.goal
        reached = restored is not stage and _deploy(host, folders, wish, way, recorder)
        kept.remove(folders, wish.name)  # what is ready now takes its place
        if recorder.seconds:
            folders.of_testbed(wish.name)
            recorder.save(folders.seconds(wish.name), goes_on=existing is not None)
    total = time.monotonic() - started
    return Raised(way.plan, stage, way.todo, total, recorder.seconds, restored, note, reached)


def _restore(
    host: Host, folders: Folders, wish: Wish, recorder: Recorder
) -> tuple[_Way, Level | None, str]:
    """Restore what is kept, if it can be; return the way on, the stage, and why it could not."""
    way = _way(host, folders, wish)
    must_have_room(host, folders, wish, way.plan, way.todo)
    if way.found is None:
        return way, None, ""
    if stage := way.found.stage:
        restoring.restore(host, folders, way.plan, way.found.kept, stage, recorder)
        if way.found.emulated:
            give_up = f"testbed down --forget --name {wish.name}"
            recorder.note(
                Stage.RESTORED, f"it runs without KVM, as before; to give it up: {give_up}"
            )
        return way, stage, ""
    note = f"'{wish.name}' was kept but is deployed anew: {way.found.why_not}"
    recorder.note(Stage.RESTORED, note)
    return way, None, note


def _deploy(host: Host, folders: Folders, wish: Wish, way: _Way, recorder: Recorder) -> bool:
    """Make what is missing up to the goal, and take its checkpoint.

    Returns whether an instance was reached on the way.
    """
    made = {change.machine for change in way.todo if change.action in _MADE}
    images = build_images(host, folders, way.plan, made, recorder)
    wish = replace(wish, accel=_proven(folders, wish))
    todo = tuple(change for change in way.todo if change.action is not Action.RESTORE)
    if made:  # images took some of the room, and emulation takes more
        must_have_room(host, folders, wish, way.plan, todo)
    with logs.collected(host, folders, way.plan):
        reached = _walk(host, folders, wish, way.plan, todo, images, way.goal, recorder)
        _keep_checkpoint(host, folders, way.plan, way.goal, recorder)
    return reached


def _walk(
    host: Host,
    folders: Folders,
    wish: Wish,
    plan: Plan,
    todo: Collection[Change],
    images: Mapping[str, Image],
    goal: Level,
    recorder: Recorder,
) -> bool:
    made = {change.machine for change in todo if change.action in _MADE}
    fresh = len(made) == len(plan.machines)  # else some machine accepts its old keys only
    own = keys.make(folders, plan) if fresh else keys.read(folders, plan)
    make_private(folders.data)
    pool = host.ensure_pool(plan.pool, plan.pool_uuid, plan.folder)
    health.forget(folders, plan.name)  # where it fails, the last look is no longer true
    with session(plan, own) as doors:
        steady = _prove_steady(host, plan, todo, doors)
        if steady is None:
            width = boot.width(host.facts().cpus, wish.accel)
            job = Walk(host, pool, plan, own, images, wish.accel, width, doors, recorder)
            steady = walk(job, todo)
        ceph, cloud, reached = _raise_stages(host, folders, plan, goal, doors, recorder)
        health.remember(folders, plan.name, steady, ceph, cloud)
    return reached


def _raise_stages(
    host: Host, folders: Folders, plan: Plan, goal: Level, doors: Session, recorder: Recorder
) -> tuple[CephSeen | None, CloudSeen | None, bool]:
    """Make Ceph and OpenStack up to the goal, and only look at what is there beyond it.

    Returns what was seen of both, and whether an instance was reached on the way.
    """
    ceph: CephSeen | None
    if plan.storage is None or goal is Level.NETWORK:
        ceph = storing.look_where_deployed(plan, doors)
    else:
        ceph = storing.raise_storage(folders, plan, plan.storage, doors, recorder)
    if goal is not Level.CLOUD:
        return ceph, watching.look_where_begun(folders, plan, doors), False
    cpus = host.facts().cpus
    reached = clouding.raise_cloud(folders, plan, doors, recorder, cpus=cpus)
    cloud = watching.wait_where_deployed(folders, plan, doors, timeout=watching.STARTED)
    return ceph, cloud, reached


def _proven(folders: Folders, wish: Wish) -> Accelerator:
    """Return what machines run on, now that an image is there whose kernel can prove KVM."""
    return accelerator(folders.cache) if wish.accel == "kvm" else wish.accel


def _prove_steady(
    host: Host, plan: Plan, todo: Collection[Change], doors: Session
) -> tuple[Verdict, ...] | None:
    """Return the steady state where nothing is to be done and it holds, else None."""
    if todo or not all(machine.ready for machine in host.list_machines(plan.name)):
        return None
    seen = ready.check(plan, doors)
    return None if failing(seen) else seen


def _keep_checkpoint(
    host: Host, folders: Folders, plan: Plan, goal: Level, recorder: Recorder
) -> None:
    """Take the stage's checkpoint where there is none yet, and prove that all still holds."""
    if goal in {each.name for each in checkpoint.list_checkpoints(host, plan)}:
        return
    with recorder.step(WHOLE, Stage.CHECKPOINT, part=goal):
        testbed = observe.get(host, folders, plan.name)
        lifecycle.save(host, folders, testbed, goal)
        try:
            lifecycle.settle(folders, testbed)
        except BaseException:  # Ctrl+C, too: nobody would prove it afterwards
            checkpoint.delete(host, plan, goal)  # what it holds would come back with it
            raise


def must_have_room(
    host: Host, folders: Folders, wish: Wish, plan: Plan, todo: Collection[Change]
) -> None:
    """Raise `HostError` unless the machines to be switched on fit, and their ports are free.

    What is kept under the name counts as room: its disks come back, or they give way now where
    the new ones do not fit beside them.
    """
    actions = {change.machine: change.action for change in todo if change.action in _ON}
    starting = [machine for machine in plan.machines if machine.name in actions]
    need = budget.needs(starting, wish.accel)
    have = budget.free(host.facts(), folders.data)
    there = [each for each in starting if actions[each.name] is Action.START]
    have = replace(have, disk_mib=have.disk_mib + budget.taken(plan.folder, there))
    old = kept.bytes_on_disk(folders, wish.name) // _MEBIBYTE
    most = replace(have, disk_mib=have.disk_mib + old)
    budget.must_fit(wish.name, need, most, lambda: _variants(folders, wish, plan))
    ports.must_be_free(plan.loopback, starting)
    restores = any(change.action is Action.RESTORE for change in todo)
    if not need.fits(have) and not restores:
        kept.remove(folders, wish.name)


def _variants(folders: Folders, wish: Wish, wanted: Plan) -> Iterator[tuple[str, budget.Budget]]:
    """Yield what each shipped topology needs that can be raised as far as is wanted."""
    goal = level(wanted, wish.to)
    for name in shipped():
        plan = decide(
            find_topology(name), name=name, folder=folders.disks(name), loopback="127.0.0.1"
        )
        if goal in levels(plan):
            yield name, budget.needs(plan.machines, wish.accel)
