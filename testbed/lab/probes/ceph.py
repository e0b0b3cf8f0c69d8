"""What holds of a Ceph cluster, and whether it stores."""

from testbed.errors import GuestError
from testbed.lab.format.probes import (
    CephHealth,
    CephIo,
    CephOsds,
    CephPlacement,
    CephPools,
    CephQuorum,
)
from testbed.lab.observation import Heard, Observation, Value, error, failed, judged
from testbed.lab.probes.cluster import unheard
from testbed.lab.world import World
from testbed.probe.ceph import objects
from testbed.probe.ceph.ask import asking
from testbed.probe.ceph.quorum import mon_status
from testbed.probe.ceph.state import CLEAN
from testbed.together import side_by_side


def read_health(probe: CephHealth, heard: Heard) -> Observation:
    """A muted check counts like any other, and so does one that will be silent next time."""
    if silent := unheard(heard):
        return silent
    wrong = [
        f"{code}: {message}"
        for code, message in heard["checks"].items()
        if code not in probe.but_for
    ]
    mutes = set(heard.get("muted", ())).difference(heard["checks"], probe.but_for)
    wrong += [f"(MUTED: {code})" for code in sorted(mutes)]  # in Ceph's own words
    values = {"health": heard["health"], "detail": "; ".join(wrong)}
    return judged(not wrong, "probe.ceph.health.pass", "probe.ceph.health.fail", **values)


def hear_quorum(probe: CephQuorum, world: World) -> Heard:
    """Ask monitors at their own sockets, which answer without a quorum."""
    running = {name for name, power in world.states().items() if power == "running"}
    names = tuple(name for name in probe.members if name in running)
    told = side_by_side(names, lambda name: _mon_status(world, name, probe.timeout))
    return dict(zip(names, told, strict=True))


def _mon_status(world: World, machine: str, timeout: float) -> Heard:
    try:
        with world.looks, asking(world.guest(machine), timeout=timeout + 10) as ask:
            seen = mon_status(ask, timeout=timeout)
    except (GuestError, OSError) as failure:
        return {"silent": str(getattr(failure, "why", "") or failure)}
    return {"state": seen.state, "quorum": list(seen.quorum), "monitors": list(seen.monitors)}


def read_quorum(probe: CephQuorum, heard: Heard) -> Observation:
    told = {machine: each for machine, each in heard.items() if "state" in each}
    if heard and not told:
        machine, each = next(iter(heard.items()))
        return error("probe.unreachable", machine=machine, detail=each["silent"])
    wanted = ", ".join(probe.members)
    quorums = [each for each in told.values() if each["quorum"]]
    if not quorums:
        states = ", ".join(f"mon.{machine} {each['state']}" for machine, each in told.items())
        return failed("probe.ceph.quorum.none", wanted=wanted, detail=states or "-")
    quorum, monitors = quorums[0]["quorum"], quorums[0]["monitors"]
    holds = set(quorum) == set(monitors) == set(probe.members)
    values = {"wanted": wanted, "quorum": ", ".join(quorum), "monitors": ", ".join(monitors)}
    return judged(holds, "probe.ceph.quorum.pass", "probe.ceph.quorum.fail", **values)


def read_osds(probe: CephOsds, heard: Heard) -> Observation:
    if silent := unheard(heard):
        return silent
    known, up, in_ = heard["osds"]
    holds = known == up == in_ == probe.up
    values: dict[str, Value] = {"wanted": probe.up, "known": known, "up": up, "in_": in_}
    return judged(holds, "probe.ceph.osds.pass", "probe.ceph.osds.fail", **values)


def read_pools(probe: CephPools, heard: Heard) -> Observation:
    if silent := unheard(heard):
        return silent
    should = (probe.size, probe.min_size, probe.failure_domain.value)
    wrong = [
        f"{name} size {pool['size']} min_size {pool['min_size']} {pool['domain']}"
        for name, pool in heard["pools"].items()
        if (pool["size"], pool["min_size"], pool["domain"]) != should
    ]
    values: dict[str, Value] = {
        "size": probe.size,
        "min_size": probe.min_size,
        "domain": probe.failure_domain.value,
        "detail": "; ".join(wrong),
    }
    return judged(not wrong, "probe.ceph.pools.pass", "probe.ceph.pools.fail", **values)


def read_placement(probe: CephPlacement, heard: Heard) -> Observation:
    if silent := unheard(heard):
        return silent
    wrong = [f"{name}: {n}" for name, n in _spread(heard).items() if n < probe.hosts]
    unclean = [f"{n} {name}" for name, n in heard["states"].items() if not name.startswith(CLEAN)]
    values: dict[str, Value] = {"hosts": probe.hosts, "detail": ", ".join((*unclean, *wrong))}
    holds = bool(heard["states"]) and not wrong and not unclean
    return judged(holds, "probe.ceph.placement.pass", "probe.ceph.placement.fail", **values)


def _spread(heard: Heard) -> dict[str, int]:
    return {name: pool["hosts"] for name, pool in heard["pools"].items()}


def hear_io(probe: CephIo, world: World) -> Heard:
    patience = max(2.0, probe.timeout / 2)
    try:
        with world.looks, asking(world.guest(probe.source), timeout=4 * patience + 10) as ask:
            seed = f"{world.now()}"
            done = objects.round_trip(ask, probe.pool, seed=seed, timeout=patience)
    except (GuestError, OSError) as failure:
        return {"silent": str(getattr(failure, "why", "") or failure)}
    return {"holds": done.holds, "seen": done.seen}


def read_io(probe: CephIo, heard: Heard) -> Observation:
    if "silent" in heard:
        return error("probe.unreachable", machine=probe.source, detail=heard["silent"])
    values = {"machine": probe.source, "pool": probe.pool, "detail": heard["seen"]}
    return judged(heard["holds"], "probe.ceph.written.pass", "probe.ceph.written.fail", **values)
