"""What `testbed status` says of OpenStack."""

import time
from pathlib import Path

from lab import planned

from testbed.apply.health import Health
from testbed.apply.status import Status, _cloud_wrong
from testbed.cli.status_text import lines
from testbed.probe.cloud.seen import CloudSeen, InstanceSeen, NodeSeen, ServiceSeen

ROLES = {"nb": "follower", "sb": "follower"}
LEADS = {"nb": "leader", "sb": "leader"}
NAMES = ("node1", "node2", "node3")
SOUND = CloudSeen(
    nodes=tuple(
        NodeSeen(
            name,
            control=True,
            vip=name == "node2",
            database="Synced",
            members=3,
            queue=NAMES,
            networks=LEADS if name == "node1" else ROLES,
            chassis=True,
        )
        for name in NAMES
    ),
    endpoints={"keystone": "300", "nova": "200"},
    services=(ServiceSeen("nova-compute", "node1", up=True),),
    agents=(ServiceSeen("OVN Controller agent", "node1", up=True),),
    hypervisors=tuple(ServiceSeen("hypervisor", name, up=True) for name in NAMES),
    instances=(InstanceSeen("web", "ACTIVE", "node3", ("192.168.100.7", "10.0.40.9")),),
)


def told(cloud: CloudSeen | None, *wrong: str) -> list[str]:
    looked = Health(time.time() - 300, (), None, cloud)
    found = list(lines(Status("lab", (), (), looked, cloud_wrong=wrong)))
    return found[3:]  # name, headings and the network's health come before


def test_a_sound_cloud_is_shown_with_its_age() -> None:
    assert told(SOUND) == [
        "OpenStack: all of it works 5 min ago",
        "  APIs      2 of 2 answer",
        "  address   node2",
        "  database  node1 Synced, node2 Synced, node3 Synced",
        "  queue     node1, node2, node3",
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


def test_what_was_wrong_is_judged_by_what_the_testbed_should_have() -> None:
    cloud = planned(Path("/lab"), "aolda-cloud").cloud
    assert list(_cloud_wrong(cloud, SOUND)) == []
    assert list(_cloud_wrong(None, SOUND)) == []
    two = CloudSeen(SOUND.nodes, SOUND.endpoints, hypervisors=SOUND.hypervisors[:2])
    assert list(_cloud_wrong(cloud, two)) == ["hypervisors: 2 of 3 up: node1, node2"]
