"""The storage stage: Ceph in the nodes, healthy, and the look at it that is remembered."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field, replace
from typing import TypeVar

from testbed.apply import secret_store
from testbed.apply.folders import Folders
from testbed.apply.having import having, may_be_in
from testbed.apply.progress import WHOLE, Recorder, Stage
from testbed.apply.session import Session
from testbed.deploy import microceph
from testbed.deploy.ceph import provider
from testbed.deploy.ceph.files import RGW_PORT
from testbed.deploy.ceph.secrets import Secrets, new_secrets
from testbed.deploy.step import Guests, Timing
from testbed.errors import GuestError
from testbed.guest import TalkingGuest
from testbed.plan.models import Plan
from testbed.plan.storage import Storage, StorageNode
from testbed.probe.ceph import state
from testbed.probe.ceph.ask import asking
from testbed.probe.ceph.quorum import mon_status
from testbed.probe.ceph.state import CephSeen
from testbed.probe.cloud.apis import endpoint
from testbed.probe.verdict import Verdict, failing
from testbed.together import side_by_side
from testbed.topology.models import FailureDomain, Provider, Role
from testbed.wait import Seen, wait_until

_HEALTHY = 300.0  # seconds
_PATIENCE = 60.0  # seconds in which a monitor that is busy would have answered
DEPLOYED = "/etc/ceph/ceph.conf"

T = TypeVar("T", bound=CephSeen | None)


@dataclass
class Patience:
    """Watches monitors that Ceph calls slow while it warns of nothing else.

    Ceph 18 may keep a report that was passed on and never answered, and warn for ever; only a
    restart makes it forget (https://github.com/red-hat-storage/cephci/pull/5747). Each monitor is
    named once.
    """

    clock: Callable[[], float] = time.monotonic
    since: float | None = None
    named: set[str] = field(default_factory=set)

    def ends_with(self, seen: CephSeen) -> str | None:
        """Return the machine of a monitor that hangs: every look of a minute saw such a one."""
        slow, now = state.slow_monitors(seen), self.clock()
        self.since = (self.since or now) if slow else None
        left = [machine for machine in slow if machine not in self.named]
        if self.since is None or now - self.since < _PATIENCE or not left:
            return None
        self.named.add(left[0])
        self.since = None  # the others keep the quorum: the next one has a minute of its own
        return left[0]


def raise_storage(
    folders: Folders, plan: Plan, storage: Storage, session: Session, recorder: Recorder
) -> CephSeen:
    """Make the cluster, or what is missing of it, and return what was seen once it is healthy."""
    guests = guests_of(storage, session)

    def timing(machine: str, step: str) -> AbstractContextManager[None]:
        return recorder.step(machine, Stage.STORAGE, part=step)

    if storage.provider is Provider.MICROCEPH:
        microceph.deploy(storage, guests, timing)
    else:
        provider.deploy(storage, guests, secrets(folders, plan.name, storage), timing)
    with recorder.step(WHOLE, Stage.STORAGE, part="healthy"):
        return _help_until_healthy(storage, guests, timing)


def wait_where_deployed(plan: Plan, session: Session) -> CephSeen | None:
    """Return what was seen of a healthy cluster, or None where the nodes hold none yet."""
    if plan.storage is None:
        return None
    return _wait(plan.storage, lambda: look_where_deployed(plan, session))


def look_where_deployed(plan: Plan, session: Session) -> CephSeen | None:
    """Return what is seen of the cluster now, or None where the nodes hold none yet.

    Monitors' machines that are silent, all of them, are told by the look.
    """
    storage = plan.storage
    if storage is None:
        return None
    names = [node.machine for node in storage.monitors]
    monitors = {name: session.guests[name] for name in names}
    others = {
        machine.name: session.guests[machine.name]
        for machine in plan.machines
        if machine.role is Role.NODE and machine.name not in names
    }
    if not may_be_in(monitors, DEPLOYED) and not with_ceph(others):
        return None
    return look(storage, {**monitors, **others})


def with_ceph(guests: Guests) -> Guests:
    """Return those of the machines that answer and have Ceph's configuration."""
    return having(guests, DEPLOYED)


def guests_of(storage: Storage, session: Session) -> Guests:
    """Return the doors into the nodes that take part."""
    return {node.machine: session.guests[node.machine] for node in storage.nodes}


def secrets(folders: Folders, testbed: str, storage: Storage) -> Secrets:
    """Return the keys of Ceph's users, made once per testbed and kept with its other keys."""
    return secret_store.make(folders, testbed, "ceph", new_secrets(storage))


def _help_until_healthy(storage: Storage, guests: Guests, timing: Timing) -> CephSeen:
    """Return what was seen once the cluster is healthy; monitors that hang are restarted."""
    patience = Patience()

    def see() -> CephSeen:
        seen = look(storage, guests)
        hanging = patience.ends_with(seen)
        if hanging and hanging in guests and storage.provider is Provider.CEPH:
            provider.restart_monitor(hanging, guests, timing)
        return seen

    return _wait(storage, see)


def _wait(storage: Storage, see: Callable[[], T]) -> T:
    last: list[T] = []

    def once() -> Seen:
        last[:] = [see()]
        seen: CephSeen | None = last[0]
        wrong = failing(verdicts(storage, seen)) if seen else ()
        return Seen(not wrong, "; ".join(map(str, wrong)) or "healthy")

    wait_until(
        "Ceph healthy",
        once,
        timeout=_HEALTHY,
        next_step="see what is wrong with: testbed ceph -- health detail",
    )
    return last[0]


def look(storage: Storage, guests: Guests) -> CephSeen:
    """Return what Ceph says through the first node that answers for a quorum, and its gateways.

    After the planned monitors the other nodes are asked: somebody may have made monitors there
    since. Where none answers, it is told what the planned ones say one by one.
    """
    seen = _look(storage, guests)
    if seen.health == state.UNKNOWN:
        return seen
    return replace(seen, gateways=_gateways(storage, guests))


def _look(storage: Storage, guests: Guests) -> CephSeen:
    told: list[CephSeen] = []
    silent: list[str] = []
    for node in storage.monitors:
        if node.machine not in guests:
            silent.append(f"{node.machine} is not running")
            continue
        try:
            seen = state.look(guests[node.machine])
        except GuestError as error:
            silent.append(error.what)
            continue
        if seen.health != state.UNKNOWN:
            return seen
        told.append(seen)
    for guest in _others_in_quorum(storage, guests):
        with suppress(GuestError):
            seen = state.look(guest)
            if seen.health != state.UNKNOWN:
                return seen
    return state.unknown(*(line for seen in told for line in seen.problems), *silent)


def _gateways(storage: Storage, guests: Guests) -> Mapping[str, str]:
    """Return what each node's object gateway answers; Ceph itself does not miss one."""

    def ask(node: StorageNode) -> str:
        if node.machine not in guests:
            return "it is not running"
        try:
            return endpoint(guests[node.machine], f"http://{node.address}:{RGW_PORT}/")
        except GuestError as error:
            return error.what.removeprefix(f"{node.machine}: ")

    nodes = storage.nodes if storage.rgw else ()
    return dict(zip((n.machine for n in nodes), side_by_side(nodes, ask), strict=True))


def _others_in_quorum(storage: Storage, guests: Guests) -> Iterator[TalkingGuest]:
    """Yield the nodes beside the planned monitors whose own monitor has a quorum."""
    planned = {node.machine for node in storage.monitors}
    others = with_ceph({name: guest for name, guest in guests.items() if name not in planned})
    in_quorum = side_by_side(others.values(), _has_quorum)
    yield from (g for g, quorate in zip(others.values(), in_quorum, strict=True) if quorate)


def _has_quorum(guest: TalkingGuest) -> bool:
    with suppress(GuestError), asking(guest) as ask:
        return bool(mon_status(ask).quorum)
    return False


def verdicts(storage: Storage, seen: CephSeen) -> tuple[Verdict, ...]:
    """Return what holds of the cluster and what does not."""
    found = [*state.verdicts(seen, storage)]
    if storage.failure_domain is FailureDomain.HOST:
        found += state.placement_verdicts(seen)
    return tuple(found)


def wrong(storage: Storage, seen: CephSeen) -> tuple[str, ...]:
    """Return what is wrong with the cluster, one line each: Ceph's own words, then ours.

    A warning that somebody has muted is none to Ceph, which calls the cluster healthy.
    """
    failed = failing(verdicts(storage, seen))
    theirs = seen.problems if any(v.probe == state.HEALTH for v in failed) else ()
    ours = (v for v in failed if v.probe != state.HEALTH)
    return (*theirs, *(f"{verdict.probe}: {verdict.seen}" for verdict in ours))


def untried(plan: Plan) -> str:
    """Return what of a testbed nobody has run yet, in a sentence; empty where all was."""
    snap = plan.storage is not None and plan.storage.provider is Provider.MICROCEPH
    return microceph.NOT_RUN if snap else ""
