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
