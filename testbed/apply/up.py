"""Walking the plan: create what is missing, start what is off, and wait until all of it holds."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from threading import BoundedSemaphore

from testbed.apply import boot, build, cables, ready
from testbed.apply.changes import Action, Change
from testbed.apply.keys import Keys
from testbed.apply.progress import WHOLE, Recorder, Stage
from testbed.apply.session import Session
from testbed.guest import step_clocks
from testbed.host import Host, Pool
from testbed.image import Image
from testbed.plan.models import Machine, Plan
from testbed.probe import steady
from testbed.probe.sweep import Sweep
from testbed.probe.verdict import Verdict
from testbed.render.domain import Accelerator
from testbed.together import both, side_by_side


@dataclass(frozen=True, slots=True)
class Walk:
    """What walking a plan needs; `width` is how many machines may boot side by side."""

    host: Host
    pool: Pool
    plan: Plan
    keys: Keys
    images: Mapping[str, Image]
    accel: Accelerator
    width: int
    session: Session
    recorder: Recorder


def walk(job: Walk, todo: Collection[Change]) -> tuple[Verdict, ...]:
    """Make the changes, machines side by side, and return the steady state once it holds.

    The first error of any machine is raised once all machines have come to an end.
    """
    by_machine: dict[str, list[Change]] = {machine.name: [] for machine in job.plan.machines}
    for change in todo:
        by_machine[change.machine].append(change)
    for machine in job.plan.machines:  # one by one: a pool makes one volume at a time
        with job.recorder.step(machine.name, Stage.DEFINED):
            _define(job, machine, by_machine[machine.name])
    for change in todo:
        if change.action is Action.PLUG:
            cables.connect(job.host, job.plan, f"{change.machine}:{change.nic}")
    gate = BoundedSemaphore(job.width)
    side_by_side(
        job.plan.machines,
        lambda machine: _bring_up(job, machine, by_machine[machine.name], gate),
    )
    # Only now: an aggregate needs its partner, and a route its router.
    offsets, sweeps = both(
        lambda: step_clocks(job.session.guests.values()),
        lambda: side_by_side(job.plan.machines, lambda machine: _connect(job, machine)),
    )
    with job.recorder.step(WHOLE, Stage.STEADY):
        seen = steady.all_verdicts(job.plan, sweeps, offsets)
        return ready.wait_until_steady(job.plan, job.session, seen)


def _define(job: Walk, machine: Machine, todo: list[Change]) -> None:
    if _actions(todo) & {Action.CREATE, Action.RECREATE}:
        image = job.images[machine.image]
        build.create(job.host, job.pool, job.plan, machine, image, job.keys, job.accel)


def _actions(todo: Iterable[Change]) -> set[Action]:
    return {change.action for change in todo}


def _bring_up(job: Walk, machine: Machine, todo: list[Change], gate: BoundedSemaphore) -> None:
    with gate:
        _boot(job, machine, _actions(todo))


def _connect(job: Walk, machine: Machine) -> Sweep:
    step, guest = job.recorder.step, job.session.guest(machine)
    with step(machine.name, Stage.LINKS):
        seen = ready.wait_for_links(job.plan, machine, guest)
    with step(machine.name, Stage.ROUTES):
        return ready.wait_for_routes(job.plan, machine, guest, seen)


def _boot(job: Walk, machine: Machine, actions: set[Action]) -> None:
    """Start the machine where it does not run, and wait for cloud-init."""
    step = job.recorder.step
    guest = job.session.guest(machine)
    log = job.host.console_log_path(machine.domain)
    found = job.host.find_domain(machine.domain)
    # A machine that has been ready runs since who knows when, and its console may be forgotten.
    first = found is None or not found.ready or Action.START in actions
    tells = first and job.images[machine.image].kernel is not None
    console = log if tells else None
    if Action.START in actions:
        job.host.destroy(machine.domain)  # a crashed machine may still hold its emulator
    if actions & {Action.CREATE, Action.RECREATE, Action.START} and log is not None:
        log.unlink(missing_ok=True)  # marks of an earlier boot
    job.host.start(machine.domain)
    job.host.resume(machine.domain)
    with step(machine.name, Stage.BOOTED):
        if console is not None:
            boot.wait_for_mark(job.host, machine, console, boot.BOOTED)
    with step(machine.name, Stage.SSH):
        if console is not None:
            boot.wait_for_mark(job.host, machine, console, boot.SSH)
        boot.wait_for_ssh(job.host, machine, guest)
    with step(machine.name, Stage.CLOUD_INIT):
        if console is not None:
            boot.wait_for_mark(job.host, machine, console, boot.CLOUD_INIT)
        elif first:
            boot.wait_for_cloud_init(machine, guest)
    job.host.set_ready(machine.domain)
