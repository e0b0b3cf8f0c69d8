"""What a look at OpenStack saw, in values that can be kept and read again."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

SYNCED, SILENT = "Synced", "silent"  # states of a database server; the second is ours
LEADER, FOLLOWER = "leader", "follower"


@dataclass(frozen=True, slots=True)
class NodeSeen:
    """What a node of the cloud knows; of a control plane only where it is part of it."""

    machine: str
    control: bool
    vip: bool = False  # it has the APIs' address now
    database: str = SILENT  # the state of its server
    members: int = 0  # servers its database cluster has
    queue: tuple[str, ...] = ()  # machines it is in one queue cluster with, itself among them
    networks: Mapping[str, str] | None = None  # role in OVN's nb and sb; None: not a cluster
    chassis: bool = False  # its switch is connected to OVN
    provider: bool = False  # its switch has the provider VLAN
    guarded: bool = False  # the rules of its firewall are loaded
    stopped: Mapping[str, str] = field(default_factory=dict)  # units that do not run: their state


@dataclass(frozen=True, slots=True)
class ServiceSeen:
    """A service or an agent on a host; `enabled` is what the operator wants of it."""

    name: str
    host: str
    up: bool
    enabled: bool = True

    def __str__(self) -> str:
        return f"{self.name} on {self.host}"


@dataclass(frozen=True, slots=True)
class InstanceSeen:
    """A tenant's machine: its state in Nova's words, its host, and the addresses it has."""

    name: str
    state: str  # ACTIVE, SHUTOFF, ERROR, ...
    host: str
    addresses: tuple[str, ...]


def answers(told: str) -> bool:
    """Return whether that is the answer of an API: a list of its versions, or the way to one."""
    return told[:1] in ("2", "3") and told.isdecimal()


@dataclass(frozen=True, slots=True)
class CloudSeen:
    """What one look saw; `unasked` says of what nothing is known, and why, one line each."""

    nodes: tuple[NodeSeen, ...]
    endpoints: Mapping[str, str]  # by API: the HTTP status of its answer, or why there was none
    services: tuple[ServiceSeen, ...] = ()
    agents: tuple[ServiceSeen, ...] = ()
    hypervisors: tuple[ServiceSeen, ...] = ()
    instances: tuple[InstanceSeen, ...] = ()
    unasked: tuple[str, ...] = ()


def members(seen: CloudSeen) -> Iterator[NodeSeen]:
    """Yield the nodes of the control plane that were seen."""
    return (each for each in seen.nodes if each.control)


def recall(record: Any) -> CloudSeen:
    """Return what was seen from the record that `dataclasses.asdict` made of it.

    Raises `KeyError` or `TypeError` where the record is none.
    """
    lists = {
        "nodes": tuple(_node(each) for each in record["nodes"]),
        "instances": tuple(_instance(each) for each in record["instances"]),
        "unasked": tuple(record["unasked"]),
        **{
            name: tuple(ServiceSeen(**each) for each in record[name])
            for name in ("services", "agents", "hypervisors")
        },
    }
    return CloudSeen(**{**record, **lists})


def _node(record: Any) -> NodeSeen:
    """Return a node as it was seen; raises `KeyError` where an older version saw less."""
    names = {each.name for each in fields(NodeSeen)}
    return NodeSeen(**{**{name: record[name] for name in names}, "queue": tuple(record["queue"])})


def _instance(record: Any) -> InstanceSeen:
    return InstanceSeen(**{**record, "addresses": tuple(record["addresses"])})
