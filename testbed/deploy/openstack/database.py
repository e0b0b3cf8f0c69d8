"""The database: a cluster of servers that begins with the one that has everything."""

from collections.abc import Mapping
from dataclasses import dataclass

from testbed.deploy.openstack import galera, seed
from testbed.deploy.openstack.galera import Position
from testbed.deploy.openstack.job import Job
from testbed.deploy.openstack.node import DATABASE
from testbed.deploy.step import Step, take
from testbed.deploy.units import enabling
from testbed.errors import GuestError
from testbed.guest import Command, Script, must
from testbed.plan.cloud import CloudNode
from testbed.together import side_by_side
from testbed.wait import Seen, wait_until

_STATE = "/var/lib/mysql/grastate.dat"
_START, _JOINED = 900.0, 600.0  # seconds
_BEGUN = 1200.0  # seconds; systemd gives a start 900, and what it says then must still be heard
_ACTIVE, _PRIMARY = "active", "Primary"


@dataclass(frozen=True, slots=True)
class Server:
    """A database server: its unit's state, and what it says of its cluster."""

    unit: str
    enabled: bool
    cluster: str = ""
    size: int = 0
    state: str = ""

    @property
    def serves(self) -> bool:
        """Whether it takes statements: alone and cut off from the others it does not."""
        return self.unit == _ACTIVE and self.cluster == _PRIMARY


_LOOK = Script(
    f"""
echo "unit $(systemctl is-active {DATABASE} || true)"
echo "enabled $(systemctl is-enabled {DATABASE} 2>/dev/null || true)"
systemctl is-active --quiet {DATABASE} || exit 0
mariadb -N -B -e "SHOW STATUS WHERE Variable_name IN
('wsrep_cluster_status', 'wsrep_cluster_size', 'wsrep_local_state_comment')" 2>/dev/null || true
""",
    sudo=True,
)
# What galera_new_cluster says to systemd around a start, and takes back itself unless it was cut
# off: a server that starts with it next would be a second cluster.
_NO_NEW_CLUSTER = "systemctl set-environment _WSREP_NEW_CLUSTER="
# A server that waits for others writes nothing, and would not hear a polite word until it gave up.
_STOP = Script(
    f"""
{_NO_NEW_CLUSTER}
if ! systemctl is-active --quiet {DATABASE}; then
    systemctl stop --no-block {DATABASE}
    systemctl kill --signal=KILL {DATABASE} 2>/dev/null || true
fi
systemctl stop {DATABASE}
systemctl reset-failed {DATABASE} 2>/dev/null || true
""",
    sudo=True,
)
_POSITION = Script(
    f"""
[ -e {_STATE} ] || exit 0
cat {_STATE}
if grep -q 'seqno: *-1' {_STATE}; then galera_recovery; fi
""",
    sudo=True,
)
_BEGIN = Script(
    f"""
sed -i 's/^safe_to_bootstrap:.*/safe_to_bootstrap: 1/' {_STATE}
{enabling([DATABASE])}
galera_new_cluster
""",
    sudo=True,
)
_JOIN = Script(
    f"""
{_NO_NEW_CLUSTER}
{enabling([DATABASE])}
systemctl reset-failed {DATABASE} 2>/dev/null || true
# One that is joining already would begin again with all that it copies.
[ "$(systemctl is-active {DATABASE})" = activating ] && verb=start || verb=restart
systemctl $verb {DATABASE}
""",
    sudo=True,
)


def read_server(text: str) -> Server:
    """Read the output of a look at a server."""
    words = dict(line.split(None, 1) for line in text.splitlines() if len(line.split()) > 1)
    return Server(
        unit=words.get("unit", ""),
        enabled=words.get("enabled") == "enabled",
        cluster=words.get("wsrep_cluster_status", ""),
        size=int(words.get("wsrep_cluster_size", "0")),
        state=words.get("wsrep_local_state_comment", ""),
    )


def raise_database(job: Job) -> None:
    """Make the database run on every controller, with this testbed's own passwords in it."""
    if job.alone:
        _raise_one(job, job.controllers[0])
        return
    found = _look(job)
    serving = [name for name, server in found.items() if server.serves]
    begun = serving[0] if serving else _begin(job)
    _own(job, begun)
    for name, server in found.items():
        if name != begun and not (server.serves and server.enabled):
            job.take(Step("database", name, _JOIN, timeout=_START))
    _wait_until_whole(job)


def _raise_one(job: Job, controller: CloudNode) -> None:
    server = read_server(must(job.guests[controller.machine], _LOOK))
    if not (server.unit == _ACTIVE and server.enabled):
        job.take(Step("database", controller.machine, _JOIN, timeout=_START))
    _own(job, controller.machine)


def _look(job: Job) -> Mapping[str, Server]:
    names = [node.machine for node in job.controllers]
    told = side_by_side(names, lambda name: must(job.guests[name], _LOOK))
    return {name: read_server(text) for name, text in zip(names, told, strict=True)}


def _begin(job: Job) -> str:
    """Start the cluster from the server that has everything; return its machine."""
    names = [node.machine for node in job.controllers]
    side_by_side(names, lambda name: job.take(Step("database off", name, _STOP, timeout=_START)))
    positions = dict(zip(names, side_by_side(names, lambda n: _position(job, n)), strict=True))
    first = galera.first(positions)
    job.take(Step("first database", first, _BEGIN, timeout=_BEGUN))
    return first


def _position(job: Job, name: str) -> Position:
    text = take(job.guests, Step("database position", name, _POSITION, timeout=_START))
    return galera.read_position(text, text)


def _own(job: Job, name: str) -> None:
    """Replace the image's placeholders, where some are left."""
    query = Command(("mariadb", "-N", "-B", "-e", seed.LEFT), sudo=True)
    left = take(job.guests, Step("placeholders", name, query)).strip()
    if left != "0":
        site = job.site(name)
        command = Command(("mariadb",), sudo=True, secrets=tuple(site.secrets.values()))
        job.take(Step("passwords", name, command, 300.0, seed.statements(site).encode()))


def _wait_until_whole(job: Job) -> None:
    """Return once every server says that all are there, and that it has what the others have."""
    count = len(job.controllers)

    def look() -> Seen:
        try:
            servers = _look(job)
        except GuestError as error:
            return Seen(False, error.what)
        wrong = [
            f"{name}: {each.size} of {count}, {each.state or each.unit}"
            for name, each in servers.items()
            if (each.size, each.state) != (count, "Synced")
        ]
        return Seen(not wrong, "; ".join(wrong) or "whole")

    wait_until(
        "the database cluster",
        look,
        timeout=_JOINED,
        every=5.0,
        next_step=f"read: testbed ssh {job.controllers[0].machine} -- sudo journalctl -u mariadb",
    )
