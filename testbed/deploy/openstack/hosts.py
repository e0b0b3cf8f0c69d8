"""Nodes that run instances: nova uses one only once it has been told that it is there."""

from testbed.deploy.openstack.job import Job
from testbed.deploy.openstack.site import Site
from testbed.deploy.step import Step
from testbed.errors import GuestError
from testbed.guest import Command, Script, must
from testbed.plan.identity import stable_uuid
from testbed.wait import Seen, wait_until

IDENTITY = "/var/lib/nova/compute_id"
_REGISTERED = 600.0  # seconds
_KNOWN = "SELECT host FROM nova.compute_nodes WHERE deleted = 0"
_IDENTITIES = "SELECT host, uuid FROM nova.compute_nodes WHERE deleted = 0"
_MAPPED = "SELECT host FROM nova_api.host_mappings"
_DISCOVER = Script("cd / && runuser -u nova -- nova-manage cell_v2 discover_hosts", sudo=True)


def find_hosts(job: Job) -> None:
    """Make nova know every node; returns once each has said what it has."""
    first = job.controllers[0].machine
    wanted = {node.machine for node in job.nodes}
    if not wanted - _ask(job, first, _MAPPED):
        return

    def look() -> Seen:
        try:
            missing = sorted(wanted - _ask(job, first, _KNOWN))
        except GuestError as error:
            return Seen(False, error.what)
        return Seen(not missing, f"not heard of: {', '.join(missing)}" if missing else "all")

    with job.timing(first, "nodes register"):
        wait_until(
            "nova-compute on every node",
            look,
            timeout=_REGISTERED,
            every=5.0,
            next_step="read on a node that is missing, node1 for one: "
            "testbed ssh node1 -- sudo journalctl -u nova-compute",
        )
    job.take(Step("discover nodes", first, _DISCOVER, timeout=_REGISTERED))


def identifying(job: Job, machine: str) -> Step:
    """Return the step after which a node has the identity that nova knows it by, or a first one.

    nova-compute makes one itself when it first starts, does not sync it, and never starts again
    where that was lost.
    """
    words = _words(job, job.controllers[0].machine, _IDENTITIES)
    known = dict(zip(words[::2], words[1::2], strict=True))
    own = known.get(machine) or _first_identity(job.site(machine), machine)
    return Step("identity for nova", machine, identity_script(own))


def identity_script(own: str) -> Script:
    """Return the lines that give a node an identity where it has none, for good."""
    return Script(
        f"""
[ -s {IDENTITY} ] || {{
    printf %s {own} | install -o nova -g nova -m 644 /dev/stdin {IDENTITY}
    sync -f {IDENTITY}
}}
""",
        sudo=True,
    )


def _first_identity(site: Site, machine: str) -> str:
    return str(stable_uuid(str(site.cloud.libvirt_secret), machine, "compute"))


def _ask(job: Job, machine: str, query: str) -> set[str]:
    return set(_words(job, machine, query))


def _words(job: Job, machine: str, query: str) -> list[str]:
    command = Command(("mariadb", "-N", "-B", "-e", query), sudo=True)
    return must(job.guests[machine], command).split()
