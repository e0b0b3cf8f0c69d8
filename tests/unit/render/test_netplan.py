"""The network of a machine."""

from ipaddress import IPv4Address, IPv4Network
from typing import Any

import pytest
import yaml
from plans import planned

from testbed.plan.models import Plan
from testbed.render.netplan import netplan
from testbed.topology.models import Bond, Port, Vlan
from testbed.topology.shipped import find


def network(plan: Plan, machine: str) -> dict[str, Any]:
    return yaml.safe_load(netplan(plan, plan.machine(machine)))["network"]


def interfaces(config: dict[str, Any]) -> dict[str, dict[str, Any]]:
    sections = ("ethernets", "bonds", "bridges", "vlans")
    return {name: i for section in sections for name, i in config.get(section, {}).items()}


def routes(config: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    return {name: i["routes"] for name, i in interfaces(config).items() if "routes" in i}


def test_a_nic_is_named_by_its_mac() -> None:
    plan = planned()
    eno1 = network(plan, "node1")["ethernets"]["eno1"]
    mac = next(nic.mac for nic in plan.machine("node1").nics if nic.name == "eno1")
    assert (eno1["match"], eno1["set-name"]) == ({"macaddress": mac}, "eno1")


def test_a_bond_watches_its_carriers() -> None:
    """Without an interval the kernel watches nothing, and the bond never fails over."""
    for bond in network(planned(), "node1")["bonds"].values():
        assert bond["parameters"]["mii-monitor-interval"] == 100


def test_an_active_backup_bond_prefers_its_first_member() -> None:
    bond = network(planned(), "node1")["bonds"]["bond0"]
    assert bond["parameters"] == {
        "mode": "active-backup",
        "mii-monitor-interval": 100,
        "primary": "eno1",
    }


@pytest.mark.parametrize(("machine", "bond"), [("node1", "bond1"), ("sw2", "lag1")])
def test_both_ends_of_an_aggregate_speak_lacp_fast(machine: str, bond: str) -> None:
    parameters = network(planned(), machine)["bonds"][bond]["parameters"]
    assert (parameters["mode"], parameters["lacp-rate"]) == ("802.3ad", "fast")
    assert "primary" not in parameters


def test_a_vlan_has_its_own_mtu_on_a_bond_with_the_largest() -> None:
    config = network(planned(), "node1")
    assert config["bonds"]["bond0"]["mtu"] == 9000
    mtus = {name: vlan["mtu"] for name, vlan in config["vlans"].items()}
    assert (mtus["vlan-storage"], mtus["vlan-mgmt"]) == (9000, 1500)


@pytest.mark.parametrize(("beside", "mtu"), [({}, 1400), ({"disk": None}, 9000)])
def test_an_untagged_vlan_gives_its_mtu_to_the_port_that_carries_no_other(
    beside: dict[str, None], mtu: int
) -> None:
    flat = find("aolda-flat")
    vlans = {
        "flat": flat.vlans["flat"].model_copy(update={"mtu": 1400}),
        "disk": Vlan(id=20, subnet=IPv4Network("10.9.0.0/24"), mtu=9000),
    }
    nic = Port(mtu=9000, access="flat", address=IPv4Address("10.16.0.11"), vlans=beside)
    bond = Bond(members=("eno1", "eno2"), mtu=9000, access="flat", vlans=beside)
    machines = {
        **flat.machines,
        "node1": flat.machines["node1"].model_copy(update={"nics": {"eno1": nic}}),
        "node2": flat.machines["node2"].model_copy(update={"nics": {}, "bonds": {"bond0": bond}}),
    }
    plan = planned("aolda-flat", vlans=vlans, machines=machines)
    assert network(plan, "node1")["ethernets"]["eno1"]["mtu"] == mtu
    config = network(plan, "node2")
    assert (config["bonds"]["bond0"]["mtu"], config["ethernets"]["eno1"]["mtu"]) == (mtu, mtu)


def test_the_default_route_goes_through_the_gateway_only() -> None:
    assert routes(network(planned(), "node1")) == {
        "vlan-mgmt": [{"to": "default", "via": "10.0.10.1"}]
    }


def test_an_untagged_vlan_is_on_the_nic_itself() -> None:
    eno1 = network(planned("aolda-flat"), "node1")["ethernets"]["eno1"]
    assert eno1["addresses"] == ["10.16.0.11/16"]
    assert eno1["routes"] == [{"to": "default", "via": "10.16.0.1"}]


def test_the_out_of_band_nic_is_no_road() -> None:
    oob0 = network(planned(internet=True), "node1")["ethernets"]["oob0"]
    assert oob0["addresses"] == ["192.0.2.15/24"]
    assert oob0["link-local"] == []
    assert not {"routes", "nameservers", "gateway4"} & set(oob0)


@pytest.mark.parametrize("machine", ["node1", "sw1", "router"])
@pytest.mark.parametrize("internet", [True, False])
def test_nothing_asks_the_network_for_an_address(machine: str, internet: bool) -> None:
    for name, interface in interfaces(network(planned(internet=internet), machine)).items():
        assert not {"dhcp4", "dhcp6"} & set(interface), name
        assert interface["accept-ra"] is False, name


def test_a_vlan_interface_is_found_without_an_address() -> None:
    provider = network(planned(), "node1")["vlans"]["vlan-provider"]
    assert "addresses" not in provider
    assert provider["link-local"] == ["ipv6"]


def test_bond_members_say_nothing_by_themselves() -> None:
    assert network(planned(), "node1")["ethernets"]["eno1"]["link-local"] == []


@pytest.mark.parametrize("machine", ["node1", "sw1", "router"])
def test_no_boot_waits_for_an_interface(machine: str) -> None:
    config = network(planned(), machine)
    assert all(interface["optional"] for interface in interfaces(config).values())


def test_without_internet_the_router_has_no_way_out() -> None:
    config = network(planned(internet=False), "router")
    assert routes(config) == {}
    assert not any("nameservers" in i for i in interfaces(config).values())


def test_with_internet_the_router_s_way_out_is_wan0() -> None:
    assert routes(network(planned(internet=True), "router")) == {
        "wan0": [{"to": "default", "via": "198.51.100.2", "metric": 100}]
    }


def test_with_internet_names_are_asked_for_through_the_router() -> None:
    mgmt = network(planned(internet=True), "node1")["vlans"]["vlan-mgmt"]
    assert mgmt["nameservers"] == {"addresses": ["198.51.100.3"]}


def test_a_switch_s_bridge_holds_its_ports_and_its_own_vlan() -> None:
    config = network(planned(), "sw2")
    bridge = config["bridges"]["br0"]
    assert bridge["interfaces"][:4] == ["isl", "router", "node1", "lag1"]
    assert (bridge["mtu"], bridge["parameters"]) == (9000, {"stp": False})
    assert config["vlans"]["vlan-device"]["link"] == "br0"


def test_every_port_of_a_switch_passes_the_largest_packets() -> None:
    ethernets = network(planned(), "sw2")["ethernets"]
    assert {nic["mtu"] for name, nic in ethernets.items() if name != "oob0"} == {9000}


def test_only_a_switch_has_a_bridge() -> None:
    assert "bridges" not in network(planned(), "node1")
