"""What a look at OpenStack sees: a sound cloud, and then ill in one place each."""

import dataclasses
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import pytest

sys.path.append(str(Path(__file__).parents[1]))  # the OpenStack of dictionaries is shared

from fake_openstack import FakeOpenStack, Guest

from testbed.errors import GuestError
from testbed.guest import NothingAnswers, Result, Unreachable
from testbed.plan.cloud import Cloud
from testbed.plan.decide import plan
from testbed.probe.cloud import node
from testbed.probe.cloud.ask import CloudRefused, Login, log_in, places, sentence
from testbed.probe.cloud.http import Reply
from testbed.probe.cloud.look import Wanted, look
from testbed.probe.cloud.seen import CloudSeen, NodeSeen, recall
from testbed.probe.cloud.verdicts import verdicts
from testbed.probe.verdict import failing
from testbed.topology.shipped import find

KEYSTONE = "http://10.0.10.250:5000/v3"
ADMIN = Login("admin", "admins", "admin")
ENDPOINTS = {"keystone": "http://10.0.10.250:5000/", "nova": "http://10.0.10.250:8774/"}
# As ovn-appctl prints it; lines that nobody reads are left out.
RAFT = """\
5f2c
Name: OVN_Northbound
Cluster ID: 8e0a (8e0a1b9c-0000-4000-8000-000000000001)
Server ID: 5f2c (5f2c1b9c-0000-4000-8000-000000000002)
Address: tcp:10.0.10.11:6643
Status: cluster member
Role: {role}
Term: 3
Leader: {leader}
Servers:
    5f2c (5f2c at tcp:10.0.10.11:6643) (self)
"""
CONTROLLER = """\
=== chassis
connected
=== provider
handed
=== units
active
active
=== guard
loaded
=== vip
4: vlan-mgmt    inet 10.0.10.250/24 scope global secondary vlan-mgmt\\       valid_lft forever
=== database
Uptime\t812
wsrep_cluster_size\t3
wsrep_local_state_comment\tSynced
=== listens
LISTEN 0      1024      10.0.10.11:5672      0.0.0.0:*
=== queue
0      0        10.0.10.11:25672     10.0.10.12:41234
0      0      [::ffff:10.0.10.11]:38112 [::ffff:10.0.10.13]:25672
"""


UNITS = ("haproxy", "neutron-api")


def decided(topology: str = "aolda-cloud") -> Cloud:
    found = plan(find(topology), name="lab", folder=Path("/lab"), loopback="127.77.0.1").cloud
    assert found is not None
    return found


CLOUD = decided()


def told(text: str = CONTROLLER, role: str = "leader", leader: str = "self") -> str:
    raft = RAFT.format(role=role, leader=leader)
    return f"{text}=== nb\n{raft}=== sb\n{raft}"


class TestNode:
    def test_a_controller_tells_its_share_of_everything(self):
        assert node.read(told(), CLOUD, CLOUD.nodes[0], UNITS) == NodeSeen(
            machine="node1",
            control=True,
            vip=True,
            database="Synced",
            members=3,
            queue=("node1", "node2", "node3"),
            networks={"nb": "leader", "sb": "leader"},
            chassis=True,
            provider=True,
            guarded=True,
            stopped={},
        )

    def test_a_node_where_nothing_runs_tells_that(self):
        names = ("provider", "units", "guard", "vip", "database", "listens", "queue", "nb", "sb")
        nothing = "=== chassis\novn-appctl: cannot read pidfile\n" + "".join(
            f"=== {name}\n" for name in names
        )
        seen = node.read(nothing, CLOUD, CLOUD.nodes[1], UNITS)
        assert (seen.vip, seen.database, seen.members, seen.queue) == (False, "silent", 0, ())
        assert seen.networks == {"nb": "silent", "sb": "silent"}
        assert seen.stopped == {"haproxy": "silent", "neutron-api": "silent"}
        assert not (seen.chassis or seen.provider or seen.guarded)

    def test_a_queue_that_takes_nobody_has_no_members(self):
        text = told().replace("LISTEN 0      1024      10.0.10.11:5672      0.0.0.0:*\n", "")
        assert node.read(text, CLOUD, CLOUD.nodes[0], UNITS).queue == ()

    def test_a_member_that_parted_is_missing_in_the_queue(self):
        text = told().replace("[::ffff:10.0.10.13]", "[::ffff:10.0.10.99]")
        assert node.read(text, CLOUD, CLOUD.nodes[0], UNITS).queue == ("node1", "node2")

    def test_a_raft_without_a_majority_has_no_leader(self):
        text = told(role="candidate", leader="unknown")
        networks = node.read(text, CLOUD, CLOUD.nodes[0], UNITS).networks
        assert networks == dict.fromkeys(("nb", "sb"), "without a leader")

    def test_units_that_do_not_run_are_named(self):
        text = told().replace("active\nactive\n", "inactive\nfailed\n")
        stopped = node.read(text, CLOUD, CLOUD.nodes[0], UNITS).stopped
        assert stopped == {"haproxy": "inactive", "neutron-api": "failed"}

    def test_only_the_clouds_own_units_are_asked_for(self):
        asked = node.script(CLOUD, CLOUD.nodes[0], UNITS).text
        assert "systemctl is-active haproxy neutron-api ||" in asked

    def test_a_lone_controller_is_no_cluster(self):
        alone = decided("aolda-cloud-compact")
        text = CONTROLLER.replace("\nwsrep_cluster_size\t3", "").replace(
            "wsrep_local_state_comment\tSynced\n", ""
        )
        seen = node.read(text, alone, alone.nodes[0], UNITS)
        assert (seen.database, seen.members, seen.networks) == ("Synced", 1, None)

    def test_only_the_control_plane_is_asked_for_databases_and_its_firewall(self):
        alone = decided("aolda-cloud-compact")
        assert "nft" in node.script(alone, alone.nodes[0], UNITS).text
        assert "nft" not in node.script(alone, alone.nodes[1], UNITS).text
        assert "mariadb" in node.script(alone, alone.nodes[0], UNITS).text
        assert "mariadb" not in node.script(alone, alone.nodes[1], UNITS).text

    def test_no_erlang_is_started(self):
        assert "rabbitmq" not in node.script(CLOUD, CLOUD.nodes[0], UNITS).text


REPORTS = {
    "/v2.1/os-services": {
        "services": [
            {"binary": "nova-compute", "host": "node1", "state": "up", "status": "enabled"},
            {"binary": "nova-compute", "host": "node2", "state": "up", "status": "enabled"},
            {"binary": "nova-scheduler", "host": "node1", "state": "up", "status": "enabled"},
        ]
    },
    "/v3/id-admin/os-services": {
        "services": [
            {
                "binary": "cinder-volume",
                "host": "controllers@ceph",
                "state": "up",
                "status": "enabled",
            }
        ]
    },
    "/v2.0/agents": {
        "agents": [
            {
                "agent_type": "OVN Controller Gateway agent",
                "host": f"node{number}",
                "alive": True,
                "admin_state_up": True,
            }
            for number in (1, 2, 3)
        ]
    },
    "/v2.1/os-hypervisors": {
        "hypervisors": [
            {"hypervisor_hostname": f"node{number}", "state": "up", "status": "enabled"}
            for number in (2, 1, 3)  # as they happened to report
        ]
    },
    "/v2.1/servers/detail": {
        "servers": [
            {
                "name": "web",
                "status": "ACTIVE",
                "OS-EXT-SRV-ATTR:host": "node2",
                "addresses": {"club": [{"addr": "192.168.100.7"}, {"addr": "10.0.40.9"}]},
            }
        ]
    },
}


@pytest.fixture
def openstack() -> FakeOpenStack:
    return FakeOpenStack(reports=json.loads(json.dumps(REPORTS)))


@pytest.fixture
def guests(openstack: FakeOpenStack) -> dict[str, Guest]:
    """Three nodes; the first has the address and leads."""
    made = {}
    for each in CLOUD.nodes:
        text = told(role="leader" if each.machine == "node1" else "follower")
        others = [n for n in CLOUD.nodes if n != each]
        lines = "".join(f"0 0 {each.address}:25672 {n.address}:40000\n" for n in others)
        head, _, tail = text.partition("=== queue\n")
        text = f"{head}=== queue\n{lines}=== nb\n{tail.partition('=== nb')[2].lstrip()}"
        if each.machine != "node1":
            text = text.replace("inet 10.0.10.250/24", "")
        answer = {"=== chassis": Result(0, text, "", 0.1)}
        made[each.machine] = Guest(each.machine, openstack, answer)
    return made


def looked(guests: dict[str, Guest]) -> CloudSeen:
    units = {each.machine: UNITS for each in CLOUD.nodes}
    return look(Wanted(CLOUD, units, ENDPOINTS, KEYSTONE, ADMIN), guests)


def wrong(seen: CloudSeen) -> list[str]:
    return [str(each) for each in failing(verdicts(CLOUD, seen))]


class TestLook:
    def test_a_sound_cloud_holds_in_every_point(self, guests: dict[str, Guest]):
        seen = looked(guests)
        assert wrong(seen) == []
        assert seen.endpoints == {"keystone": "300", "nova": "300"}
        (web,) = seen.instances
        assert (web.name, web.state, web.host) == ("web", "ACTIVE", "node2")
        assert web.addresses == ("192.168.100.7", "10.0.40.9")
        assert [str(each) for each in seen.services] == [
            "nova-compute on node1",
            "nova-compute on node2",
            "nova-scheduler on node1",
            "cinder-volume on controllers@ceph",
        ]

    def test_a_look_can_be_kept_and_read_again(self, guests: dict[str, Guest]):
        seen = looked(guests)
        assert recall(json.loads(json.dumps(dataclasses.asdict(seen)))) == seen

    def test_a_node_that_is_off_is_told_and_the_others_are_asked(self, guests: dict[str, Guest]):
        del guests["node1"]
        seen = looked(guests)
        assert seen.endpoints == {"keystone": "300", "nova": "300"}
        found = wrong(seen)
        assert found[0] == "cloud: look: node1 is not running"
        assert "cloud: address: 10.0.10.250 is on no node" in found
        assert "cloud: OVN nb: node2 follower, node3 follower" in found
        assert "cloud: chassis: 2 of 3 connected" in found

    def test_an_api_that_is_silent_is_told_with_why(
        self, guests: dict[str, Guest], openstack: FakeOpenStack
    ):
        openstack.silent = {8774}
        found = wrong(looked(guests))
        assert "cloud: APIs: nova: refused" in found
        assert found[0].startswith("cloud: look: node1: nothing answers at 10.0.10.250:8774")

    def test_without_any_api_the_nodes_are_told_of_still(
        self, guests: dict[str, Guest], openstack: FakeOpenStack
    ):
        openstack.silent = {5000, 8774}
        seen = looked(guests)
        assert len(seen.nodes) == 3
        assert wrong(seen) == ["cloud: APIs: keystone: refused; nova: refused"]

    def test_apis_are_asked_through_the_next_node_where_one_hangs_and_once_only(
        self, guests: dict[str, Guest], monkeypatch: pytest.MonkeyPatch
    ):
        tries: list[int] = []

        def hangs(host: str, port: int, **_: object) -> NoReturn:
            tries.append(port)
            raise Unreachable("node1: no banner within 20 s")

        monkeypatch.setattr(guests["node1"], "dial", hangs)
        seen = looked(guests)
        assert len(tries) == 1
        assert seen.endpoints == {"keystone": "300", "nova": "300"}

    def test_of_instances_nobody_was_asked_about_nothing_is_said(
        self, guests: dict[str, Guest], openstack: FakeOpenStack
    ):
        openstack.silent = {5000}
        probes = [each.probe for each in verdicts(CLOUD, looked(guests))]
        assert "look" in probes
        assert "instances" not in probes

    def test_a_login_that_is_refused_is_told(
        self, guests: dict[str, Guest], openstack: FakeOpenStack
    ):
        openstack.passwords["admin"] = "another"
        found = wrong(looked(guests))
        assert len(found) == 1
        assert "requires authentication" in found[0]

    def test_an_agent_that_is_dead_and_an_instance_that_failed(
        self, guests: dict[str, Guest], openstack: FakeOpenStack
    ):
        openstack.reports["/v2.0/agents"]["agents"][1]["alive"] = False
        openstack.reports["/v2.1/servers/detail"]["servers"][0]["status"] = "ERROR"
        openstack.reports["/v2.1/os-hypervisors"]["hypervisors"][2]["state"] = "down"
        assert wrong(looked(guests)) == [
            "cloud: agents: 2 of 3 up; OVN Controller Gateway agent on node2 is down",
            "cloud: hypervisors: 2 of 3 up: node1, node2",
            "cloud: instances: web is in ERROR",
        ]

    def test_where_every_one_of_a_kind_is_switched_off_nobody_serves(
        self, guests: dict[str, Guest], openstack: FakeOpenStack
    ):
        for each in openstack.reports["/v2.1/os-services"]["services"]:
            if each["binary"] == "nova-compute":
                each["status"] = "disabled"
        assert wrong(looked(guests)) == ["cloud: switched off: every nova-compute"]

    @pytest.mark.parametrize("asked", ["GET 9292/v2/images", "GET 8778/resource_providers"])
    def test_an_api_that_answers_and_has_lost_its_database_is_told(
        self, guests: dict[str, Guest], openstack: FakeOpenStack, asked: str
    ):
        openstack.fails[asked] = [500] * 9
        (told,) = wrong(looked(guests))
        assert told.startswith("cloud: look: OpenStack refused: GET ")
        assert asked.partition("/")[2] in told

    def test_a_service_that_is_switched_off_is_no_fault(
        self, guests: dict[str, Guest], openstack: FakeOpenStack
    ):
        openstack.reports["/v2.1/os-services"]["services"][0] |= {
            "state": "down",
            "status": "disabled",
        }
        assert wrong(looked(guests)) == []


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"vip": True}, "cloud: address: 10.0.10.250 is on node1 and node2"),
        (
            {"database": "Donor/Desynced"},
            "cloud: database: node1 Synced, sees 3, node2 Donor/Desynced, sees 3, "
            "node3 Synced, sees 3",
        ),
        (
            {"queue": ("node2",)},
            "cloud: queue: node1 sees node1 and node2 and node3, node2 sees node2, "
            "node3 sees node1 and node2 and node3",
        ),
        ({"chassis": False}, "cloud: chassis: 2 of 3 connected, not node2"),
        (
            {"provider": False},
            "cloud: provider VLAN: out of br-provider, or without its mapping or manager, on node2",
        ),
        ({"guarded": False}, "cloud: firewall: without its rules on node2"),
        ({"stopped": {"glance-api": "failed"}}, "cloud: units: glance-api on node2 gave up"),
        ({"stopped": {"haproxy": "inactive"}}, "cloud: units: haproxy on node2 is inactive"),
        (
            {"networks": {"nb": "leader", "sb": "follower"}},
            "cloud: OVN nb: node1 leader, node2 leader, node3 follower",
        ),
    ],
)
def test_what_ails_a_node_is_said_in_its_place(
    guests: dict[str, Guest], change: dict[str, object], expected: str
) -> None:
    seen = looked(guests)
    one, two, three = seen.nodes
    assert wrong(replace(seen, nodes=(one, replace(two, **change), three))) == [expected]


class TestAsking:
    def test_a_token_is_of_a_user_in_a_project(self, openstack: FakeOpenStack):
        api = log_in(Guest("node1", openstack), KEYSTONE, ADMIN)
        assert (api.user, api.project) == ("id-admin", "id-admin")
        assert api.places["compute"] == "http://10.0.10.250:8774/v2.1"

    def test_neither_password_nor_token_is_shown(self, openstack: FakeOpenStack):
        api = log_in(Guest("node1", openstack), KEYSTONE, ADMIN)
        assert "token-201" not in repr(api)
        assert "admins" not in repr(ADMIN)

    def test_a_service_that_the_catalogue_lacks_is_named(self, openstack: FakeOpenStack):
        api = log_in(Guest("node1", openstack), KEYSTONE, ADMIN)
        with pytest.raises(CloudRefused, match="no service of the type 'dns'"):
            api.get("dns", "/zones")

    def test_silence_is_no_refusal(self, openstack: FakeOpenStack):
        openstack.silent = {5000}
        with pytest.raises(NothingAnswers):
            log_in(Guest("node1", openstack), KEYSTONE, ADMIN)

    def test_whoever_logs_in_says_how_long_every_answer_may_take(
        self, openstack: FakeOpenStack, monkeypatch: pytest.MonkeyPatch
    ):
        waits: list[float] = []
        dial = Guest.dial

        def noted(guest: Guest, host: str, port: int, *, timeout: float) -> Any:
            waits.append(timeout)
            return dial(guest, host, port, timeout=timeout)

        monkeypatch.setattr(Guest, "dial", noted)
        log_in(Guest("node1", openstack), KEYSTONE, ADMIN, patience=7.0).get(
            "compute", "/os-services"
        )
        assert waits == [7.0, 7.0]

    def test_a_refusal_is_an_error_of_a_machine(self):
        assert issubclass(CloudRefused, GuestError)

    def test_only_public_addresses_are_taken(self):
        endpoints = [
            {"interface": "internal", "url": "http://a"},
            {"interface": "public", "url": "http://b/"},
        ]
        assert places([{"type": "image", "endpoints": endpoints}]) == {"image": "http://b"}

    @pytest.mark.parametrize(
        ("body", "expected"),
        [
            ('{"error": {"code": 401, "message": "no token"}}', "no token"),
            ('{"badRequest": {"code": 400, "message": "Invalid"}}', "Invalid"),
            ('{"NeutronError": {"type": "X", "message": "in use", "detail": ""}}', "in use"),
            ('{"message": "overLimit"}', "overLimit"),
            ("<html>\n<body>Bad gateway", "<html>"),
            ("", "it said nothing"),
        ],
    )
    def test_each_services_own_sentence_is_found(self, body: str, expected: str):
        assert sentence(Reply(400, {}, body.encode())) == expected
