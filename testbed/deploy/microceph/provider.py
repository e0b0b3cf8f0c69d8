"""MicroCeph from its snap: all nodes side by side up to the snap, then one after another.

MicroCeph keeps its own records, so what is there is asked of it, and only what is missing is run.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from testbed.deploy.ceph.cluster import MonCommand
from testbed.deploy.microceph import cluster, members, snap
from testbed.deploy.microceph.cluster import ClusterFacts
from testbed.deploy.microceph.node import NodeFacts, facts_script, read_facts
from testbed.deploy.step import Guests, Step, Timing, take
from testbed.errors import DeployError
from testbed.guest import must
from testbed.plan.storage import Storage, StorageNode
from testbed.probe.ceph.ask import Ask, asking
from testbed.together import side_by_side
from testbed.topology.models import FailureDomain
from testbed.wait import Seen, wait_until

WHOLE = "testbed"
_DAEMON = 120.0  # seconds
_OSDS = 300.0
_SWITCH = 300.0
_COMMAND = 60.0
_DISK = 330.0
_LOOK = 180.0

Facts = Mapping[str, NodeFacts]  # by machine name
Wait = Callable[..., Seen]


@dataclass(frozen=True, slots=True)
class _Job:
    """What the steps of a deployment need."""

    storage: Storage
    guests: Guests
    timing: Timing
    wait: Wait

    def take(self, steps: Iterable[Step]) -> None:
        for step in steps:
            self.take_one(step)

    def take_one(self, step: Step) -> str:
        with self.timing(step.machine, step.name):
            return take(self.guests, step)

    def look(self, node: StorageNode) -> NodeFacts:
        script = facts_script(self.storage, node)
        return read_facts(must(self.guests[node.machine], script, timeout=_LOOK), node)


def deploy(storage: Storage, guests: Guests, timing: Timing, *, wait: Wait = wait_until) -> None:
    """Make the cluster, or what is missing of it; where all is there, only look.

    Raises `DeployError` at the first step that fails or is refused, and `WaitTimeout` where
    MicroCeph does not get ready; the next run goes on from there.
    """
    members.must_fit(storage)
    job = _Job(storage, guests, timing, wait)
    _install(job)
    facts = _settled(job)
    host = _gather(job, facts)
    patience = _OSDS + _SWITCH + 30 * _COMMAND + _DISK * len(storage.osds)
    with asking(guests[host.machine], timeout=patience) as ask:
        _command(ask, job, "settings", cluster.settings)
        _add_disks(job, facts)
        _wait_for_osds(ask, job)
        _command(ask, job, "pools", cluster.pools)
    for node in storage.nodes:
        job.take(members.serving(storage, node, facts[node.machine]))
    job.take(members.setting_clients(storage, host, facts[host.machine]))


def _install(job: _Job) -> None:
    """Install the snap on all nodes, or refuse before anything is changed on one of them."""
    nodes = job.storage.nodes
    looks = tuple(zip(nodes, side_by_side(nodes, job.look), strict=True))
    for node, facts in looks:
        snap.must_be_installable(node.machine, facts.snaps)

    def act(pair: tuple[StorageNode, NodeFacts]) -> None:
        node, facts = pair
        try:
            job.take(snap.installing(node.machine, facts.snaps))
        except DeployError as error:
            raise DeployError(
                f"cannot install MicroCeph on '{node.machine}'",
                why=error.why or error.what,
                next_step=snap.FROM_FILES,
            ) from error
        job.take(snap.holding(node.machine, facts.snaps))

    side_by_side(looks, act)


def _settled(job: _Job) -> Facts:
    """Return what every node has, once its MicroCeph says whether it is in a cluster."""
    nodes = job.storage.nodes
    found = side_by_side(nodes, lambda node: _look_until_settled(job, node))
    return {node.machine: facts for node, facts in zip(nodes, found, strict=True)}


def _look_until_settled(job: _Job, node: StorageNode) -> NodeFacts:
    last: list[NodeFacts] = []

    def see() -> Seen:
        last[:] = [job.look(node)]
        return Seen(last[0].members is not None, last[0].silence)

    job.wait(
        f"an answer of MicroCeph on {node.machine}",
        see,
        timeout=_DAEMON,
        next_step=f"read: testbed ssh {node.machine} -- sudo journalctl -u "
        f"snap.microceph.daemon.service",
    )
    return last[0]


def _gather(job: _Job, facts: Facts) -> StorageNode:
    """Bring all nodes into one cluster and return the one that invited."""
    host = members.inviting(job.storage, facts)
    job.take(members.bootstrapping(job.storage, host, facts[host.machine]))
    used = facts[host.machine].tokens
    for node in job.storage.nodes:
        if node != host and not facts[node.machine].members:
            token = job.take_one(members.token_step(host, node.machine)).strip()
            job.take_one(members.joining_step(node, token))
            used |= {node.machine}
    job.take(members.forgetting(host, used))
    for node in job.storage.nodes:
        job.take(members.linking(node, facts[node.machine]))
    return host


def _add_disks(job: _Job, facts: Facts) -> None:
    for node in job.storage.nodes:
        members.must_be_empty(node, facts[node.machine])
    for node in job.storage.nodes:
        job.take(members.adding_disks(node, facts[node.machine]))


def _wait_for_osds(ask: Ask, job: _Job) -> None:
    storage = job.storage
    with job.timing(WHOLE, "OSDs"):
        job.wait(
            "Ceph's OSDs",
            lambda: cluster.osds_seen(cluster.observe(ask), storage),
            timeout=_OSDS,
            next_step="see which is missing: testbed ceph -- osd tree",
        )
    if storage.failure_domain is FailureDomain.HOST:
        with job.timing(WHOLE, "failure domain"):
            job.wait(
                "MicroCeph's switch to replicas apart by host",
                lambda: cluster.switch_seen(cluster.observe(ask)),
                timeout=_SWITCH,
                next_step="see the pools' rules: testbed ceph -- osd pool ls detail",
            )


def _command(
    ask: Ask,
    job: _Job,
    name: str,
    commands: Callable[[ClusterFacts, Storage], Iterator[MonCommand]],
) -> None:
    with job.timing(WHOLE, name):
        for command in commands(cluster.observe(ask), job.storage):
            answer = ask.mon(command.prefix, timeout=_COMMAND, **command.arguments)
            if not answer.ok:
                raise DeployError(
                    f"step '{name}' failed on {ask.machine}: Ceph refused `ceph {command}`",
                    why=f"{answer.text}; nothing after this step was run",
                    next_step="see how Ceph is: testbed ceph -- status",
                )
