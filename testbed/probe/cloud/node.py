"""One node of the cloud, asked itself: its share of the address, databases, queue and switch.

One script looks at all of it with programs that start at once. RabbitMQ's own commands are not
among them: each starts an Erlang and loads a command line, which takes an emulated node longer
than everything else here. Its members keep a connection to each other instead, which the kernel
knows of, and which RabbitMQ itself gives up where it takes the other for gone.
"""

import re
from collections.abc import Iterator, Mapping

from testbed.guest import Script, TalkingGuest, must
from testbed.plan.cloud import FIREWALL_TABLE, PROVIDER_BRIDGE, SWITCH_DOOR, Cloud, CloudNode
from testbed.probe.cloud.seen import SILENT, SYNCED, NodeSeen

_AMQP = 5672
_BETWEEN_MEMBERS = 25672  # 20000 above, as RabbitMQ has it
_DATABASES = {"nb": "OVN_Northbound", "sb": "OVN_Southbound"}


# Debian's unit loads the rules and leaves: it counts as active whatever became of them.
GUARDED = f"nft list table inet {FIREWALL_TABLE} 2>/dev/null | grep -q dport"


def handed(interface: str, *, timeout: int = 5) -> str:
    """Return the condition that Open vSwitch has the provider VLAN's interface, and all it needs.

    That is OVN's mapping to its bridge, and the door for nova. `timeout` is in seconds.
    """
    asked = (
        f"ovs-vsctl --timeout={timeout} port-to-br {interface} -- get-manager "
        "-- --if-exists get Open_vSwitch . external-ids:ovn-bridge-mappings"
    )
    wanted = f'^{PROVIDER_BRIDGE} .*{SWITCH_DOOR} .*:{PROVIDER_BRIDGE}"'
    return f"{asked} 2>/dev/null | tr '\\n' ' ' | grep -q {wanted!r}"


def script(cloud: Cloud, node: CloudNode, units: tuple[str, ...]) -> Script:
    """Return the look at a node; it starts few processes, and succeeds whatever it sees."""
    parts = [
        _section("chassis", "ovn-appctl -T 5 -t ovn-controller connection-status || true"),
        _section("provider", f"{handed(node.provider_interface)} && echo handed || true"),
        _section("units", f"systemctl is-active {' '.join(units)} || true"),
    ]
    if node.control:
        parts += _control(cloud, node)
    return Script("\n".join((*parts, "true")), sudo=True)


def _control(cloud: Cloud, node: CloudNode) -> Iterator[str]:
    yield _section("guard", f"{GUARDED} && echo loaded || true")
    yield _section("vip", f"ip -4 -o addr show to {cloud.vip} || true")
    yield _section("database", f"timeout 10 mariadb -N -B -e {_STATUS!r} 2>/dev/null || true")
    yield _section("listens", f"ss -Hltn 'sport = :{_AMQP}' || true")
    between = f"( sport = :{_BETWEEN_MEMBERS} or dport = :{_BETWEEN_MEMBERS} )"
    yield _section("queue", f"ss -Htn state established '{between}' || true")
    for short, name in _DATABASES.items():
        socket = f"/run/ovn/ovn{short}_db.ctl"
        yield _section(short, f"ovn-appctl -T 5 -t {socket} cluster/status {name} 2>&1 || true")


_STATUS = (
    "SHOW STATUS WHERE Variable_name IN "
    '("wsrep_cluster_size", "wsrep_local_state_comment", "Uptime")'
)


def _section(name: str, body: str) -> str:
    return f"echo '=== {name}'\n{body}"


def look(
    guest: TalkingGuest,
    cloud: Cloud,
    node: CloudNode,
    units: tuple[str, ...],
    *,
    timeout: float = 60.0,
) -> NodeSeen:
    """Look at a node whose share is those units; raises `GuestError` where it does not answer.

    `timeout` is in seconds.
    """
    told = must(guest, script(cloud, node, units), timeout=timeout)
    return read(told, cloud, node, units)


def read(text: str, cloud: Cloud, node: CloudNode, units: tuple[str, ...]) -> NodeSeen:
    """Read the output of `script`."""
    _, *rest = re.split(r"^=== (.*)\n", text, flags=re.MULTILINE)
    told = dict(zip(rest[::2], rest[1::2], strict=True))
    status = dict(
        line.split("\t", 1) for line in told.get("database", "").splitlines() if "\t" in line
    )
    alone = len(cloud.controllers) == 1
    return NodeSeen(
        machine=node.machine,
        control=node.control,
        vip=str(cloud.vip) in told.get("vip", ""),
        database=_state(status, alone=alone),
        members=1 if alone and status else int(status.get("wsrep_cluster_size", "0")),
        queue=tuple(_queue(told, cloud, node)),
        networks=None if alone or not node.control else _roles(told),
        chassis=told.get("chassis", "").strip() == "connected",
        provider=told.get("provider", "").strip() == "handed",
        guarded=told.get("guard", "").strip() == "loaded",
        stopped=dict(_stopped(units, told.get("units", "").split())),
    )


def _state(status: Mapping[str, str], *, alone: bool) -> str:
    """Return a server's state; one that is no cluster's has no other than that it answers."""
    if alone and "Uptime" in status:
        return SYNCED
    return status.get("wsrep_local_state_comment", SILENT)


def _queue(told: Mapping[str, str], cloud: Cloud, node: CloudNode) -> Iterator[str]:
    """Yield the members that the node's own one is connected with; none where it takes nobody."""
    if not told.get("listens", "").strip():
        return
    others = set(re.findall(r"([\d.]+)\]?:\d+\s*$", told.get("queue", ""), re.MULTILINE))
    for each in cloud.controllers:
        if each == node or str(each.address) in others:
            yield each.machine


def _roles(told: Mapping[str, str]) -> Mapping[str, str]:
    found = {}
    for name in _DATABASES:
        words = dict(re.findall(r"^(Status|Role|Leader): (.*)$", told.get(name, ""), re.MULTILINE))
        known = words.get("Status") == "cluster member" and words.get("Leader") != "unknown"
        found[name] = words.get("Role", SILENT) if known else words.get("Status", SILENT)
        if words.get("Leader") == "unknown":
            found[name] = "without a leader"
    return found


def _stopped(units: tuple[str, ...], states: list[str]) -> Iterator[tuple[str, str]]:
    """Yield the units that do not run; of all of them nothing is known where systemd is silent."""
    told = states if len(states) == len(units) else [SILENT] * len(units)
    return ((unit, state) for unit, state in zip(units, told, strict=True) if state != "active")
