"""What `testbed status` says of OpenStack."""

import sys
import time
from dataclasses import replace
from pathlib import Path

from lab import planned

sys.path.append(str(Path(__file__).parents[1]))  # what a sound cloud looks like is shared

from sound_cloud import NAMES, SOUND

from testbed.apply.health import Health
from testbed.apply.status import Status
from testbed.cli.status_text import lines
from testbed.probe.cloud.seen import CloudSeen
from testbed.probe.cloud.verdicts import wrong


def told(cloud: CloudSeen | None, *wrong: str) -> list[str]:
    looked = Health(time.time() - 300, (), None, cloud)
    found = list(lines(Status("lab", (), (), looked, cloud_wrong=wrong)))
    return found[3:]  # name, headings and the network's health come before


def test_a_sound_cloud_is_shown_with_its_age() -> None:
    assert told(SOUND) == [
        "OpenStack: all of it works 5 min ago",
        "  APIs      2 of 2 answer",
        "  address   node2",
        "  database  node1 Synced, node2 Synced, node3 Synced; a cluster of 3",
        "  queue     node1, node2, node3",
        "  chassis   node1, node2, node3",
        "  services  2 of 2 up",
        "  hosts     node1, node2, node3",
        "  instance  web ACTIVE on node3 192.168.100.7, 10.0.40.9",
    ]


def test_what_is_wrong_is_counted_and_listed() -> None:
    found = told(SOUND, "agents: 2 of 3 up", "instances: web is in ERROR")
    assert found[0] == "OpenStack: 2 wrong 5 min ago"
    assert [line.partition("✗")[2].lstrip("\x1b[0m ") for line in found[-2:]] == [
        "agents: 2 of 3 up",
        "instances: web is in ERROR",
    ]


def test_where_nobody_looked_nothing_is_said_of_it() -> None:
    assert told(None) == []


def test_a_cloud_that_was_not_seen_at_all_is_shown_all_the_same() -> None:
    found = told(CloudSeen((), {}, unasked=("node1 is not running",)), "look: node1 is not running")
    assert found[0] == "OpenStack: 1 wrong 5 min ago"
    assert "  address   none" in found
    assert "  services  not asked" in found
    assert "  hosts     not asked" in found


def test_members_that_do_not_see_each_other_are_shown_apart() -> None:
    pair, alone = NAMES[:2], NAMES[2:]
    nodes = (
        *(replace(each, members=2, queue=pair) for each in SOUND.nodes[:2]),
        replace(SOUND.nodes[2], members=1, queue=alone),
    )
    found = told(replace(SOUND, nodes=nodes))
    assert "  queue     apart: node1, node2; node3" in found
    states = "node1 Synced, node2 Synced, node3 Synced"
    assert f"  database  {states}; a cluster of 1 and one of 2" in found


def test_a_control_plane_of_one_node_is_no_cluster() -> None:
    one = replace(SOUND.nodes[0], members=1, queue=NAMES[:1])
    found = told(replace(SOUND, nodes=(one,)))
    assert "  database  node1 Synced" in found


def test_what_was_wrong_is_judged_by_what_the_testbed_should_have() -> None:
    cloud = planned(Path("/lab"), "aolda-cloud").cloud
    assert cloud is not None
    assert wrong(cloud, SOUND) == ()
    two = replace(SOUND, hypervisors=SOUND.hypervisors[:2])
    assert wrong(cloud, two) == ("hypervisors: 2 of 3 up: node1, node2",)
    assert wrong(cloud, two, but="hypervisors") == ()
