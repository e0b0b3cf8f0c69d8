"""Sentinels: planted before the fault, checked after the repair; what they should be stays here."""

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from typing import Any

from testbed.errors import GuestError, LabError
from testbed.guest import CommandTimeout
from testbed.lab import writer
from testbed.lab.format import Sentinel
from testbed.lab.format.sentinels import ClusterIdentity, Objects, SequenceWriter
from testbed.lab.observation import Heard, Observation, judged, skipped
from testbed.lab.probes.cluster import hear_cluster
from testbed.lab.world import World
from testbed.probe.ceph.ask import Ask, asking

Planted = Mapping[str, Any]  # what one sentinel should be, as JSON has it
_WRITE, _READ = 30.0, 5.0  # seconds for one object
_SILENT, _ENOENT = 120.0, 2


def plant(name: str, sentinel: Sentinel, world: World) -> Planted:
    """Plant a sentinel and return what it should be; raises a `TestbedError` where it cannot."""
    match sentinel:
        case Objects():
            return _plant_objects(name, sentinel, world)
        case ClusterIdentity():
            with asking(world.guest(sentinel.source)) as ask:
                return {"fsid": _fsid(ask)}
        case SequenceWriter():
            writer.start(world.guest(sentinel.source), sentinel.pool, name)
            return {"pool": sentinel.pool}


def _plant_objects(name: str, sentinel: Objects, world: World) -> Planted:
    seed = secrets.token_hex(8)
    sums: dict[str, str] = {}
    with asking(world.guest(sentinel.source), timeout=_SILENT + _WRITE) as ask:
        for number in range(sentinel.count):
            key = f"{name}-{number:03}"
            done = ask.write(
                sentinel.pool, key, seed=f"{seed}-{number}", size=sentinel.size, timeout=_WRITE
            )
            if not done.ok:
                raise LabError(
                    f"object '{key}' could not be written to pool '{sentinel.pool}'",
                    why=done.text,
                    next_step="see how Ceph is: testbed ceph -- -s",
                )
            sums[key] = done.out
    return {"sums": sums}


def _fsid(ask: Ask) -> str:
    return str(ask.mon("fsid").json()["fsid"])


def check_all(
    sentinels: Mapping[str, Sentinel],
    ids: Iterable[str],
    planted: Mapping[str, Planted],
    world: World,
) -> Mapping[str, Observation]:
    """Return for each sentinel whether it is as it was planted, one after the other."""
    fresh = world.afresh()
    return {
        each: check(each, sentinels[each], planted.get(each), fresh) for each in dict.fromkeys(ids)
    }


def check(name: str, sentinel: Sentinel, planted: Planted | None, world: World) -> Observation:
    """Return whether a sentinel is whole; where Ceph does not answer that cannot be told now."""
    heard = hear(name, sentinel, planted, world)
    return replace(read(name, sentinel, heard), heard=heard)


def hear(name: str, sentinel: Sentinel, planted: Planted | None, world: World) -> Heard:
    """Return what is there of a sentinel, or why nobody knows."""
    if planted is None:
        return {"unplanted": True}
    told = hear_cluster(world)
    if silent := told.get("mute") or told.get("silent"):
        return {"unknown": str(silent)}
    try:
        match sentinel:
            case Objects():
                return _hear_objects(sentinel, planted, world)
            case ClusterIdentity():
                with asking(world.guest(sentinel.source)) as ask:
                    return {"wanted": str(planted["fsid"]), "seen": _fsid(ask)}
            case SequenceWriter():
                return _hear_writer(name, sentinel, world)
    except (GuestError, OSError, ValueError) as failure:
        return {"unknown": str(getattr(failure, "why", "") or failure)}


def _hear_objects(sentinel: Objects, planted: Planted, world: World) -> Heard:
    sums: Mapping[str, str] = planted["sums"]
    lost: list[str] = []
    unread = ""
    with asking(world.guest(sentinel.source), timeout=_SILENT) as ask:
        for key, expected in sums.items():
            found = ask.read(sentinel.pool, key, timeout=_READ)
            if found.ok:
                lost += [key] if found.out != expected else []
            elif found.status == _ENOENT:
                lost.append(key)
            else:
                unread = found.text
                break  # every other one would be waited for as long
    return {"count": len(sums), "lost": len(lost), "unread": unread}


def _hear_writer(name: str, sentinel: SequenceWriter, world: World) -> Heard:
    try:
        seen = writer.verify(world.guest(sentinel.source), sentinel.pool, name, timeout=40)
    except CommandTimeout as late:
        return {"unknown": late.what}
    return asdict(seen)


def read(name: str, sentinel: Sentinel, heard: Heard) -> Observation:
    """Return what follows from what was heard of a sentinel at some time."""
    if "unplanted" in heard:
        return skipped("check.sentinel.unplanted", sentinel=name)
    unknown = heard.get("unknown") or (not heard.get("lost") and heard.get("unread"))
    if unknown:
        return skipped("check.sentinel.unknown", sentinel=name, detail=unknown)
    match sentinel:
        case Objects():
            return _judge_objects(sentinel, heard)
        case ClusterIdentity():
            wanted, seen = heard["wanted"], heard["seen"]
            yes, no = "check.identity.pass", "check.identity.fail"
            return judged(seen == wanted, yes, no, wanted=wanted, seen=seen)
        case SequenceWriter():
            return _judge_writer(heard)


def _judge_objects(sentinel: Objects, heard: Heard) -> Observation:
    yes, no = "check.objects.pass", "check.objects.fail"
    count, lost = heard["count"], heard["lost"]
    return judged(not lost, yes, no, count=count, lost=lost, pool=sentinel.pool)


def _judge_writer(heard: Heard) -> Observation:
    return judged(
        heard["lost"] == 0,
        "check.writer.pass",
        "check.writer.fail",
        acknowledged=heard["acknowledged"],
        lost=heard["lost"],
        gap=round(heard["longest_gap"], 1),
    )
