"""Ceph's own command line, run in a node whose monitor has a quorum, and never waited for long."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from testbed.apply import keys, storing
from testbed.apply.folders import Folders
from testbed.apply.observe import Testbed
from testbed.apply.session import session
from testbed.deploy.step import Guests
from testbed.errors import GuestError, StateError
from testbed.guest import Command, CommandTimeout, Result, TalkingGuest
from testbed.plan.storage import Storage
from testbed.probe.ceph.ask import asking
from testbed.probe.ceph.quorum import MonStatus, mon_status
from testbed.together import side_by_side
from testbed.topology.models import Role

_CONNECT = 10  # seconds for the command to reach a quorum
# What the command says where no monitor answers: before it was let in, and after.
_NO_ANSWER = ("error connecting to the cluster", "timed out")


def run(folders: Folders, testbed: Testbed, words: tuple[str, ...], timeout: float) -> Result:
    """Return what `ceph WORDS` gave; `timeout` is for the command, in seconds.

    Raises `StateError` where there is no Ceph or no quorum, with what each monitor says, and
    `GuestError` where the command took too long.
    """
    storage = _storage(testbed)
    monitors = [node.machine for node in storage.monitors]
    nodes = [m.name for m in testbed.plan.machines if m.role is Role.NODE]
    others = [name for name in nodes if name not in monitors]
    with session(testbed.plan, keys.read(folders, testbed.plan)) as doors:

        def running(names: list[str]) -> Guests:
            return {name: doors.guests[name] for name in names if _runs(testbed, name)}

        return ask(storage, running(monitors), words, timeout, running(others))


def _runs(testbed: Testbed, machine: str) -> bool:
    return machine in testbed.machines and testbed.machines[machine].state == "running"


def ask(
    storage: Storage,
    running: Guests,
    words: tuple[str, ...],
    timeout: float,
    others: Guests = MappingProxyType({}),
) -> Result:
    """Return what the command gave in the first machine that reaches a quorum.

    `running` are the monitors' machines that run, `others` the nodes beside them: somebody may
    have made monitors there since.
    """
    told: dict[str, MonStatus | str] = {}
    for guest in _worth_asking(running, others, told):
        result = _try(guest, words, timeout)
        if result is not None:
            return result
    raise _no_quorum(storage, told)


def _worth_asking(
    running: Guests, others: Guests, told: dict[str, MonStatus | str]
) -> Iterator[TalkingGuest]:
    """Yield the first machine, which mostly is the one; then those whose monitor has a quorum."""
    if running:
        yield next(iter(running.values()))
    every = {**running, **storing.with_ceph(others)}
    told |= zip(every, side_by_side(every.values(), _told), strict=True)
    for name, status in told.items():
        if isinstance(status, MonStatus) and status.quorum:
            yield every[name]


def _storage(testbed: Testbed) -> Storage:
    if testbed.plan.storage is None:
        raise StateError(
            f"testbed '{testbed.plan.name}' has no Ceph",
            why="its topology has no 'storage' section",
            next_step="raise one that has: testbed up aolda",
        )
    return testbed.plan.storage


def _try(guest: TalkingGuest, words: tuple[str, ...], timeout: float) -> Result | None:
    """Return what the command gave, or None where this machine is not the one to ask."""
    argv = ("ceph", "--connect-timeout", str(_CONNECT), *words)
    try:
        result = guest.run(Command(argv, sudo=True), timeout=timeout)
    except CommandTimeout:
        raise
    except GuestError:
        return None
    unanswered = not result.ok and result.stderr.strip().strip("()").endswith(_NO_ANSWER)
    return None if unanswered else result


def _told(guest: TalkingGuest) -> MonStatus | str:
    try:
        with asking(guest) as ask:
            return mon_status(ask)
    except GuestError as error:
        return error.what


def _no_quorum(storage: Storage, told: Mapping[str, MonStatus | str]) -> StateError:
    off = [f"{n.machine} is not running" for n in storage.monitors if n.machine not in told]
    return StateError(
        "Ceph does not answer: its monitors have no quorum",
        why="; ".join([*map(str, told.values()), *off]),
        next_step="see which machines run with: testbed status; mend all that does not with: "
        "testbed up",
    )
