"""Sentinels: planted before the fault, checked after the repair; what they should be stays here."""

import secrets
from collections.abc import Iterable, Mapping
from typing import Any

from testbed.errors import GuestError, LabError
from testbed.guest import CommandTimeout
from testbed.lab import writer
from testbed.lab.format import Sentinel
from testbed.lab.format.sentinels import ClusterIdentity, Objects, SequenceWriter
from testbed.lab.observation import Observation, judged, skipped
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
    if planted is None:
        return skipped("check.sentinel.unplanted", sentinel=name)
    told = hear_cluster(world)
    if silent := told.get("mute") or told.get("silent"):
        return skipped("check.sentinel.unknown", sentinel=name, detail=str(silent))
    try:
        match sentinel:
            case Objects():
                return _check_objects(name, sentinel, planted, world)
            case ClusterIdentity():
                return _check_identity(sentinel, planted, world)
            case SequenceWriter():
                return _check_writer(name, sentinel, world)
    except (GuestError, OSError, ValueError) as failure:
        why = str(getattr(failure, "why", "") or failure)
        return skipped("check.sentinel.unknown", sentinel=name, detail=why)


def _check_objects(name: str, sentinel: Objects, planted: Planted, world: World) -> Observation:
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
    if unread and not lost:
        return skipped("check.sentinel.unknown", sentinel=name, detail=unread)
    yes, no = "check.objects.pass", "check.objects.fail"
    return judged(not lost, yes, no, count=len(sums), lost=len(lost), pool=sentinel.pool)


def _check_identity(sentinel: ClusterIdentity, planted: Planted, world: World) -> Observation:
    with asking(world.guest(sentinel.source)) as ask:
        seen = _fsid(ask)
    wanted = str(planted["fsid"])
    return judged(
        seen == wanted, "check.identity.pass", "check.identity.fail", wanted=wanted, seen=seen
    )


def _check_writer(name: str, sentinel: SequenceWriter, world: World) -> Observation:
    try:
        seen = writer.verify(world.guest(sentinel.source), sentinel.pool, name, timeout=40)
    except CommandTimeout as late:
        return skipped("check.sentinel.unknown", sentinel=name, detail=late.what)
    found = judged(
        seen.lost == 0,
        "check.writer.pass",
        "check.writer.fail",
        acknowledged=seen.acknowledged,
        lost=seen.lost,
        gap=round(seen.longest_gap, 1),
    )
    heard = {"lost": seen.lost, "longest_gap": seen.longest_gap}
    return Observation(found.status, found.seen, heard)
