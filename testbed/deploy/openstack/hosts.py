"""Nodes that run instances: nova uses one only once it has been told that it is there."""

from testbed.deploy.openstack.job import Job
from testbed.deploy.step import Step
from testbed.errors import GuestError
from testbed.guest import Command, Script, must
from testbed.wait import Seen, wait_until

_REGISTERED = 600.0  # seconds
_KNOWN = "SELECT host FROM nova.compute_nodes WHERE deleted = 0"
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


def _ask(job: Job, machine: str, query: str) -> set[str]:
    command = Command(("mariadb", "-N", "-B", "-e", query), sudo=True)
    return set(must(job.guests[machine], command).split())
