"""The cluster: what its monitors know, and the commands that are still missing."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from testbed.plan.storage import Storage
from testbed.probe.ceph.ask import Ask

RULE = (
    "replicated_rule"  # Ceph's own first rule: one replica per host, or per OSD, as ceph.conf says
)
_ANSWER = 60.0  # seconds; monitors that met just now may still be busy with each other
FILESYSTEM, METADATA, DATA = "cephfs", "cephfs_metadata", "cephfs_data"


@dataclass(frozen=True, slots=True)
class Pool:
    """A pool as the monitors know it."""

    size: int
    min_size: int
    applications: frozenset[str]


@dataclass(frozen=True, slots=True)
class ClusterFacts:
    """What the monitors know: OSDs by id, but for destroyed ones; pools, filesystems by name."""

    osds: frozenset[int]
    pools: Mapping[str, Pool]
    filesystems: frozenset[str]


@dataclass(frozen=True, slots=True)
class MonCommand:
    """A command of the monitors, as they take it."""

    prefix: str
    arguments: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return " ".join(map(str, (self.prefix, *self.arguments.values())))


def read_facts(osd_dump: Any, filesystems: Any) -> ClusterFacts:
    """Read the answers to `osd dump` and `fs ls`."""
    return ClusterFacts(
        osds=frozenset(
            osd["osd"] for osd in osd_dump["osds"] if "destroyed" not in osd.get("state", ())
        ),
        pools={
            pool["pool_name"]: Pool(
                pool["size"], pool["min_size"], frozenset(pool["application_metadata"])
            )
            for pool in osd_dump["pools"]
        },
        filesystems=frozenset(each["name"] for each in filesystems),
    )


def observe(ask: Ask) -> ClusterFacts:
    """Return what the monitors know now."""
    osds, filesystems = (ask.mon(each, timeout=_ANSWER) for each in ("osd dump", "fs ls"))
    return read_facts(osds.json(), filesystems.json())


def keyless(ask: Ask, facts: ClusterFacts, storage: Storage) -> frozenset[int]:
    """Return the OSDs that are missing and whose key the monitors do not know, or no longer."""
    missing = (osd.id for osd in storage.osds if osd.id not in facts.osds)
    return frozenset(
        osd for osd in missing if not ask.mon("auth get", timeout=_ANSWER, entity=f"osd.{osd}").ok
    )


def commands(facts: ClusterFacts, storage: Storage) -> Iterator[MonCommand]:
    """Yield the commands that take the cluster from `facts` to what is wanted."""
    for osd in storage.osds:
        if osd.id not in facts.osds:  # one that was replaced has another UUID than planned
            yield MonCommand("osd new", {"uuid": str(osd.uuid), "id": osd.id})
    for name in storage.pools:
        yield from _pool(facts.pools.get(name), name, "rbd", storage)
    if storage.cephfs:
        yield from _pool(facts.pools.get(METADATA), METADATA, "cephfs", storage)
        yield from _pool(facts.pools.get(DATA), DATA, "cephfs", storage)
        if FILESYSTEM not in facts.filesystems:
            yield MonCommand("fs new", {"fs_name": FILESYSTEM, "metadata": METADATA, "data": DATA})


def _pool(
    found: Pool | None, name: str, application: str, storage: Storage
) -> Iterator[MonCommand]:
    if found is None:
        yield MonCommand("osd pool create", {"pool": name, "pool_type": "replicated", "rule": RULE})
    for variable, wanted in (("size", storage.replicas), ("min_size", storage.min_replicas)):
        if found is not None and getattr(found, variable) != wanted:
            yield _set(name, variable, wanted)
    if found is None or application not in found.applications:
        yield MonCommand("osd pool application enable", {"pool": name, "app": application})


def _set(pool: str, variable: str, value: int) -> MonCommand:
    sure = {"yes_i_really_mean_it": True} if (variable, value) == ("size", 1) else {}
    return MonCommand("osd pool set", {"pool": pool, "var": variable, "val": str(value), **sure})
