"""OpenStack from Debian's packages: what it stands on first, then service by service.

Services are Pythons that spend a minute of an emulated processor on their imports, and nothing
else is as slow. More of them at once than the host has processors only delay each other, and with
them the signs of life by which a database, a queue and Ceph know their members: so as many start
at once as there are processors, two at least. Of one node two do: its units see to that, for at
boot nobody else does.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from testbed.deploy.ceph.clients import CINDER, GLANCE, users
from testbed.deploy.ceph.secrets import Secrets as CephKeys
from testbed.deploy.files import File
from testbed.deploy.openstack import node
from testbed.deploy.openstack.asking import patient
from testbed.deploy.openstack.config.frontend import endpoints
from testbed.deploy.openstack.database import raise_database
from testbed.deploy.openstack.files import files
from testbed.deploy.openstack.hosts import find_hosts, identifying
from testbed.deploy.openstack.job import Job
from testbed.deploy.openstack.node import NodeFacts
from testbed.deploy.openstack.secrets import Secrets
from testbed.deploy.openstack.site import Site
from testbed.deploy.step import Guests, Step, Timing
from testbed.errors import DeployError
from testbed.guest import Command, must
from testbed.plan.cloud import Cloud, CloudNode
from testbed.plan.storage import Storage
from testbed.probe.ceph.ask import asking
from testbed.probe.cloud.apis import endpoint
from testbed.probe.cloud.seen import answers
from testbed.together import side_by_side
from testbed.wait import Seen, wait_until

WHOLE = "testbed"
_CEPH = 300.0  # seconds
_QUEUE = 600.0
_APIS = 900.0


@dataclass(frozen=True, slots=True)
class Wanted:
    """A cloud as it should be deployed; `width` is how many services may start at once."""

    cloud: Cloud
    storage: Storage
    secrets: Secrets
    width: int


def deploy(wanted: Wanted, guests: Guests, timing: Timing) -> None:
    """Make the cloud, or what is missing of it; where all is there, only look.

    Raises `DeployError` at the first step that fails; the next run goes on from there.
    """
    facts = _look(wanted.cloud, guests)
    with timing(WHOLE, "Ceph users"):
        keys = ceph_keys(wanted.storage, guests)
    sites = {each.machine: _site(wanted, each, keys, facts) for each in wanted.cloud.nodes}
    job = Job(guests, sites, timing, max(2, wanted.width))
    nodes = tuple(_Node(job, site, files(site), facts[name]) for name, site in sites.items())
    side_by_side(nodes, _Node.place)
    raise_database(job)
    _raise_queue(job, nodes)
    side_by_side(nodes, _Node.raise_ground)
    for wave in node.WAVES:
        _raise_wave(job, nodes, wave)
    _wait_for_apis(job)
    find_hosts(job)
    side_by_side(nodes, _Node.seal)


@dataclass(frozen=True, slots=True)
class _Node:
    """One node of a deployment: what it should have, and what it had when it was looked at."""

    job: Job
    site: Site
    files: tuple[File, ...]
    facts: NodeFacts

    @property
    def machine(self) -> str:
        return self.site.node.machine

    @property
    def older(self) -> bool:
        """Whether what runs there has read older files, and must start again."""
        return self.facts.has_older_files(self.files)

    def place(self) -> None:
        self.job.take_all(node.placing(self.site, self.files, self.facts))

    def seal(self) -> None:
        self.job.take_all(node.sealing(self.site, self.files, self.facts))

    def raise_ground(self) -> None:
        own = self.site.node
        front, ground = node.front(own), node.ground(own)
        again = self.older
        if again:
            ground = tuple(unit for unit in ground if unit != node.LIBVIRT)
        self.job.take_all(node.starting("front", self.machine, front, self.facts, again=again))
        self.job.take_all(node.starting("ground", self.machine, ground, self.facts))
        if again:
            self._restart_libvirt()
        self.job.take_all(node.switching(self.site, self.facts))

    def _restart_libvirt(self) -> None:
        """Have libvirt read Ceph's key again, which it does at its start; instances run on."""
        self.job.take(node.rereading(self.machine))
        unit = (node.LIBVIRT,)
        self.job.take_all(node.starting("libvirt", self.machine, unit, self.facts, again=True))

    def start(self, unit: str) -> None:
        steps = tuple(node.starting(unit, self.machine, (unit,), self.facts, again=self.older))
        if steps and unit == node.COMPUTE:
            self.job.take(identifying(self.job, self.machine))
        self.job.take_all(steps)
        if steps and unit == node.DASHBOARD:
            self.job.take(node.opening(self.site))


def _raise_wave(job: Job, nodes: tuple[_Node, ...], wave: tuple[str, ...]) -> None:
    """Start the services of a wave in their order, each on every node that has it."""
    wanted = [
        (each, unit)
        for unit in wave
        for each in nodes
        if unit in node.in_wave(wave, each.site.node)
    ]
    side_by_side(wanted, lambda one: one[0].start(one[1]), at_once=job.width)


def _look(cloud: Cloud, guests: Guests) -> Mapping[str, NodeFacts]:
    def look(each: CloudNode) -> NodeFacts:
        return node.read_facts(must(guests[each.machine], node.facts_script(each)))

    found = {
        each.machine: seen
        for each, seen in zip(cloud.nodes, side_by_side(cloud.nodes, look), strict=True)
    }
    for machine, seen in found.items():
        node.must_have_programs(machine, seen)
    return found


def ceph_keys(storage: Storage, guests: Guests) -> CephKeys:
    """Return the keys of OpenStack's users in Ceph, which are made where they are missing."""
    found: dict[str, str] = {}
    with asking(guests[storage.monitors[0].machine], timeout=_CEPH) as ask:
        for user, caps in users(storage).items():
            if user not in (GLANCE, CINDER):
                continue
            answer = ask.mon("auth get", timeout=60.0, entity=user)
            if not answer.ok:  # asked to make one with other rights than it has, Ceph refuses
                rights = [word for pair in caps.items() for word in pair]
                answer = ask.mon("auth get-or-create", timeout=60.0, entity=user, caps=rights)
            if not answer.ok:
                raise DeployError(
                    f"Ceph does not give a key to '{user}'",
                    why=answer.text,
                    next_step=f"see what it may do now: testbed ceph -- auth get {user}",
                )
            found[user] = answer.json()[0]["key"]
    return found


def _site(wanted: Wanted, each: CloudNode, keys: CephKeys, facts: Mapping[str, NodeFacts]) -> Site:
    kvm = facts[each.machine].kvm
    return Site(wanted.cloud, wanted.storage, each, wanted.secrets, keys, kvm)


def _raise_queue(job: Job, nodes: tuple[_Node, ...]) -> None:
    """Make every member of the message queue run, before anything makes a queue in fewer."""
    missing = [
        each for each in nodes if each.site.node.control and node.QUEUE not in each.facts.running
    ]

    def start(each: _Node) -> None:
        queue = (node.QUEUE,)
        job.take_all(node.starting("message queue", each.machine, queue, each.facts))

    side_by_side(missing, start)
    if missing and not job.alone:
        count = str(len(job.controllers))
        command = Command(("rabbitmqctl", "await_online_nodes", count), sudo=True)
        job.take(Step("queue cluster", job.controllers[0].machine, command, timeout=_QUEUE))


def _wait_for_apis(job: Job) -> None:
    """Return once every API answers where the catalogue says it is; raises `WaitTimeout`."""
    first = job.controllers[0].machine
    places = endpoints(job.site(first).cloud)

    def look() -> Seen:
        told = {name: endpoint(job.guests[first], url) for name, url in places.items()}
        silent = [f"{name}: {said}" for name, said in told.items() if not answers(said)]
        return Seen(not silent, "; ".join(silent))

    with job.timing(first, "every API answers"):
        wait_until(
            "every API answers at its address",
            lambda: patient(look),
            timeout=_APIS,
            every=5.0,
            next_step="see what does not run: testbed status --check",
        )
