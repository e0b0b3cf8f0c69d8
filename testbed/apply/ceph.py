"""Ceph's own command line, run in a node whose monitor has a quorum, and never waited for long."""

from testbed.apply import keys
from testbed.apply.folders import Folders
from testbed.apply.observe import Testbed
from testbed.apply.session import Session, session
from testbed.errors import GuestError, StateError
from testbed.guest import Command, CommandTimeout, Result
from testbed.plan.storage import Storage
from testbed.probe.ceph.ask import asking
from testbed.probe.ceph.quorum import MonStatus, mon_status
from testbed.together import side_by_side
from testbed.topology.models import Provider

_CONNECT = 10  # seconds for the command to reach a quorum
_NOT_CONNECTED = "error connecting to the cluster"
_PROGRAM = {Provider.CEPH: "ceph", Provider.MICROCEPH: "microceph.ceph"}


def run(folders: Folders, testbed: Testbed, words: tuple[str, ...], timeout: float) -> Result:
    """Return what `ceph WORDS` gave; `timeout` is for the command, in seconds.

    Raises `StateError` where there is no Ceph or no quorum, with what each monitor says, and
    `GuestError` where the command took too long.
    """
    storage = _storage(testbed)
    running = [
        node.machine
        for node in storage.monitors
        if node.machine in testbed.machines and testbed.machines[node.machine].state == "running"
    ]
    with session(testbed.plan, keys.read(folders, testbed.plan)) as doors:
        result = _try(doors, storage, running[0], words, timeout) if running else None
        if result is None:
            told = side_by_side(running, lambda machine: _told(doors, machine))
            quorate = [status for status in told if isinstance(status, MonStatus) and status.quorum]
            for status in quorate:
                result = result or _try(doors, storage, status.name, words, timeout)
            if result is None:
                raise _no_quorum(storage, running, told)
    return result


def _storage(testbed: Testbed) -> Storage:
    if testbed.plan.storage is None:
        raise StateError(
            f"testbed '{testbed.plan.name}' has no Ceph",
            why="its topology has no 'storage' section",
            next_step="raise one that has: testbed up aolda",
        )
    return testbed.plan.storage


def _try(
    doors: Session, storage: Storage, machine: str, words: tuple[str, ...], timeout: float
) -> Result | None:
    """Return what the command gave, or None where this machine is not the one to ask."""
    argv = (_PROGRAM[storage.provider], "--connect-timeout", str(_CONNECT), *words)
    try:
        result = doors.guests[machine].run(Command(argv, sudo=True), timeout=timeout)
    except CommandTimeout:
        raise
    except GuestError:
        return None
    return None if not result.ok and _NOT_CONNECTED in result.stderr else result


def _told(doors: Session, machine: str) -> MonStatus | str:
    try:
        with asking(doors.guests[machine]) as ask:
            return mon_status(ask)
    except GuestError as error:
        return error.what


def _no_quorum(
    storage: Storage, running: list[str], told: tuple[MonStatus | str, ...]
) -> StateError:
    off = [f"{n.machine} is not running" for n in storage.monitors if n.machine not in running]
    return StateError(
        "Ceph does not answer: its monitors have no quorum",
        why="; ".join([*map(str, told), *off]),
        next_step=f"look at a monitor itself: testbed ssh {storage.monitors[0].machine} -- "
        f"sudo ceph daemon mon.{storage.monitors[0].machine} mon_status",
    )
