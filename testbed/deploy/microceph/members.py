"""Who is in MicroCeph's cluster, and the steps that bring in who is not."""

from collections.abc import Iterator, Mapping

from testbed.deploy.microceph.node import CONF, MICROCEPH, TOKENS, NodeFacts, disk_of
from testbed.deploy.step import Step
from testbed.errors import DeployError
from testbed.guest import Command, Script
from testbed.plan.storage import Osd, Storage, StorageNode
from testbed.topology.models import FailureDomain

RGW_PORT = 7480
HOSTS_FOR_SWITCH = 3  # so many with an OSD, and MicroCeph keeps replicas apart by host
_LEAST_MIB = 2048  # the smallest disk MicroCeph takes
_SLOW = 330.0  # seconds; MicroCeph itself gives a join 300
_FRESH = 170  # minutes; a token is good for 180


def must_fit(storage: Storage) -> None:
    """Raise `DeployError` where MicroCeph could not make this cluster; nothing is run."""
    for node in storage.nodes:
        for osd in node.osds:
            if osd.size_mib < _LEAST_MIB:
                raise DeployError(
                    f"disk '{osd.serial}' of '{node.machine}' is too small for MicroCeph",
                    why=f"it has {osd.size_mib} MiB, and the least is {_LEAST_MIB}",
                    next_step="set its size to 2G or more and run: testbed down, testbed up FILE",
                )
    hosts = hosts_with_osds(storage)
    if storage.failure_domain is FailureDomain.HOST and hosts < HOSTS_FOR_SWITCH:
        raise DeployError(
            "MicroCeph cannot keep the replicas of this cluster apart by host",
            why=f"it does so once {HOSTS_FOR_SWITCH} nodes have an OSD, and here {hosts} have",
            next_step="set 'failure_domain: osd', or use provider: ceph, and run: testbed up FILE",
        )


def hosts_with_osds(storage: Storage) -> int:
    """Return how many nodes have at least one OSD."""
    return sum(bool(node.osds) for node in storage.nodes)


def inviting(storage: Storage, facts: Mapping[str, NodeFacts]) -> StorageNode:
    """Return the node that invites: one that is in a cluster, or the first.

    Raises `DeployError` where the nodes do not agree who is in the cluster.
    """
    inside = [node for node in storage.nodes if facts[node.machine].members]
    if not inside:
        return storage.nodes[0]
    host = inside[0]
    known = facts[host.machine].members or frozenset()
    for node in storage.nodes:
        if (node in inside) != (node.machine in known):
            raise _disagreement(host.machine, node.machine, listed=node.machine in known)
    return host


def _disagreement(host: str, machine: str, *, listed: bool) -> DeployError:
    if listed:
        return DeployError(
            f"'{host}' lists '{machine}' as a member, and '{machine}' is in no cluster",
            why="it was made anew, or its joining was cut off; no step was run",
            next_step=f"remove the old member: testbed ssh {host} -- sudo {MICROCEPH} cluster "
            f"remove {machine} --force; then run: testbed up",
        )
    return DeployError(
        f"'{machine}' is in another cluster than '{host}'",
        why="two clusters cannot become one; no step was run",
        next_step="start over with: testbed down, testbed up",
    )


def bootstrapping(storage: Storage, node: StorageNode, facts: NodeFacts) -> Iterator[Step]:
    """Yield the step that makes the cluster, where the inviting node is in none."""
    if not facts.members:
        yield _step(
            "bootstrap",
            node.machine,
            *("cluster", "bootstrap"),
            *("--microceph-ip", str(node.address)),
            *("--mon-ip", str(node.address)),
            *("--public-network", str(storage.public_network)),
            *("--cluster-network", str(storage.cluster_network)),
        )


def token_step(host: StorageNode, machine: str) -> Step:
    """Return the step that prints a token for a machine; a second try prints the same one.

    MicroCeph makes no second token for a name, so one that was made is kept until it was used.
    """
    file = f"{TOKENS}/{machine}"
    script = f"""
umask 077
mkdir -p {TOKENS}
[ -n "$(find {file} -size +0 -mmin -{_FRESH} 2>/dev/null)" ] || \
{MICROCEPH} cluster add {machine} >{file}
cat {file}
"""
    return Step(f"invite {machine}", host.machine, Script(script, sudo=True))


def joining_step(node: StorageNode, token: str) -> Step:
    """Return the step that joins with a token, which comes over stdin and is never shown."""
    words = ("cluster", "join", "TOKEN", "--microceph-ip", str(node.address))
    command = Command(
        ("xargs", "-I", "TOKEN", MICROCEPH, *words), sudo=True, secrets=(token,) if token else ()
    )
    return Step("join", node.machine, command, timeout=_SLOW, stdin=f"{token}\n".encode())


def forgetting(host: StorageNode, machines: frozenset[str]) -> Iterator[Step]:
    """Yield the step that clears away used tokens."""
    if machines:
        files = tuple(f"{TOKENS}/{machine}" for machine in sorted(machines))
        yield Step("forget tokens", host.machine, Command(("rm", "-f", *files), sudo=True))


def linking(node: StorageNode, facts: NodeFacts) -> Iterator[Step]:
    """Yield the step that shows Ceph's own programs, and the probes, the snap's cluster."""
    if not facts.linked:
        files = (f"{CONF}/ceph.client.admin.keyring", f"{CONF}/ceph.conf")
        argv = ("ln", "--symbolic", "--force", "--target-directory=/etc/ceph", *files)
        yield Step("link", node.machine, Command(argv, sudo=True))


def must_be_empty(node: StorageNode, facts: NodeFacts) -> None:
    """Raise `DeployError` about a disk that is no OSD and holds something: it is never wiped."""
    for osd in _missing(node, facts):
        if osd.serial in facts.data:
            raise DeployError(
                f"disk '{osd.serial}' of '{node.machine}' holds data and is no OSD",
                why=f"found on it: {facts.data[osd.serial]}; no disk was added",
                next_step=f"where it may be lost: testbed ssh {node.machine} -- sudo {MICROCEPH} "
                f"disk add {disk_of(osd)} --wipe; then run: testbed up",
            )


def adding_disks(node: StorageNode, facts: NodeFacts) -> Iterator[Step]:
    """Yield one step for each disk that is no OSD yet."""
    for osd in _missing(node, facts):
        yield _step("disk", node.machine, "disk", "add", disk_of(osd))


def serving(storage: Storage, node: StorageNode, facts: NodeFacts) -> Iterator[Step]:
    """Yield the step that starts the object gateway, where it is wanted and missing."""
    if storage.rgw and "rgw" not in facts.active:
        yield _step("object gateway", node.machine, "enable", "rgw", "--port", str(RGW_PORT))


def setting_clients(storage: Storage, host: StorageNode, facts: NodeFacts) -> Iterator[Step]:
    """Yield the steps that set RBD's cache on all nodes, sizes in bytes."""
    cache = storage.client_cache.model_dump() if storage.client_cache else {}
    for key, value in cache.items():
        wanted = str(value).lower() if isinstance(value, bool) else str(value * 2**20)
        if facts.settings.get(key) != wanted:
            yield _step("client", host.machine, "client", "config", "set", key, wanted)


def _missing(node: StorageNode, facts: NodeFacts) -> list[Osd]:
    return [osd for osd in node.osds if osd.serial not in facts.disks]


def _step(name: str, machine: str, *words: str) -> Step:
    return Step(name, machine, Command((MICROCEPH, *words), sudo=True), timeout=_SLOW)
