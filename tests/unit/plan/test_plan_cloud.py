"""Who does what in OpenStack: decided from names and wiring, the same on every run."""

from pathlib import Path
from typing import Any

import pytest

from testbed.plan.cloud import Cloud
from testbed.plan.decide import plan
from testbed.plan.identity import stable_number
from testbed.topology.models import Topology
from testbed.topology.shipped import find

AOLDA = find("aolda")


def values(**changes: object) -> dict[str, Any]:
    return AOLDA.model_dump(mode="json") | {"cloud": {"provider": "kolla", **changes}}


def decided(topology: dict[str, Any], name: str = "lab") -> Cloud:
    found = plan(
        Topology.model_validate(topology), name=name, folder=Path("/lab"), loopback="127.77.0.1"
    ).cloud
    assert found is not None
    return found


def with_mgmt(subnet: str, *own: str) -> dict[str, Any]:
    """Return aolda with another subnet for 'mgmt', its router and nodes at the addresses."""
    topology = values()
    topology["vlans"]["mgmt"]["subnet"] = subnet
    machines = topology["machines"]
    for machine, address in zip(("router", "node1", "node2", "node3"), own, strict=True):
        bond = "trunk0" if machine == "router" else "bond0"
        machines[machine]["bonds"][bond]["vlans"]["mgmt"] = address
    return topology


def test_interfaces_are_those_of_the_vlans() -> None:
    one = decided(values()).nodes[0]
    assert (one.machine, str(one.address)) == ("node1", "10.0.10.11")
    assert one.api_interface == "vlan-mgmt"
    assert one.tunnel_interface == "vlan-vxlan"
    assert one.provider_interface == "vlan-provider"


def test_an_untagged_vlan_is_on_the_nic_itself() -> None:
    topology = values(provider_vlan="external")
    machines = topology["machines"]
    machines["node1"]["bonds"]["bond1"] |= {"vlans": {}, "access": "external"}
    cloud = decided(topology)
    assert [node.provider_interface for node in cloud.nodes] == [
        "bond1",
        "vlan-external",
        "vlan-external",
    ]


@pytest.mark.parametrize(
    ("subnet", "own", "vip"),
    [
        ("10.0.10.0/24", ("10.0.10.1", "10.0.10.11", "10.0.10.12", "10.0.10.13"), "10.0.10.250"),
        ("10.0.10.0/24", ("10.0.10.254", "10.0.10.250", "10.0.10.2", "10.0.10.3"), "10.0.10.253"),
        ("10.8.0.0/16", ("10.8.0.1", "10.8.0.11", "10.8.0.12", "10.8.0.13"), "10.8.0.250"),
        ("10.0.10.32/28", ("10.0.10.33", "10.0.10.34", "10.0.10.35", "10.0.10.46"), "10.0.10.45"),
    ],
    ids=["usual", "taken", "large", "small"],
)
def test_the_apis_have_a_free_address_out_of_the_way(
    subnet: str, own: tuple[str, ...], vip: str
) -> None:
    assert str(decided(with_mgmt(subnet, *own)).vip) == vip


def test_an_address_that_is_said_is_taken() -> None:
    assert str(decided(values(vip="10.0.10.99")).vip) == "10.0.10.99"


def test_testbeds_have_router_ids_of_their_own_in_vrrps_range() -> None:
    ids = {decided(values(), name).vrrp_id for name in map("lab{}".format, range(40))}
    assert len(ids) > 30
    assert decided(values(), "lab").vrrp_id == decided(values(), "lab").vrrp_id
    every = {stable_number(255, f"lab{n}", "vrrp") for n in range(5000)}
    assert every == {*range(1, 256)}


def test_the_first_three_nodes_are_the_control_plane() -> None:
    topology = values()
    machines = topology["machines"]
    fourth = {**machines["node3"], "bonds": {}}
    own = {"mgmt": "10.0.10.14", "storage": "10.0.20.14", "vxlan": "10.0.30.14", "provider": None}
    fourth["nics"] = {"eno1": {"mtu": 9000, "vlans": own}}
    machines["node4"] = fourth
    topology["cables"] = [*topology["cables"], ["node4:eno1", "sw1:node4"]]
    cloud = decided(topology)
    assert [node.control for node in cloud.nodes] == [True, True, True, False]
    assert [node.machine for node in cloud.controllers] == ["node1", "node2", "node3"]


def test_without_the_section_there_is_no_cloud() -> None:
    assert plan(AOLDA, name="lab", folder=Path("/lab"), loopback="127.77.0.1").cloud is None


def packages(**changes: object) -> dict[str, Any]:
    return values(provider="packages", **changes)


def test_three_nodes_are_highly_available_unless_the_topology_says_compact() -> None:
    assert [node.control for node in decided(packages()).nodes] == [True, True, True]
    compact = decided(packages(layout="compact"))
    assert [node.control for node in compact.nodes] == [True, False, False]


def test_one_node_has_the_whole_control_plane() -> None:
    topology = packages()
    for name in ("node2", "node3"):
        del topology["machines"][name]
    topology["cables"] = [c for c in topology["cables"] if "node2" not in c[0] + c[1]]
    topology["cables"] = [c for c in topology["cables"] if "node3" not in c[0] + c[1]]
    topology["storage"] |= {"replicas": 1, "min_replicas": 1}
    cloud = decided(topology)
    assert (cloud.layout, len(cloud.controllers)) == ("compact", 1)


def test_instances_get_the_longest_run_of_free_addresses_of_the_provider_vlan() -> None:
    outside = decided(packages()).outside
    assert outside is not None
    assert (str(outside.gateway), outside.mtu) == ("10.0.40.1", 1500)
    assert (str(outside.first), str(outside.last)) == ("10.0.40.2", "10.0.40.254")


def test_tenants_packets_go_between_the_nodes_own_addresses_in_their_vlan() -> None:
    cloud = decided(packages())
    assert [str(node.tunnel_address) for node in cloud.nodes][:2] == ["10.0.30.11", "10.0.30.12"]
    assert cloud.tunnel_mtu == 1500


def test_libvirts_name_for_cephs_key_is_the_testbeds_own() -> None:
    assert decided(packages(), "one").libvirt_secret != decided(packages(), "two").libvirt_secret
    assert decided(packages()).libvirt_secret == decided(packages()).libvirt_secret
