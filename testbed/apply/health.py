"""The last look at a testbed's steady state, remembered: a look costs the machines seconds."""

import json
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from testbed.apply.folders import Folders, write_private
from testbed.probe.ceph.state import CephSeen, PoolSeen
from testbed.probe.cloud import seen
from testbed.probe.cloud.seen import CloudSeen
from testbed.probe.verdict import Verdict, failing


@dataclass(frozen=True, slots=True)
class Health:
    """What the last look saw: when, in seconds since the epoch, and what did not hold."""

    at: float
    wrong: tuple[str, ...]
    ceph: CephSeen | None = None  # None: nobody looked at it, or there is none
    cloud: CloudSeen | None = None  # likewise


def remember(
    folders: Folders,
    testbed: str,
    verdicts: Iterable[Verdict],
    ceph: CephSeen | None = None,
    cloud: CloudSeen | None = None,
) -> None:
    """Keep what a look saw."""
    record = {
        "at": time.time(),
        "wrong": [str(v) for v in failing(verdicts)],
        "ceph": None if ceph is None else asdict(ceph),
        "cloud": None if cloud is None else asdict(cloud),
    }
    write_private(folders.of_testbed(testbed) / "health.json", json.dumps(record))


def recall(folders: Folders, testbed: str) -> Health | None:
    """Return the last look, or None where nobody looked yet."""
    try:
        record = json.loads((folders.records(testbed) / "health.json").read_text(encoding="utf-8"))
        return Health(
            at=float(record["at"]),
            wrong=tuple(map(str, record["wrong"])),
            ceph=_ceph(record.get("ceph")),
            cloud=_cloud(record.get("cloud")),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _ceph(record: dict[str, Any] | None) -> CephSeen | None:
    if record is None:
        return None
    pools = tuple(PoolSeen(**pool) for pool in record["pools"])
    lists = {key: tuple(record[key]) for key in ("problems", "quorum")}
    return CephSeen(**(record | lists | {"pools": pools}))


def _cloud(record: dict[str, Any] | None) -> CloudSeen | None:
    return None if record is None else seen.recall(record)


def forget(folders: Folders, testbed: str) -> None:
    """Forget the last look: what it saw is about to change."""
    (folders.records(testbed) / "health.json").unlink(missing_ok=True)
