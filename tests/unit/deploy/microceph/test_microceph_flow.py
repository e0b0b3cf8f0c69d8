"""The provider against a fake MicroCeph that keeps to the contract."""

import dataclasses
import ipaddress
import itertools
import uuid
from contextlib import nullcontext
from functools import partial

import pytest
from fake_microceph import BY_HOST, BY_OSD, FakeCluster

from testbed.deploy.microceph import NOT_RUN, deploy
from testbed.errors import DeployError, GuestError, TestbedError, WaitTimeout
from testbed.plan.storage import Osd, Storage, StorageNode
from testbed.topology.models import ClientCache, FailureDomain, Provider
from testbed.wait import wait_until

SNAPS = ("snapd", "core24", "microceph")
FILES = {f"{name}.{end}" for name in SNAPS for end in ("snap", "assert")}


def storage(hosts: int = 3, **others) -> Storage:
    """Return a cluster with everything MicroCeph can be asked for."""
    address = ipaddress.ip_address("10.0.20.10")
    nodes = tuple(
        StorageNode(
            machine=f"node{number}",
            address=address + number,
            cluster_address=address + number,
            monitor=number <= 3,
            osds=(Osd(number - 1, uuid.uuid4(), "osd1", 6144),),
        )
        for number in range(1, hosts + 1)
    )
    made = Storage(
        provider=Provider.MICROCEPH,
        fsid=uuid.uuid4(),
        public_network=ipaddress.ip_network("10.0.20.0/24"),
        cluster_network=ipaddress.ip_network("10.0.60.0/24"),
        nodes=nodes,
        pools=("images", "vms"),
        replicas=3,
        min_replicas=2,
        failure_domain=FailureDomain.HOST,
        cephfs=True,
        rgw=True,
        client_cache=ClientCache(),
    )
    return dataclasses.replace(made, **others)


def up(cluster: FakeCluster) -> list[str]:
    """Deploy, and return what was changed."""
    ticks = itertools.count()
    wait = partial(wait_until, clock=lambda: float(next(ticks)), sleep=lambda seconds: None)
    deploy(cluster.storage, cluster.guests, lambda machine, step: nullcontext(), wait=wait)
    changes, cluster.changes = cluster.changes, []
    return changes


@pytest.fixture
def cluster():
    return FakeCluster(storage())


def test_from_nothing_there_is_one_cluster_of_all_nodes(cluster):
    up(cluster)
    assert sorted(cluster.members) == ["node1", "node2", "node3"]
    assert cluster.networks == {
        "microceph_ip": "10.0.20.11",
        "mon_ip": "10.0.20.11",
        "public_network": "10.0.20.0/24",
        "cluster_network": "10.0.60.0/24",
    }
    assert len(cluster.osds) == 3
    assert all(node.held == {"microceph"} for node in cluster.nodes.values())
    assert all(node.linked and node.rgw and not node.tokens for node in cluster.nodes.values())
    assert cluster.filesystems == ["cephfs"]
    assert cluster.clients["rbd_cache_size"] == str(32 * 2**20)


def test_replicas_stay_apart_by_host_once_three_nodes_have_an_osd(cluster):
    up(cluster)
    assert {pool["crush_rule"] for pool in cluster.pools.values()} == {BY_HOST}


def test_a_second_run_changes_nothing(cluster):
    assert up(cluster)
    assert up(cluster) == []


STEPS = 37  # of the whole deployment


def test_the_whole_deployment_takes_so_many_changes(cluster):
    assert len(up(cluster)) == STEPS


@pytest.mark.parametrize("lost", [False, True], ids=["before", "answer-lost"])
@pytest.mark.parametrize("after", range(STEPS))
def test_an_interrupted_deployment_continues(after, lost):
    wanted = storage()
    whole = FakeCluster(wanted)
    up(whole)
    cluster = FakeCluster(wanted, cut_after=after + lost, answer_lost=lost)
    with pytest.raises((DeployError, GuestError)):
        up(cluster)
    cluster.mended()
    up(cluster)
    assert cluster.state() == whole.state()
    assert up(cluster) == []


def test_files_of_the_image_are_enough_without_a_store():
    cluster = FakeCluster(storage(), store=False)
    for node in cluster.nodes.values():
        node.files = set(FILES)
    up(cluster)
    assert all(node.snaps == set(SNAPS) for node in cluster.nodes.values())
    assert up(cluster) == []


def refusal(cluster: FakeCluster) -> TestbedError:
    """Return why the deployment was refused."""
    with pytest.raises(TestbedError) as caught:
        up(cluster)
    return caught.value


def test_without_store_and_files_it_says_what_to_do():
    error = refusal(cluster := FakeCluster(storage(hosts=3), store=False))
    text = "\n".join(error.lines())
    assert isinstance(error, DeployError)
    assert error.exit_code == 9
    assert "cannot install MicroCeph on 'node" in error.what
    assert "unable to contact snap store" in error.why
    for way in ("testbed image build microceph", "'internet: true'", "provider: ceph"):
        assert way in error.next_step
    assert "***" not in text
    assert cluster.changes == []
    assert not cluster.members


def test_without_snapd_nothing_is_run(cluster):
    cluster.nodes["node2"].snapd = False
    error = refusal(cluster)
    assert error.what == "cannot install MicroCeph on 'node2': its image has no snapd"
    assert "testbed image build microceph" in error.next_step
    assert cluster.changes == []


def test_a_file_without_its_assertion_is_refused(cluster):
    cluster.nodes["node1"].files = FILES - {"core24.assert"}
    error = refusal(cluster)
    assert "its assertion 'core24.assert' is not there" in error.what
    assert cluster.changes == []


def test_a_disk_with_data_is_never_wiped(cluster):
    cluster.nodes["node3"].data["osd1"] = "ext4"
    error = refusal(cluster)
    assert error.what == "disk 'osd1' of 'node3' holds data and is no OSD"
    assert "disk add /dev/disk/by-id/virtio-osd1 --wipe" in error.next_step
    assert cluster.osds == []


def test_a_small_disk_is_refused_before_anything_is_run():
    wanted = storage()
    small = (dataclasses.replace(wanted.nodes[0].osds[0], size_mib=1024),)
    first = dataclasses.replace(wanted.nodes[0], osds=small)
    cluster = FakeCluster(dataclasses.replace(wanted, nodes=(first, *wanted.nodes[1:])))
    assert "too small for MicroCeph" in refusal(cluster).what
    assert cluster.changes == []


def test_apart_by_host_needs_three_hosts():
    cluster = FakeCluster(storage(hosts=2, replicas=2, min_replicas=1))
    assert "apart by host" in refusal(cluster).what
    assert cluster.changes == []


def test_two_nodes_keep_microcephs_rule_for_osds():
    by_osd = FailureDomain.OSD
    cluster = FakeCluster(storage(hosts=2, replicas=2, min_replicas=1, failure_domain=by_osd))
    up(cluster)
    assert {pool["crush_rule"] for pool in cluster.pools.values()} == {BY_OSD}
    assert {pool["size"] for pool in cluster.pools.values()} == {2}
    assert {pool["min_size"] for pool in cluster.pools.values()} == {1}
    assert up(cluster) == []


def test_three_nodes_apart_by_osd_have_a_rule_microceph_leaves_alone():
    cluster = FakeCluster(storage(failure_domain=FailureDomain.OSD))
    up(cluster)
    rules = {name: cluster.rules[pool["crush_rule"]] for name, pool in cluster.pools.items()}
    assert rules.pop(".mgr") in ("microceph_auto_osd", "microceph_auto_host")
    assert set(rules.values()) == {"testbed_osd"}
    assert up(cluster) == []


def test_a_switch_that_never_comes_ends_the_wait(cluster, monkeypatch):
    monkeypatch.setattr("fake_microceph._LOOKS_UNTIL_SWITCHED", 10**6)
    error = refusal(cluster)
    assert isinstance(error, WaitTimeout)
    assert "pools still on microceph_auto_osd: .mgr" in error.why


def test_a_cluster_that_does_not_answer_is_not_taken_for_none(cluster):
    up(cluster)
    for node in cluster.nodes.values():
        node.silence = "Error: Database is still starting"
    error = refusal(cluster)
    assert isinstance(error, WaitTimeout)
    assert "Database is still starting" in error.why
    assert cluster.changes == []


def test_a_node_made_anew_makes_no_second_cluster(cluster):
    up(cluster)
    cluster.members.remove("node1")  # as `cluster remove node1 --force` does
    cluster.osds = [osd for osd in cluster.osds if osd["location"] != "node1"]
    cluster.nodes["node1"] = FakeCluster(cluster.storage).nodes["node1"]
    changes = up(cluster)
    assert "node2: cluster add node1" in changes
    assert not [change for change in changes if "bootstrap" in change]
    assert sorted(cluster.members) == ["node1", "node2", "node3"]


def test_a_member_that_knows_nothing_of_it_is_told_apart(cluster):
    up(cluster)
    cluster.nodes["node2"].silence = "Error: Daemon not yet initialized"
    error = refusal(cluster)
    assert error.what == "'node1' lists 'node2' as a member, and 'node2' is in no cluster"
    assert "cluster remove node2 --force" in error.next_step


def test_a_refused_token_is_not_shown(cluster):
    for name in ("node2", "node3"):
        cluster.issued[name] = "another"
        cluster.nodes["node1"].tokens[name] = "token-of-nobody"
    error = refusal(cluster)
    text = "\n".join(error.lines())
    assert "step 'join' failed on node2" in text
    assert "token-of-nobody" not in text
    assert "***" in text


def test_it_is_said_that_this_was_never_run():
    assert "has not been run on a real cluster" in NOT_RUN
    assert NOT_RUN.endswith(".")
