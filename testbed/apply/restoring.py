"""Does `up` find a kept testbed that it may restore? And restoring it."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from testbed import checkpoint
from testbed.apply import keeping, kept, lifecycle, observe, origin
from testbed.apply.changes import Action, Change
from testbed.apply.folders import Folders
from testbed.apply.kept import Kept
from testbed.apply.lock import is_held
from testbed.apply.progress import WHOLE, Recorder, Stage
from testbed.apply.stages import Level, nearest
from testbed.errors import HostError, StateError
from testbed.host import Host
from testbed.plan.models import Plan
from testbed.render.domain import Accelerator


@dataclass(frozen=True, slots=True)
class Found:
    """What is kept under a testbed's name and the stage to restore, or why none can be.

    `emulated` tells that it will run without the KVM there is, as it did before.
    """

    kept: Kept
    stage: Level | None
    why_not: str = ""
    emulated: bool = False

    def changes(self, plan: Plan) -> Iterator[Change]:
        """Yield what restoring does to the machines."""
        for machine in plan.machines:
            yield Change(machine.name, Action.RESTORE, f"it is kept at stage {self.stage}")


def cut_short(host: Host, folders: Folders, name: str, machines: Iterable[str]) -> Iterator[Change]:
    """Yield what `up` goes through with where a `down` or a restore of a testbed was cut short."""
    unfinished = checkpoint.find_unfinished(folders.unfinished_restore(name))
    if keeping.is_on_its_way(host, folders, name):
        why = "it was cut short on its way to what is kept, or back"
    elif unfinished and observe.find(host, folders, name):
        why = f"a restore of '{unfinished}' was cut short"
    else:
        return
    if is_held(folders, name):
        return  # it is still going on
    yield from (Change(machine, Action.RESTORE, why) for machine in machines)


def find(host: Host, folders: Folders, plan: Plan, accel: Accelerator, goal: Level) -> Found | None:
    """Return what is kept under the plan's name; None where nothing is. Changes nothing.

    Raises `StateError` where it is another topology's, or only KVM is missing, perhaps for a
    moment: it would have to give way.
    """
    manifest = kept.find(folders, plan.name)
    if manifest is None or not kept.disks(folders, plan.name).exists():
        return None
    _must_be_of(manifest, plan.topology_name)
    now = origin.of_wanted(host, folders, plan, accel)
    changed = origin.changed(manifest.origin, now)
    only_accelerator = changed == (origin.ACCELERATOR,)
    if only_accelerator and accel == "qemu":
        raise StateError(
            f"testbed '{plan.name}' is kept and ran with KVM, which does not work now",
            why="it can be restored only where KVM works, and deploying it anew would delete it",
            next_step="see why, and try again: testbed doctor --again, or give it up: "
            f"testbed down --forget --name {plan.name}",
        )
    if changed and not only_accelerator:
        return Found(manifest, None, f"{' and '.join(changed)} changed since it was kept")
    return Found(manifest, nearest(manifest.stages, goal), emulated=only_accelerator)


def _must_be_of(manifest: Kept, topology: str) -> None:
    if manifest.topology != topology:
        raise StateError(
            f"testbed '{manifest.name}' is kept and was made from another topology",
            why=f"it was made from '{manifest.topology}', and '{topology}' would take its place",
            next_step=f"restore it: testbed up --name {manifest.name}, delete it: "
            f"testbed down --forget --name {manifest.name}, or choose another name with --name",
        )


def restore(
    host: Host, folders: Folders, plan: Plan, manifest: Kept, stage: Level, recorder: Recorder
) -> None:
    """Restore a kept testbed to a stage and return once its steady state holds.

    Whatever goes wrong deletes nothing, as what is on its disks may be somebody's work: the next
    `up` goes on. Raises a `TestbedError` that tells how to give it up, too.
    """
    with recorder.step(WHOLE, Stage.RESTORED, part=stage), _telling_the_way_out(plan.name):
        keeping.bring_back(host, folders, plan, manifest, stage)
        lifecycle.restore(host, folders, observe.get(host, folders, plan.name), stage)


@contextmanager
def _telling_the_way_out(name: str) -> Iterator[None]:
    """Add to what hinders a restore how to give the testbed up, for it may do so for ever."""
    give_up = f"give it up: testbed down --forget --name {name}"
    try:
        yield
    except FileNotFoundError as error:
        raise StateError(
            f"testbed '{name}' cannot be restored", why=str(error), next_step=give_up
        ) from error
    except (HostError, StateError) as error:
        error.next_step = f"{error.next_step}; or {give_up}" if error.next_step else give_up
        raise
