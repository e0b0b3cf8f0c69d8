"""What a look at Ceph sees: a real cluster's answers, healthy, and then ill in one place each."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from testbed.probe.ceph.quorum import MonStatus, read_mon_status
from testbed.probe.ceph.state import (
    CephSeen,
    placement_verdicts,
    read,
    slow_monitors,
    unknown,
    verdicts,
)
from testbed.probe.verdict import failing

SAMPLES = Path(__file__).parent / "samples"
Answers = dict[str, Any]


def sample(name: str) -> Any:
    return json.loads((SAMPLES / f"{name}.json").read_text())


@pytest.fixture
def answers() -> Answers:
    return {name: sample(name) for name in ("status", "osd_dump", "osd_tree", "pg_dump")}


def seen(answers: Answers) -> CephSeen:
    return read(
        answers["status"],
        osd_dump=answers["osd_dump"],
        osd_tree=answers["osd_tree"],
        groups=answers["pg_dump"],
    )


def wrong(answers: Answers) -> list[str]:
    found = seen(answers)
    return [str(v) for v in failing((*verdicts(found, 3), *placement_verdicts(found)))]


def test_a_healthy_cluster_holds_in_every_point(answers: Answers) -> None:
    assert wrong(answers) == []
    found = seen(answers)
    assert (found.health, found.problems) == ("HEALTH_OK", ())
    assert found.quorum == ("node1", "node2", "node3")
    assert (found.osds, found.osds_up, found.osds_in) == (3, 3, 3)
    assert found.states == {"active+clean": 49}
    assert {p.name: (p.size, p.min_size, p.groups, p.clean, p.distinct) for p in found.pools} == {
        ".mgr": (3, 2, 1, 1, 1),
        "images": (3, 2, 16, 16, 16),
        "volumes": (3, 2, 16, 16, 16),
        "vms": (3, 2, 16, 16, 16),
    }


def monitor_down(answers: Answers) -> None:
    message = {"summary": {"message": "1/3 mons down, quorum node1,node2"}, "muted": False}
    answers["status"]["health"] = {"status": "HEALTH_WARN", "checks": {"MON_DOWN": message}}
    answers["status"]["quorum_names"] = ["node1", "node2"]


def muted_warning(answers: Answers) -> None:
    message = {"summary": {"message": "2 pool(s) have no replicas"}, "muted": True}
    checks = {"POOL_NO_REDUNDANCY": message}
    answers["status"]["health"] = {"status": "HEALTH_WARN", "checks": checks}


def osd_down(answers: Answers) -> None:
    answers["status"]["osdmap"]["num_up_osds"] = 2


def degraded(answers: Answers) -> None:
    answers["status"]["pgmap"]["pgs_by_state"] = [
        {"state_name": "active+clean", "count": 48},
        {"state_name": "active+undersized+degraded", "count": 1},
    ]


def scrubbing(answers: Answers) -> None:
    answers["status"]["pgmap"]["pgs_by_state"] = [
        {"state_name": "active+clean+scrubbing", "count": 49}
    ]


def one_host(answers: Answers) -> None:
    hosts = [node for node in answers["osd_tree"]["nodes"] if node["type"] == "host"]
    for host in hosts:
        host["children"] = [0, 1, 2] if host["name"] == "node1" else []


def short_group(answers: Answers) -> None:
    volumes = next(p for p in answers["osd_dump"]["pools"] if p["pool_name"] == "volumes")
    groups = answers["pg_dump"]["pg_stats"]
    group = next(g for g in groups if g["pgid"].startswith(f"{volumes['pool']}."))
    group["acting"] = group["acting"][:2]


@pytest.mark.parametrize(
    ("ail", "expected"),
    [
        (
            monitor_down,
            [
                "ceph: health: HEALTH_WARN: MON_DOWN: 1/3 mons down, quorum node1,node2",
                "ceph: quorum: 2 of 3 monitors: node1, node2",
            ],
        ),
        (
            muted_warning,
            ["ceph: health: HEALTH_WARN: POOL_NO_REDUNDANCY: 2 pool(s) have no replicas (muted)"],
        ),
        (osd_down, ["ceph: OSDs: 2 up and 3 in of 3"]),
        (
            degraded,
            ["ceph: placement groups: 48 active+clean, 1 active+undersized+degraded"],
        ),
        (scrubbing, []),
        (
            short_group,
            ["ceph: placement of volumes: 15 of 16 groups keep 3 copies on distinct hosts"],
        ),
    ],
)
def test_what_ails_it_is_said_in_its_place(
    answers: Answers, ail: Callable[[Answers], None], expected: list[str]
) -> None:
    ail(answers)
    assert wrong(answers) == expected


def test_all_copies_on_one_host_are_seen_though_ceph_is_content(answers: Answers) -> None:
    one_host(answers)
    found = seen(answers)
    assert found.health == "HEALTH_OK"
    assert {pool.distinct for pool in found.pools} == {0}
    assert len(failing(tuple(placement_verdicts(found)))) == 4


@pytest.mark.parametrize(("planned", "holds"), [(1, True), (3, True), (4, False)])
def test_a_cluster_that_was_grown_has_its_quorum(
    answers: Answers, planned: int, holds: bool
) -> None:
    (quorum,) = [v for v in verdicts(seen(answers), planned) if v.probe == "quorum"]
    assert quorum.holds is holds
    assert quorum.seen == f"3 of {max(planned, 3)} monitors: node1, node2, node3"


def test_a_manager_that_does_not_answer_leaves_placement_unproven(answers: Answers) -> None:
    answers["pg_dump"] = []
    assert len(wrong(answers)) == 4


def test_groups_are_read_wrapped_and_bare(answers: Answers) -> None:
    wrapped = seen(answers)
    answers["pg_dump"] = answers["pg_dump"]["pg_stats"]
    assert seen(answers) == wrapped


def test_a_cluster_that_does_not_answer_is_one_problem() -> None:
    silent = unknown("no quorum: mon.node1 is probing")
    assert [str(v) for v in failing(tuple(verdicts(silent, 3)))] == [
        "ceph: health: unknown: no quorum: mon.node1 is probing"
    ]


@pytest.mark.parametrize(
    ("state", "quorum", "expected"),
    [
        ("leader", [0, 1, 2], "3 of 3 monitors in quorum"),
        ("peon", [0, 1], "2 of 3 monitors in quorum"),
        ("probing", [], "mon.node1 is probing; no quorum of node1, node2, node3"),
    ],
)
def test_a_monitor_tells_its_state_at_its_socket(
    state: str, quorum: list[int], expected: str
) -> None:
    told = copy.deepcopy(sample("mon_status")) | {"state": state, "quorum": quorum}
    assert str(read_mon_status(told)) == expected


def test_a_monitor_without_a_socket_is_silent() -> None:
    assert str(MonStatus("node2", "silent", (), ())) == "mon.node2 is silent"


@pytest.mark.parametrize(
    ("problems", "expected"),
    [
        (
            ["SLOW_OPS: 58 slow ops, oldest one blocked for 759 sec, mon.node3 has slow ops"],
            ("node3",),
        ),
        (
            [
                "SLOW_OPS: 290 slow ops, oldest one blocked for 225 sec, "
                "daemons [mon.node1,mon.node3] have slow ops."
            ],
            ("node1", "node3"),
        ),
        (
            [
                "SLOW_OPS: 9 slow ops, oldest one blocked for 40 sec, "
                "daemons [osd.1,mon.node3] have slow ops."
            ],
            (),
        ),
        (
            [
                "MON_DOWN: 1/3 mons down, quorum node1,node2",
                "SLOW_OPS: 2 slow ops, oldest one blocked for 96 sec, mon.node1 has slow ops",
            ],
            (),
        ),
        ([], ()),
    ],
)
def test_monitors_are_called_slow_where_nothing_else_is_wrong(
    problems: list[str], expected: tuple[str, ...]
) -> None:
    assert slow_monitors(unknown(*problems)) == expected
