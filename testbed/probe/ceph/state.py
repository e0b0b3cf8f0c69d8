"""What one look at Ceph saw: health, quorum, OSDs, placement groups, and where replicas are."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from testbed.guest import TalkingGuest
from testbed.plan.storage import Storage
from testbed.probe.ceph.ask import Ask, asking
from testbed.probe.ceph.quorum import mon_status
from testbed.probe.verdict import Verdict

CLEAN = "active+clean"
UNKNOWN = "unknown"  # the health of a cluster that does not answer
CLUSTER = "ceph"  # whom the verdicts are about
HEALTH = "health"  # the verdict that is Ceph's own
_SERVES = "200"  # to whoever asks an object gateway for nothing in particular
_MONITOR = re.compile(r"\bmon\.([\w-]+)")


@dataclass(frozen=True, slots=True)
class PoolSeen:
    """A pool: copies wanted, copies needed for I/O, and its placement groups.

    `distinct` counts the groups that keep all their copies, each on a host of its own.
    """

    name: str
    size: int
    min_size: int
    groups: int
    clean: int
    distinct: int


@dataclass(frozen=True, slots=True)
class CephSeen:
    """What one look saw; counts are of the whole cluster, and None where nobody told.

    `gateways` has, by machine, the HTTP status that its object gateway answers with, or why it
    gives none.
    """

    health: str  # HEALTH_OK, HEALTH_WARN, HEALTH_ERR or `UNKNOWN`
    problems: tuple[str, ...]  # one line each: Ceph's own code and sentence
    quorum: tuple[str, ...]
    osds: int
    osds_up: int
    osds_in: int
    states: Mapping[str, int]  # placement groups by state
    pools: tuple[PoolSeen, ...]
    managers: int | None = None  # the active one and those that stand by
    metadata_servers: int | None = None
    gateways: Mapping[str, str] = field(default_factory=dict)


def look(guest: TalkingGuest, *, timeout: float = 10.0) -> CephSeen:
    """Return what Ceph says through this machine; without a quorum, what its monitor says.

    `timeout` is for each question, in seconds. Raises `GuestError` where the machine
    cannot be reached.
    """
    with asking(guest, timeout=7 * timeout) as ask:
        status = ask.mon("status", timeout=timeout)
        if not status.ok:
            return _without_quorum(ask)
        groups = ask.mgr("pg dump", dumpcontents=["pgs_brief"], timeout=timeout)
        if not groups.ok:  # another manager may just have taken over
            groups = ask.mgr("pg dump", dumpcontents=["pgs_brief"], timeout=timeout)
        return read(
            status.json(),
            osd_dump=ask.mon("osd dump", timeout=timeout).json(),
            osd_tree=ask.mon("osd tree", timeout=timeout).json(),
            groups=groups.json() if groups.ok else [],
        )


def _without_quorum(ask: Ask) -> CephSeen:
    return unknown(f"no quorum: {mon_status(ask)}")


def unknown(*problems: str) -> CephSeen:
    """Return what is seen of a cluster that does not answer, and why."""
    return CephSeen(UNKNOWN, problems, (), 0, 0, 0, {}, ())


def read(status: Any, *, osd_dump: Any, osd_tree: Any, groups: Any) -> CephSeen:
    """Read the answers to `status`, `osd dump`, `osd tree` and `pg dump pgs_brief`."""
    osdmap = status["osdmap"]
    return CephSeen(
        health=status["health"]["status"],
        problems=tuple(_problems(status["health"]["checks"])),
        quorum=tuple(status["quorum_names"]),
        osds=osdmap["num_osds"],
        osds_up=osdmap["num_up_osds"],
        osds_in=osdmap["num_in_osds"],
        states={s["state_name"]: s["count"] for s in status["pgmap"]["pgs_by_state"]},
        pools=tuple(_pools(osd_dump, hosts_of(osd_tree), _brief(groups))),
        managers=_managers(status.get("mgrmap")),
        metadata_servers=_metadata_servers(status.get("fsmap")),
    )


def _managers(told: Any) -> int | None:
    return bool(told["available"]) + int(told["num_standbys"]) if told else None


def _metadata_servers(told: Any) -> int | None:
    """Return how many are alive; one that nobody stands in for keeps its rank when it is not."""
    if not told:
        return None
    alive = sum("laggy" not in each.get("status", "") for each in told["by_rank"])
    return alive + int(told.get("up:standby", 0))


def _problems(checks: Mapping[str, Any]) -> Iterator[str]:
    for code, check in checks.items():
        muted = " (muted)" if check.get("muted") else ""
        yield f"{code}: {check['summary']['message']}{muted}"


def hosts_of(osd_tree: Any) -> Mapping[int, str]:
    """Return the host of each OSD, from the answer to `osd tree`."""
    return {
        osd: node["name"]
        for node in osd_tree["nodes"]
        if node["type"] == "host"
        for osd in node["children"]
    }


def _brief(groups: Any) -> list[dict[str, Any]]:
    """Return the placement groups; the manager wraps them since some release."""
    return list(groups["pg_stats"] if isinstance(groups, dict) else groups or [])


def _pools(
    osd_dump: Any, hosts: Mapping[int, str], groups: list[dict[str, Any]]
) -> Iterator[PoolSeen]:
    for pool in osd_dump["pools"]:
        own = [g for g in groups if g["pgid"].partition(".")[0] == str(pool["pool"])]
        yield PoolSeen(
            name=pool["pool_name"],
            size=pool["size"],
            min_size=pool["min_size"],
            groups=pool["pg_num"],
            clean=sum(group["state"].startswith(CLEAN) for group in own),
            distinct=sum(_is_distinct(group["acting"], pool["size"], hosts) for group in own),
        )


def _is_distinct(acting: list[int], size: int, hosts: Mapping[int, str]) -> bool:
    """Return whether there are `size` copies, each on another host."""
    return len({hosts[osd] for osd in acting if osd in hosts}) >= size


def verdicts(seen: CephSeen, storage: Storage) -> Iterator[Verdict]:
    """Yield what holds of the cluster, and what does not; nobody minds what was added to it."""
    problems = "; ".join(seen.problems)
    told = f"{seen.health}: {problems}" if problems else seen.health
    yield Verdict(HEALTH, CLUSTER, seen.health == "HEALTH_OK", told)
    if seen.health == UNKNOWN:
        return
    monitors = len(storage.monitors)  # that one of more is missing is a warning of Ceph's own
    names = f": {', '.join(seen.quorum)}"
    yield _enough("quorum", len(seen.quorum), monitors, f"monitors{names}")
    yield _osds(seen, len(storage.osds))
    if seen.managers is not None:
        yield _enough("managers", seen.managers, monitors, "managers")
    if storage.cephfs and seen.metadata_servers is not None:
        yield _enough("metadata servers", seen.metadata_servers, monitors, "metadata servers")
    if storage.rgw and seen.gateways:
        yield _gateways(seen.gateways)
    states = ", ".join(f"{count} {state}" for state, count in seen.states.items())
    clean = bool(seen.states) and all(state.startswith(CLEAN) for state in seen.states)
    yield Verdict("placement groups", CLUSTER, clean, states or "none")


def _enough(probe: str, count: int, wanted: int, what: str) -> Verdict:
    return Verdict(probe, CLUSTER, count >= wanted, f"{count} of {max(count, wanted)} {what}")


def _osds(seen: CephSeen, wanted: int) -> Verdict:
    up = f"{seen.osds_up} up and {seen.osds_in} in of {seen.osds}"
    lost = f", {wanted} wanted" if seen.osds < wanted else ""
    holds = seen.osds_up == seen.osds_in == seen.osds and not lost
    return Verdict("OSDs", CLUSTER, holds, f"{up}{lost}")


def _gateways(told: Mapping[str, str]) -> Verdict:
    silent = [f"{machine}: {said}" for machine, said in told.items() if said != _SERVES]
    answer = f"{len(told)} of {len(told)} answer"
    return Verdict("object gateways", CLUSTER, not silent, "; ".join(silent) or answer)


def slow_monitors(seen: CephSeen) -> tuple[str, ...]:
    """Return the machines of monitors with slow operations, where Ceph warns of nothing else."""
    told = "; ".join(seen.problems)
    if len(seen.problems) != 1 or not told.startswith("SLOW_OPS:") or "osd." in told:
        return ()
    return tuple(_MONITOR.findall(told))


def placement_verdicts(seen: CephSeen) -> Iterator[Verdict]:
    """Yield for each pool whether all its copies are on distinct hosts."""
    for pool in seen.pools:
        told = f"{pool.distinct} of {pool.groups} groups keep {pool.size} copies on distinct hosts"
        yield Verdict(f"placement of {pool.name}", CLUSTER, pool.distinct == pool.groups, told)
