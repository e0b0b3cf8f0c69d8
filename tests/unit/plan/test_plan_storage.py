"""Who stores what: decided from names, the same on every run."""

import uuid
from pathlib import Path

import pytest

from testbed.plan.decide import plan
from testbed.plan.storage import Storage
from testbed.topology.models import FailureDomain, Topology
from testbed.topology.shipped import find

AOLDA = find("aolda")


def decided(name: str = "lab", **changes: object) -> Storage:
    values = AOLDA.model_dump(mode="json")
    values["storage"] |= changes
    topology = Topology.model_validate(values)
    found = plan(topology, name=name, folder=Path("/lab"), loopback="127.77.0.1").storage
    assert found is not None
    return found


def test_every_node_takes_part_unless_they_are_listed() -> None:
    assert [node.machine for node in decided().nodes] == ["node1", "node2", "node3"]
    assert [node.machine for node in decided(nodes=["node3", "node1"]).nodes] == ["node3", "node1"]


def test_addresses_are_those_of_the_two_networks() -> None:
    one = decided().node("node1")
    assert (str(one.address), str(one.cluster_address)) == ("10.0.20.11", "10.0.20.11")
    apart = decided(cluster_vlan="vxlan")
    assert str(apart.node("node1").cluster_address) == "10.0.30.11"
    assert str(apart.cluster_network) == "10.0.30.0/24"
    assert str(apart.public_network) == "10.0.20.0/24"


def test_osds_are_numbered_through_and_named_for_ever() -> None:
    osds = decided().osds
    assert [(osd.id, osd.serial, osd.size_mib) for osd in osds] == [
        (0, "osd1", 6144),
        (1, "osd1", 6144),
        (2, "osd1", 6144),
    ]
    assert len({osd.uuid for osd in osds}) == 3
    assert osds == decided().osds


def test_another_testbed_is_another_cluster() -> None:
    one, other = decided("lab"), decided("other")
    assert one.fsid != other.fsid
    assert not {osd.uuid for osd in one.osds} & {osd.uuid for osd in other.osds}
    assert isinstance(one.fsid, uuid.UUID)


def test_the_first_three_nodes_have_monitors() -> None:
    values = AOLDA.model_dump(mode="json")
    fourth = dict(values["machines"]["node3"])
    fourth["bonds"] = {}
    fourth["nics"] = {"eno1": {"vlans": {"storage": "10.0.20.14"}, "mtu": 9000}}
    fourth["gateway"] = None
    values["machines"] |= {"node4": fourth}
    values["cables"] = [*values["cables"], ["node4:eno1", "sw1:node4"]]
    found = plan(
        Topology.model_validate(values), name="lab", folder=Path("/lab"), loopback="127.77.0.1"
    ).storage
    assert found is not None
    assert [node.monitor for node in found.nodes] == [True, True, True, False]
    assert len(found.osds) == 4


def test_a_disk_that_ceph_may_not_have_is_no_osd() -> None:
    values = AOLDA.model_dump(mode="json")
    values["machines"]["node2"]["disks"] = [
        {"serial": "scratch", "size": "1G", "use": "none"},
        {"serial": "fast", "size": "3G"},
        {"serial": "slow", "size": "4G"},
    ]
    found = plan(
        Topology.model_validate(values), name="lab", folder=Path("/lab"), loopback="127.77.0.1"
    ).storage
    assert found is not None
    assert [osd.serial for osd in found.node("node2").osds] == ["fast", "slow"]
    assert [osd.id for osd in found.osds] == [0, 1, 2, 3]


def test_without_the_section_there_is_no_cluster() -> None:
    flat = plan(find("aolda-flat"), name="lab", folder=Path("/lab"), loopback="127.77.0.1")
    assert flat.storage is None


def test_a_machine_that_takes_no_part_has_no_place() -> None:
    with pytest.raises(KeyError):
        decided(nodes=["node1"]).node("node2")


def test_the_cluster_of_one_node_has_three_osds_and_leaves_the_other_disks_alone() -> None:
    found = plan(find("aolda-one"), name="lab", folder=Path("/lab"), loopback="127.77.0.1").storage
    assert found is not None
    assert [node.machine for node in found.monitors] == ["node1"]
    assert [osd.serial for osd in found.osds] == ["osd1", "osd2", "osd3"]
    assert found.failure_domain is FailureDomain.OSD
