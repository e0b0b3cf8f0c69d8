"""What `testbed status` says of Ceph."""

import time
from dataclasses import replace

from testbed.apply.health import Health
from testbed.apply.status import Status
from testbed.cli.status_text import lines
from testbed.probe.ceph.state import CephSeen, PoolSeen, unknown

HEALTHY = CephSeen(
    health="HEALTH_OK",
    problems=(),
    quorum=("node1", "node2", "node3"),
    osds=3,
    osds_up=3,
    osds_in=3,
    states={"active+clean": 16},
    pools=(PoolSeen("volumes", 3, 2, 16, 16, 16),),
)


def told(ceph: CephSeen | None, *wrong: str) -> list[str]:
    looked = Health(time.time() - 300, (), ceph)
    found = list(lines(Status("lab", (), (), looked, ceph_wrong=wrong)))
    return found[3:]  # name, headings and the network's health come before


def test_a_healthy_cluster_is_shown_with_its_age() -> None:
    assert told(HEALTHY) == [
        "ceph: HEALTH_OK 5 min ago",
        "  quorum  node1, node2, node3",
        "  OSDs    3 up, 3 in, of 3",
        "  groups  16 active+clean",
        "  pool    volumes: 3 copies, 2 needed; 16 of 16 groups have all copies on distinct hosts",
    ]


def test_a_muted_warning_of_a_healthy_cluster_is_shown() -> None:
    muted = replace(HEALTHY, problems=("POOL_NO_REDUNDANCY: 2 pools (muted)",))
    assert "  muted   POOL_NO_REDUNDANCY: 2 pools" in told(muted)
    ringing = replace(muted, health="HEALTH_WARN")
    assert not any("muted" in line for line in told(ringing))


def test_what_is_wrong_is_one_line_each() -> None:
    found = told(HEALTHY, "MON_DOWN: 1/3 mons down, quorum node1,node2", "OSDs: 2 up and 3 in of 3")
    assert all("✗" in line for line in found[-2:])
    assert found[-2].endswith("MON_DOWN: 1/3 mons down, quorum node1,node2")
    assert found[-1].endswith("OSDs: 2 up and 3 in of 3")


def test_a_cluster_that_does_not_answer_has_nothing_to_count() -> None:
    silent = unknown("no quorum: mon.node1 is probing; no quorum of node1, node2, node3")
    found = told(silent, *silent.problems)
    assert found[0] == "ceph: unknown 5 min ago"
    assert len(found) == 2
    assert "mon.node1 is probing" in found[1]


def test_where_nobody_looked_at_ceph_nothing_is_said_of_it() -> None:
    assert told(None) == []
