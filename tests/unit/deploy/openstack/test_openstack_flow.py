"""OpenStack's deployment as a whole: what is there is left alone, what is missing is made."""

import uuid
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import pytest
from fake_cloud import FakeCloud

from testbed.deploy.openstack import provider
from testbed.deploy.openstack.hosts import IDENTITY
from testbed.deploy.openstack.provider import Wanted, deploy
from testbed.deploy.openstack.secrets import new_secrets
from testbed.errors import DeployError, TestbedError, WaitTimeout
from testbed.plan.decide import plan
from testbed.topology.shipped import find

SECRETS = new_secrets()


def untimed(machine: str, step: str) -> AbstractContextManager[None]:
    return nullcontext()


def wanted(topology: str = "aolda-cloud") -> Wanted:
    made = plan(find(topology), name="lab", folder=Path("/lab"), loopback="127.77.0.1")
    assert made.cloud and made.storage
    return Wanted(made.cloud, made.storage, SECRETS, width=2)


@pytest.fixture
def world() -> FakeCloud:
    return FakeCloud(wanted().cloud)


def raise_it(world: FakeCloud, topology: str = "aolda-cloud") -> list[str]:
    """Deploy and return what that changed."""
    world.changes.clear()
    deploy(wanted(topology), world.guests, untimed)
    return list(world.changes)


def place(changes: list[str], what: str) -> int:
    """Return when something happened first."""
    return next(number for number, each in enumerate(changes) if what in each)


def test_a_second_time_changes_nothing(world: FakeCloud) -> None:
    raise_it(world)
    assert raise_it(world) == []


def test_the_first_database_is_this_testbeds_own_before_the_others_join(world: FakeCloud) -> None:
    changes = raise_it(world)
    begins, owns = place(changes, "begin database"), place(changes, "passwords")
    assert changes[begins] == "node1: begin database"
    assert begins < owns < place(changes, "join database")
    assert "10.0.10.250" in world.statements


def test_every_member_of_the_queue_runs_before_any_service(world: FakeCloud) -> None:
    changes = raise_it(world)
    assert place(changes, "queue cluster") < place(changes, "keystone")
    starts = [place(changes, f"node{n}: start rabbitmq-server") for n in (1, 2, 3)]
    assert max(starts) < place(changes, "queue cluster")


def test_a_node_runs_keystone_before_what_asks_it(world: FakeCloud) -> None:
    changes = raise_it(world)
    for node in ("node1", "node2", "node3"):
        keystone = place(changes, f"{node}: start keystone")
        assert keystone < place(changes, f"{node}: start placement-api")


def test_no_node_waits_to_run_instances_while_the_control_plane_wants_its_turn(
    world: FakeCloud,
) -> None:
    changes = raise_it(world)
    last = max(place(changes, f"node{n}: start cinder-volume") for n in (1, 2, 3))
    assert last < place(changes, "nova-compute")


def test_the_files_count_as_there_only_once_everything_has_read_them(world: FakeCloud) -> None:
    changes = raise_it(world)
    assert place(changes, "seal") > place(changes, "discover")


def test_wherever_it_is_interrupted_the_next_run_goes_on() -> None:
    whole = FakeCloud(wanted().cloud)
    count = len(raise_it(whole))
    for cut_after in range(0, count, 3):
        world = FakeCloud(wanted().cloud, cut_after=cut_after)
        with pytest.raises(TestbedError):
            deploy(wanted(), world.guests, untimed)
        world.cut_after = None
        raise_it(world)
        assert raise_it(world) == [], f"cut after {cut_after}"
        assert world.placeholders == 0


def test_after_all_have_lost_power_the_database_that_has_most_begins(world: FakeCloud) -> None:
    raise_it(world)
    world.lose_power(writes={"node1": 41, "node2": 43, "node3": 42})
    changes = raise_it(world)
    assert changes[:3] == ["node2: begin database", "node1: join database", "node3: join database"]
    assert set(changes[3:]) == {f"{node}: read units again" for node in world.nodes}


def test_one_lost_database_joins_the_others_again(world: FakeCloud) -> None:
    raise_it(world)
    lost = world.nodes["node1"]
    lost.active -= {"mariadb"}
    lost.primary = False
    assert raise_it(world) == ["node1: join database", "node1: read units again"]


def test_the_dashboard_is_opened_once_on_every_node_that_starts_it(world: FakeCloud) -> None:
    changes = raise_it(world)
    for node in ("node1", "node2", "node3"):
        page = f"http://{world.cloud.node(node).address}:80/horizon/auth/login/"
        assert place(changes, f"{node}: start apache2") < changes.index(f"{node}: curl {page}")


def test_each_node_has_an_identity_of_its_own_before_nova_would_make_one(
    world: FakeCloud,
) -> None:
    changes = raise_it(world)
    for name in world.nodes:
        assert place(changes, f"{name}: identity") < place(changes, f"{name}: start nova-compute")
    assert len({str(uuid.UUID(each)) for each in world.identities.values()}) == 3
    again = FakeCloud(wanted().cloud)
    raise_it(again)
    assert again.identities == world.identities


@pytest.mark.parametrize("left", [b"", None])
def test_a_node_that_lost_its_identity_gets_the_one_that_nova_knows_it_by(
    world: FakeCloud, left: bytes | None
) -> None:
    raise_it(world)
    known = str(uuid.uuid4())  # as nova had made it
    world.identities["node2"] = known
    node = world.nodes["node2"]
    node.active -= {"nova-compute"}
    del node.files[IDENTITY]
    node.files |= {} if left is None else {IDENTITY: left}
    assert raise_it(world) == [
        f"node2: identity {known}",
        "node2: start nova-compute",
        "node2: read units again",
    ]


def test_an_identity_that_is_there_stays(world: FakeCloud) -> None:
    raise_it(world)
    world.nodes["node2"].active -= {"nova-compute"}
    assert raise_it(world) == ["node2: start nova-compute", "node2: read units again"]


def test_a_daemon_that_stopped_behind_debians_unit_is_started(world: FakeCloud) -> None:
    raise_it(world)
    world.nodes["node2"].active -= {"ovn-controller", "ovn-northd"}
    assert raise_it(world) == [
        "node2: start ovn-northd ovn-controller",
        "node2: read units again",
    ]


def test_a_firewall_that_has_lost_its_rules_is_loaded_again(world: FakeCloud) -> None:
    raise_it(world)
    world.nodes["node2"].guarded = False
    assert raise_it(world) == ["node2: start nftables", "node2: read units again"]
    assert world.nodes["node2"].guarded


def test_a_node_that_can_give_instances_kvm_does_and_loads_it_at_every_boot(
    world: FakeCloud,
) -> None:
    world.nodes["node3"].kvm = "kvm_amd"
    raise_it(world)
    drop_in = "etc/systemd/system/libvirtd.service.d/kvm.conf"
    assert b"modprobe kvm_amd" in world.nodes["node3"].files[drop_in]
    assert drop_in not in world.nodes["node1"].files
    assert b"virt_type = kvm" in world.nodes["node3"].files["etc/nova/nova.conf"]
    assert b"virt_type = qemu" in world.nodes["node1"].files["etc/nova/nova.conf"]
    assert raise_it(world) == []


def test_a_switch_that_has_lost_the_provider_vlan_is_given_it_again(world: FakeCloud) -> None:
    raise_it(world)
    world.nodes["node3"].switch = ""  # as a node tells whose interface is in no bridge
    assert raise_it(world) == ["node3: provider VLAN"]


def test_a_unit_that_somebody_disabled_starts_at_boot_again_and_systemd_knows(
    world: FakeCloud,
) -> None:
    raise_it(world)
    world.nodes["node3"].enabled -= {"haproxy"}
    assert raise_it(world) == ["node3: start haproxy", "node3: read units again"]


def test_with_other_files_the_services_start_again_and_the_databases_do_not(
    world: FakeCloud,
) -> None:
    raise_it(world)
    world.nodes["node2"].files["etc/nova/testbed.digest"] = b"0123\n"
    changes = raise_it(world)
    assert "node2: restart keystone" in changes
    assert "node2: restart nftables memcached haproxy keepalived" in changes
    assert {each.partition(":")[0] for each in changes} == {"node2"}
    assert not any("ovn" in each or "switch" in each for each in changes)
    assert not any("mariadb" in each or "rabbitmq" in each for each in changes)


def test_libvirt_starts_again_with_other_files_for_it_reads_cephs_key_at_its_start(
    world: FakeCloud,
) -> None:
    first = raise_it(world)
    assert not any("restart" in each for each in first)
    assert sum("libvirtd" in each for each in first) == len(world.nodes)
    world.nodes["node2"].files["etc/nova/testbed.digest"] = b"0123\n"
    changes = raise_it(world)
    reads, restarts = (place(changes, what) for what in ("read units", "restart libvirtd"))
    assert reads < restarts < place(changes, "restart nova-compute")
    assert changes.count("node2: restart libvirtd") == 1
    assert not any("start libvirtd" in each for each in changes if "restart" not in each)


def test_what_a_deployment_that_broke_off_has_started_starts_again_with_other_files() -> None:
    world = FakeCloud(wanted().cloud)
    world.cut_after = len(raise_it(FakeCloud(wanted().cloud))) - 10
    with pytest.raises(TestbedError):
        deploy(wanted(), world.guests, untimed)
    world.cut_after = None
    node = world.nodes["node2"]
    assert "keystone" in node.active
    node.files["etc/nova/testbed.placed"] = b"0123\n"  # as older code had it
    changes = raise_it(world)
    assert "node2: restart keystone" in changes
    assert "node1: restart keystone" not in changes
    assert raise_it(world) == []


def test_files_that_a_change_which_broke_off_has_left_are_replaced_also_by_the_old_ones() -> None:
    world = FakeCloud(wanted().cloud)
    raise_it(world)
    node = world.nodes["node2"]
    sealed = node.files["etc/nova/testbed.digest"]
    node.files |= {"etc/nova/testbed.digest": b"0123\n", "etc/nova/testbed.placed": b"0123\n"}
    world.cut_after = len(world.changes) + 3  # today's files are there, and some have read them
    with pytest.raises(TestbedError):
        deploy(wanted(), world.guests, untimed)
    world.cut_after = None
    assert node.files["etc/nova/testbed.placed"] == b"mixed\n"
    node.files["etc/nova/testbed.digest"] = sealed  # and now those of before are wanted
    changes = raise_it(world)
    assert changes[0] == "node2: files"
    assert "node2: restart keystone" in changes
    assert raise_it(world) == []


def test_compact_has_one_of_everything_and_instances_on_all_nodes() -> None:
    world = FakeCloud(wanted("aolda-cloud-compact").cloud)
    changes = raise_it(world, "aolda-cloud-compact")
    assert "node1: join database" in changes
    assert not any("begin database" in each or "queue cluster" in each for each in changes)
    for name in ("node2", "node3"):
        node = world.nodes[name]
        assert node.active == {
            *("openvswitch-switch", "ovsdb-server", "ovs-vswitchd"),
            *("ovn-host", "ovn-controller", "libvirtd", "nova-compute"),
        }
    assert raise_it(world, "aolda-cloud-compact") == []


def test_apis_that_do_not_answer_at_their_address_are_named(
    world: FakeCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provider, "_APIS", 0.0)
    world.api = "503 Service Unavailable"
    with pytest.raises(WaitTimeout, match="every API answers at its address") as caught:
        raise_it(world)
    assert caught.value.why.startswith("last seen: keystone: 503; glance: 503;")
    assert "testbed status --check" in caught.value.next_step


def test_an_image_without_openstack_is_told_by_name(world: FakeCloud) -> None:
    world.nodes["node3"].programs = False
    with pytest.raises(DeployError) as caught:
        raise_it(world)
    assert caught.value.what == "node3 has no OpenStack to configure, so nothing was done"
    assert "image: cloud" in caught.value.next_step
    assert world.changes == []
