"""The VLAN table of a switch."""

from dataclasses import replace

import pytest
from plans import planned, with_machine

from testbed.render.switch import switch_files

FOLDER = "/etc/systemd/network/10-netplan-"


def table(switch: str = "sw2", shipped: str = "aolda") -> dict[str, str]:
    return switch_files(planned(shipped).machine(switch))


def test_the_bridge_enforces_vlans_and_assumes_none() -> None:
    bridge = table()[f"{FOLDER}br0.netdev.d/vlans.conf"]
    assert bridge == "[Bridge]\nVLANFiltering=yes\nDefaultPVID=none\n"


def test_a_port_carries_what_its_peer_takes_part_in() -> None:
    port = table()[f"{FOLDER}node1.network.d/vlans.conf"]
    assert port == "[BridgeVLAN]\nVLAN=10\nVLAN=20\nVLAN=30\nVLAN=40\n"


def test_an_aggregate_is_one_port_and_its_members_are_none() -> None:
    files = table()
    assert files[f"{FOLDER}lag1.network.d/vlans.conf"] == "[BridgeVLAN]\nVLAN=50\n"
    assert not any("lacp" in path for path in files)


def test_the_inter_switch_link_carries_every_vlan() -> None:
    isl = table()[f"{FOLDER}isl.network.d/vlans.conf"]
    assert isl.count("VLAN=") == 6


def test_an_access_port_tags_what_comes_in_and_untags_what_goes_out() -> None:
    port = table("sw1", "aolda-flat")[f"{FOLDER}node1.network.d/vlans.conf"]
    assert port == "[BridgeVLAN]\nPVID=1\nEgressUntagged=1\n"


def test_the_switch_s_own_vlan_is_on_the_bridge_itself() -> None:
    assert table()[f"{FOLDER}br0.network.d/vlans.conf"] == "[BridgeVLAN]\nVLAN=100\n"


def test_a_switch_without_addresses_is_in_no_vlan_itself() -> None:
    switch = with_machine("sw2", vlans={}, gateway=None).machine("sw2")
    assert f"{FOLDER}br0.network.d/vlans.conf" not in switch_files(switch)


@pytest.mark.parametrize("machine", ["node1", "router"])
def test_other_machines_have_no_vlan_table(machine: str) -> None:
    assert switch_files(planned().machine(machine)) == {}


def test_a_port_without_vlans_carries_nothing() -> None:
    switch = planned().machine("sw2")
    bare = replace(switch, ports=(replace(switch.ports[0], tagged=(), untagged=None),))
    assert f"{FOLDER}isl.network.d/vlans.conf" not in switch_files(bare)
