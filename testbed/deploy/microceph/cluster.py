"""The cluster: what its monitors know, and the commands that are still missing."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from testbed.deploy.ceph.cluster import DATA, FILESYSTEM, METADATA, MonCommand
from testbed.deploy.microceph.members import HOSTS_FOR_SWITCH, hosts_with_osds
from testbed.plan.storage import Storage
from testbed.probe.ceph.ask import Ask
from testbed.topology.models import FailureDomain
from testbed.wait import Seen

BY_OSD, BY_HOST = "microceph_auto_osd", "microceph_auto_host"  # MicroCeph's own rules
OUR_RULE = "testbed_osd"  # MicroCeph leaves pools of a rule that is not its own where they are
_ANSWER = 60.0  # seconds
OWN_POOL = ".mgr"  # the managers' own, made with Ceph's default size
_OSD_MEMORY = 939_524_096  # bytes; the least Ceph accepts


@dataclass(frozen=True, slots=True)
class Pool:
    """A pool as the monitors know it; `rule` is the name of its CRUSH rule."""

    size: int
    min_size: int
    applications: frozenset[str]
    rule: str


@dataclass(frozen=True, slots=True)
class ClusterFacts:
    """What the monitors know: pools and settings by name, settings as (daemons, name)."""

    osds_up: int
    pools: Mapping[str, Pool]
    rules: frozenset[str]
    filesystems: frozenset[str]
    settings: Mapping[tuple[str, str], str]


def read_facts(osd_dump: Any, rules: Any, filesystems: Any, settings: Any) -> ClusterFacts:
    """Read the answers to `osd dump`, `osd crush rule dump`, `fs ls` and `config dump`."""
    names = {rule["rule_id"]: rule["rule_name"] for rule in rules}
    return ClusterFacts(
        osds_up=sum(bool(osd["up"]) for osd in osd_dump["osds"]),
        pools={
            pool["pool_name"]: Pool(
                pool["size"],
                pool["min_size"],
                frozenset(pool["application_metadata"]),
                names.get(pool["crush_rule"], ""),
            )
            for pool in osd_dump["pools"]
        },
        rules=frozenset(names.values()),
        filesystems=frozenset(each["name"] for each in filesystems),
        settings={(each["section"], each["name"]): each["value"] for each in settings},
    )


def observe(ask: Ask) -> ClusterFacts:
    """Return what the monitors know now."""
    questions = ("osd dump", "osd crush rule dump", "fs ls", "config dump")
    return read_facts(*(ask.mon(question, timeout=_ANSWER).json() for question in questions))


def rule_of(storage: Storage) -> str:
    """Return the CRUSH rule of the cluster's pools.

    MicroCeph moves pools off its rule for OSDs once three nodes have one; where replicas are to
    stay apart by OSD only, they need a rule of ours then.
    """
    if storage.failure_domain is FailureDomain.HOST:
        return BY_HOST
    return OUR_RULE if hosts_with_osds(storage) >= HOSTS_FOR_SWITCH else BY_OSD


def settings(facts: ClusterFacts, storage: Storage) -> Iterator[MonCommand]:
    """Yield the commands for settings that must be there before the first OSD starts."""
    size, least = storage.replicas, storage.min_replicas
    wanted = [
        ("osd", "osd_memory_target", str(_OSD_MEMORY), ""),
        # Under emulation the benchmark at an OSD's start takes long and tells nothing.
        ("osd", "osd_mclock_skip_benchmark", "true", ""),
        ("global", "osd_pool_default_size", str(size), "3"),
        ("global", "osd_pool_default_min_size", str(least), str(size - size // 2)),
        ("global", "mon_allow_pool_size_one", str(size == 1).lower(), "false"),
        ("global", "mon_warn_on_pool_no_redundancy", str(size != 1).lower(), "true"),
    ]
    for who, name, value, default in wanted:
        if facts.settings.get((who, name), default) != value:
            yield MonCommand("config set", {"who": who, "name": name, "value": value})


def osds_seen(facts: ClusterFacts, storage: Storage) -> Seen:
    """Return whether every OSD is up."""
    wanted = len(storage.osds)
    return Seen(facts.osds_up >= wanted, f"{facts.osds_up} of {wanted} OSDs are up")


def switch_seen(facts: ClusterFacts) -> Seen:
    """Return whether MicroCeph has moved its pools from its rule for OSDs to that for hosts."""
    behind = sorted(name for name, pool in facts.pools.items() if pool.rule == BY_OSD)
    if behind:
        return Seen(False, f"pools still on {BY_OSD}: {', '.join(behind)}")
    moved = any(pool.rule == BY_HOST for pool in facts.pools.values())
    return Seen(moved, f"all pools are on {BY_HOST}" if moved else f"no pool is on {BY_HOST} yet")


def pools(facts: ClusterFacts, storage: Storage) -> Iterator[MonCommand]:
    """Yield the commands that take the pools from `facts` to what is wanted."""
    rule = rule_of(storage)
    if rule not in facts.rules:
        arguments = {"name": rule, "root": "default", "type": "osd"}
        yield MonCommand("osd crush rule create-replicated", arguments)
    if found := facts.pools.get(OWN_POOL):
        yield from _sizes(found, OWN_POOL, storage)
    for name in storage.pools:
        yield from _pool(facts.pools.get(name), name, "rbd", storage, rule)
    if storage.cephfs:
        yield from _pool(facts.pools.get(METADATA), METADATA, "cephfs", storage, rule)
        yield from _pool(facts.pools.get(DATA), DATA, "cephfs", storage, rule)
        if FILESYSTEM not in facts.filesystems:
            yield MonCommand("fs new", {"fs_name": FILESYSTEM, "metadata": METADATA, "data": DATA})


def _pool(
    found: Pool | None, name: str, application: str, storage: Storage, rule: str
) -> Iterator[MonCommand]:
    if found is None:
        yield MonCommand("osd pool create", {"pool": name, "pool_type": "replicated", "rule": rule})
    else:
        yield from _sizes(found, name, storage)
        if found.rule != rule:
            yield MonCommand("osd pool set", {"pool": name, "var": "crush_rule", "val": rule})
    if found is None or application not in found.applications:
        yield MonCommand("osd pool application enable", {"pool": name, "app": application})


def _sizes(found: Pool, name: str, storage: Storage) -> Iterator[MonCommand]:
    for variable, wanted in (("size", storage.replicas), ("min_size", storage.min_replicas)):
        if getattr(found, variable) != wanted:
            arguments: dict[str, Any] = {"pool": name, "var": variable, "val": str(wanted)}
            if (variable, wanted) == ("size", 1):
                arguments["yes_i_really_mean_it"] = True
            yield MonCommand("osd pool set", arguments)
