"""Ceph from Debian's packages: all nodes side by side up to the quorum, then the cluster."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from testbed.deploy.ceph import cluster, node
from testbed.deploy.ceph.files import files
from testbed.deploy.ceph.secrets import Secrets
from testbed.deploy.step import Guests, Step, Timing, take
from testbed.errors import DeployError
from testbed.guest import must
from testbed.plan.storage import Storage, StorageNode
from testbed.probe.ceph.ask import Ask, asking
from testbed.probe.ceph.quorum import quorum_seen
from testbed.together import side_by_side
from testbed.wait import wait_until

WHOLE = "testbed"
_QUORUM = 300.0  # seconds
_COMMAND = 60.0


@dataclass(frozen=True, slots=True)
class _Job:
    """What the steps of a deployment need."""

    storage: Storage
    guests: Guests
    secrets: Secrets
    timing: Timing

    def take(self, steps: Iterable[Step]) -> None:
        for step in steps:
            with self.timing(step.machine, step.name):
                take(self.guests, step)


def deploy(storage: Storage, guests: Guests, secrets: Secrets, timing: Timing) -> None:
    """Make the cluster, or what is missing of it; where all is there, only look.

    Raises `DeployError` at the first step that fails; the next run goes on from there.
    """
    job = _Job(storage, guests, secrets, timing)
    before = side_by_side(storage.nodes, lambda each: _make(job, each))
    with asking(guests[storage.monitors[0].machine], timeout=_QUORUM + 10 * _COMMAND) as ask:
        with timing(WHOLE, "quorum"):
            _wait_for_quorum(ask, storage)
        with timing(WHOLE, "pools"):
            _command(ask, job, known=not any(facts.monitor for facts in before))
    nodes = zip(storage.nodes, before, strict=True)
    side_by_side(nodes, lambda pair: _start(job, *pair))


def restart_monitor(machine: str, guests: Guests, timing: Timing) -> None:
    """Restart a monitor; the others keep the quorum meanwhile, where there are others."""
    step = node.restarting_monitor(machine)
    with timing(machine, step.name):
        take(guests, step)


def _make(job: _Job, each: StorageNode) -> node.NodeFacts:
    """Make a node's daemons; return what it had before."""
    facts = node.read_facts(must(job.guests[each.machine], node.facts_script(job.storage, each)))
    wanted = files(job.storage, each, job.secrets)
    job.take(node.making(job.storage, each, wanted, facts))
    return facts


def _start(job: _Job, each: StorageNode, facts: node.NodeFacts) -> None:
    job.take(node.starting("start OSDs", each, node.osd_units(each), facts.running))
    services = node.service_units(job.storage, each)
    job.take(node.starting("start services", each, services, facts.running))


def _wait_for_quorum(ask: Ask, storage: Storage) -> None:
    wait_until(
        "the monitors' quorum",
        lambda: quorum_seen(ask, tuple(each.machine for each in storage.monitors)),
        timeout=_QUORUM,
        next_step=f"read: testbed ssh {ask.machine} -- sudo journalctl -u ceph-mon@{ask.machine}",
    )


def _command(ask: Ask, job: _Job, *, known: bool) -> None:
    """Make what the cluster lacks; monitors that were made just now have every OSD's key `known`.

    One that was purged or destroyed has lost its key: it comes back by what its node has of it.
    """
    facts = cluster.observe(ask)
    lost = frozenset() if known else cluster.keyless(ask, facts, job.storage)
    for each in job.storage.nodes:
        job.take(node.readmitting(osd, each.machine) for osd in each.osds if osd.id in lost)
    for command in cluster.commands(replace(facts, osds=facts.osds | lost), job.storage):
        answer = ask.mon(command.prefix, timeout=_COMMAND, **command.arguments)
        if not answer.ok:
            raise DeployError(
                f"step 'pools' failed on {ask.machine}: Ceph refused `ceph {command}`",
                why=f"{answer.text}; nothing after this step was run",
                next_step="see how Ceph is: testbed ceph -- status",
            )
