"""One look at the cluster that all probes of Ceph share, reduced to what they need."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from testbed.apply.storing import DEPLOYED
from testbed.errors import GuestError
from testbed.guest import Command
from testbed.lab.observation import MUTE, Heard, Observation, error, failed
from testbed.lab.probes.hearing import hear_all
from testbed.lab.world import World
from testbed.probe.ceph import state
from testbed.probe.ceph.ask import Ask, CephSilent, asking
from testbed.probe.ceph.quorum import mon_status
from testbed.together import side_by_side
from testbed.topology.models import Role

_PATIENCE = 10.0  # seconds for one answer


def hear_cluster(world: World) -> Heard:
    """Return what Ceph says through the first machine that has an answer.

    Where none has, `mute` says what is known, and `silent` that no machine could be asked.
    """
    return dict(world.once.get("ceph", lambda: _ask_nodes(world)))


def _ask_nodes(world: World) -> Heard:
    if world.plan.storage is None:
        return {"silent": "the topology has no storage"}
    running = {name for name, power in world.states().items() if power == "running"}
    nodes = sorted(world.plan.storage.nodes, key=lambda node: not node.monitor)
    planned = [node.machine for node in nodes if node.machine in running]
    first = [_ask(world, name) for name in planned[:1]]
    if first and "health" in first[0]:
        return first[0]
    others = (*planned[1:], *_joined(world, running))
    told = (*first, *side_by_side(others, lambda name: _ask(world, name)))
    answers = [each for each in told if "health" in each]
    muted = [each for each in told if "mute" in each]
    nobody = {"silent": "no machine that stores runs"}
    return (*answers, *muted, *told, nobody)[0]


def _joined(world: World, running: Collection[str]) -> tuple[str, ...]:
    """Return the nodes that came into the cluster later: running, with Ceph's configuration."""
    assert world.plan.storage is not None  # noqa: S101 - the caller has looked
    planned = {node.machine for node in world.plan.storage.nodes}
    nodes = [machine.name for machine in world.plan.machines if machine.role is Role.NODE]
    others = [name for name in nodes if name in running and name not in planned]
    look = Command(("test", "-e", DEPLOYED), sudo=True)
    told = hear_all(world, others, lambda _: look, _PATIENCE)
    return tuple(name for name in others if told[name].get("status") == 0)


def _ask(world: World, machine: str) -> Heard:
    try:
        with world.looks, asking(world.guest(machine), timeout=8 * _PATIENCE) as ask:
            return _gather(ask)
    except CephSilent as failure:
        return {"mute": failure.why}
    except (GuestError, OSError, ValueError) as failure:
        return {"silent": str(getattr(failure, "why", "") or failure)}


def _gather(ask: Ask) -> Heard:
    answer = ask.mon("status", timeout=_PATIENCE)
    if not answer.ok:
        return {"mute": f"{answer.text}; {mon_status(ask)}" if answer.late else answer.text}
    groups = ask.mgr("pg dump", dumpcontents=["pgs_brief"], timeout=_PATIENCE)
    return reduced(
        answer.json(),
        osd_dump=ask.mon("osd dump", timeout=_PATIENCE).json(),
        osd_tree=ask.mon("osd tree", timeout=_PATIENCE).json(),
        rules=ask.mon("osd crush rule dump", timeout=_PATIENCE).json(),
        groups=groups.json() if groups.ok else [],
    ) | {"via": ask.machine}


def reduced(
    status: Any, *, osd_dump: Any, osd_tree: Any, rules: Any, groups: Any
) -> dict[str, Any]:
    """Return what probes need of the answers to `status`, `osd dump` and so on."""
    seen = state.read(status, osd_dump=osd_dump, osd_tree=osd_tree, groups=groups)
    spreads = _spreads(osd_dump, state.hosts_of(osd_tree), groups)
    domains = {rule["rule_id"]: _domain(rule) for rule in rules}
    rule_of = {pool["pool_name"]: pool["crush_rule"] for pool in osd_dump["pools"]}
    return {
        "health": seen.health,
        "checks": {
            code: check["summary"]["message"] for code, check in status["health"]["checks"].items()
        },
        "muted": [mute["code"] for mute in status["health"].get("mutes", ())],
        "osds": [seen.osds, seen.osds_up, seen.osds_in],
        "states": dict(seen.states),
        "pools": {
            pool.name: {
                "size": pool.size,
                "min_size": pool.min_size,
                "domain": domains.get(rule_of[pool.name], "?"),
                "hosts": spreads.get(pool.name, 0),
            }
            for pool in seen.pools
        },
    }


def _domain(rule: Mapping[str, Any]) -> str:
    """Return the failure domain of a CRUSH rule: what its copies are spread over."""
    return next((step["type"] for step in rule["steps"] if "type" in step), "?")


def _spreads(osd_dump: Any, hosts: Mapping[int, str], groups: Any) -> Mapping[str, int]:
    """Return for each pool on how many hosts its least spread group is."""
    brief = groups["pg_stats"] if isinstance(groups, dict) else groups or []
    names = {str(pool["pool"]): pool["pool_name"] for pool in osd_dump["pools"]}
    spreads: dict[str, int] = {}
    for name, count in _host_counts(brief, names, hosts):
        spreads[name] = min(count, spreads.get(name, count))
    return spreads


def _host_counts(
    brief: Any, names: Mapping[str, str], hosts: Mapping[int, str]
) -> Iterator[tuple[str, int]]:
    for group in brief:
        name = names.get(group["pgid"].partition(".")[0])
        if name is not None:
            yield name, len({hosts[osd] for osd in group["acting"] if osd in hosts})


def unheard(heard: Heard) -> Observation | None:
    """Return what is to be said where Ceph gave no answer, None where it did."""
    if "silent" in heard:
        return error("probe.ceph.unreachable", detail=heard["silent"])
    if "mute" in heard:
        return failed(MUTE, detail=heard["mute"])
    return None
