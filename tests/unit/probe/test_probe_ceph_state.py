"""What a look at Ceph sees: a real cluster's answers, healthy, and then ill in one place each."""

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from testbed.plan.decide import plan
from testbed.plan.storage import Storage
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
from testbed.topology.shipped import find

SAMPLES = Path(__file__).parent / "samples"
Answers = dict[str, Any]


def planned() -> Storage:
    made = plan(find("aolda"), name="lab", folder=Path("/lab"), loopback="127.77.0.1").storage
    assert made is not None
    return replace(made, cephfs=True, rgw=True)


WANTED = planned()


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
    return [str(v) for v in failing((*verdicts(found, WANTED), *placement_verdicts(found)))]


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


def osd_purged(answers: Answers) -> None:
    answers["status"]["osdmap"] |= {"num_osds": 2, "num_up_osds": 2, "num_in_osds": 2}


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
        (osd_purged, ["ceph: OSDs: 2 up and 2 in of 2, 3 wanted"]),
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


def daemons(managers: tuple[bool, int], ranks: list[str], standby: int) -> Answers:
    """Return what `status` tells of managers and metadata servers, as Ceph 18 does."""
    return {
        "mgrmap": {"available": managers[0], "num_standbys": managers[1], "modules": []},
        "fsmap": {
            "epoch": 9,
            "by_rank": [
                {"filesystem_id": 1, "rank": rank, "name": f"node{rank + 1}", "status": status}
                for rank, status in enumerate(ranks)
            ],
            "up:standby": standby,
        },
    }


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (daemons((True, 2), ["up:active"], 2), []),
        (daemons((True, 3), ["up:active", "up:active"], 2), []),
        (daemons((True, 1), ["up:active"], 2), ["ceph: managers: 2 of 3 managers"]),
        (daemons((False, 2), ["up:active"], 2), ["ceph: managers: 2 of 3 managers"]),
        (
            daemons((True, 2), ["up:active"], 1),
            ["ceph: metadata servers: 2 of 3 metadata servers"],
        ),
        (
            daemons((True, 2), ["up:active(laggy or crashed)"], 2),
            ["ceph: metadata servers: 2 of 3 metadata servers"],
        ),
    ],
)
def test_a_daemon_that_stands_by_is_missed_though_ceph_is_content(
    answers: Answers, told: Answers, expected: list[str]
) -> None:
    answers["status"] |= told
    assert seen(answers).health == "HEALTH_OK"
    assert wrong(answers) == expected


def test_who_tells_nothing_of_daemons_is_not_counted(answers: Answers) -> None:
    found = seen(answers)
    assert (found.managers, found.metadata_servers, found.gateways) == (None, None, {})
    assert not {"managers", "metadata servers"} & {v.probe for v in verdicts(found, WANTED)}


def test_a_cluster_without_files_and_objects_has_none_to_miss(answers: Answers) -> None:
    answers["status"] |= daemons((True, 2), [], 0)
    blocks = replace(WANTED, cephfs=False, rgw=False)
    found = replace(seen(answers), gateways={"node1": "refused"})
    assert failing(verdicts(found, blocks)) == ()


@pytest.mark.parametrize(
    ("node2", "holds", "told"),
    [
        ("200", True, "2 of 2 answer"),
        ("503", False, "node2: 503"),
        ("connection refused", False, "node2: connection refused"),
    ],
)
def test_each_object_gateway_must_serve(
    answers: Answers, node2: str, holds: bool, told: str
) -> None:
    found = replace(seen(answers), gateways={"node1": "200", "node2": node2})
    (verdict,) = [v for v in verdicts(found, WANTED) if v.probe == "object gateways"]
    assert (verdict.holds, verdict.seen) == (holds, told)


@pytest.mark.parametrize(("planned", "holds"), [(1, True), (3, True), (4, False)])
def test_a_cluster_that_was_grown_has_its_quorum(
    answers: Answers, planned: int, holds: bool
) -> None:
    wanted = replace(WANTED, nodes=(WANTED.nodes * 2)[:planned])
    (quorum,) = [v for v in verdicts(seen(answers), wanted) if v.probe == "quorum"]
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
    assert [str(v) for v in failing(tuple(verdicts(silent, WANTED)))] == [
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
