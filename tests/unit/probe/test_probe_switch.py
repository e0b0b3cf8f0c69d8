"""The VLAN table of a switch → what it carries too much or too little."""

import json
from pathlib import Path

import pytest

from testbed.plan.decide import plan
from testbed.plan.models import Machine
from testbed.probe.switch import PortVlans, parse, verdict
from testbed.topology.models import Topology
from testbed.topology.shipped import find


def switch(topology: Topology, name: str) -> Machine:
    made = plan(topology, name="lab", folder=Path("/var/lib/testbed/lab"), loopback="127.77.0.1")
    return made.machine(name)


SW1 = switch(find("aolda"), "sw1")
FLAT = switch(find("aolda-flat"), "sw1")

# `bridge -j vlan show` joins neighbouring ids with the same flags.
TRUNK = [{"vlan": 10}, {"vlan": 20}, {"vlan": 30}, {"vlan": 40}]
HEALTHY = {
    "br0": [{"vlan": 100}],
    "isl": [*TRUNK, {"vlan": 50}, {"vlan": 100}],
    "router": [*TRUNK, {"vlan": 50}, {"vlan": 100}],
    "node1": TRUNK,
    "node2": TRUNK,
    "node3": TRUNK,
}
ACCESS = [{"vlan": 1, "flags": ["PVID", "Egress Untagged"]}]
FLAT_HEALTHY = {
    "br0": [{"vlan": 1}],
    **dict.fromkeys(("router", "node1", "node2", "node3", "tenant"), ACCESS),
}


def seen(machine: Machine, ports: dict[str, list[dict[str, object]]]) -> tuple[bool, str]:
    text = json.dumps([{"ifname": name, "vlans": vlans} for name, vlans in ports.items()])
    found = verdict(machine, parse(text))
    return found.holds, found.seen


def test_ranges_are_unfolded():
    untagged = '{"vlan":1,"flags":["PVID","Egress Untagged"]}'
    text = f'[{{"ifname":"isl","vlans":[{untagged},{{"vlan":30,"vlanEnd":33}}]}}]'
    assert parse(text) == {"isl": PortVlans(frozenset({30, 31, 32, 33}), frozenset({1}), 1)}


def test_untagged_ranges_are_unfolded_too():
    text = '[{"ifname":"isl","vlans":[{"vlan":2,"vlanEnd":4,"flags":["Egress Untagged"]}]}]'
    assert parse(text) == {"isl": PortVlans(frozenset(), frozenset({2, 3, 4}), None)}


@pytest.mark.parametrize("text", ["", "[]"])
def test_a_machine_without_a_bridge_carries_nothing(text):
    assert parse(text) == {}


def test_a_healthy_trunk_switch_holds():
    assert seen(SW1, HEALTHY) == (True, "5 ports as planned")


def test_a_healthy_access_switch_holds():
    assert seen(FLAT, FLAT_HEALTHY) == (True, "5 ports as planned")


@pytest.mark.parametrize(
    ("machine", "healthy", "change", "expected"),
    [
        (
            SW1,
            HEALTHY,
            {"node1": TRUNK[1:]},
            "node1 carries 20, 30, 40 tagged, not 10, 20, 30, 40",
        ),
        (
            SW1,
            HEALTHY,
            {"node1": [{"vlan": 10, "vlanEnd": 50}]},
            f"node1 carries {', '.join(map(str, range(10, 51)))} tagged, not 10, 20, 30, 40",
        ),
        (
            SW1,
            HEALTHY,
            {"node1": [{"vlan": 1, "flags": ["PVID", "Egress Untagged"]}, *TRUNK]},
            "node1 carries 1 untagged, not nothing; "
            "node1 puts untagged packets into VLAN 1, not no VLAN",
        ),
        (
            FLAT,
            FLAT_HEALTHY,
            {"node1": []},
            "node1 carries nothing untagged, not 1; "
            "node1 puts untagged packets into no VLAN, not VLAN 1",
        ),
        (
            FLAT,
            FLAT_HEALTHY,
            {"node1": [{"vlan": 1, "flags": ["Egress Untagged"]}]},
            "node1 puts untagged packets into no VLAN, not VLAN 1",
        ),
        (
            FLAT,
            FLAT_HEALTHY,
            {"node1": [{"vlan": 1, "flags": ["PVID"]}]},
            "node1 carries 1 tagged, not nothing; node1 carries nothing untagged, not 1",
        ),
        (
            FLAT,
            FLAT_HEALTHY,
            {"node1": [*ACCESS, {"vlan": 7, "flags": ["Egress Untagged"]}]},
            "node1 carries 1, 7 untagged, not 1",
        ),
    ],
)
def test_a_port_that_carries_something_else_is_told(machine, healthy, change, expected):
    assert seen(machine, {**healthy, **change}) == (False, expected)


def test_a_port_that_is_not_in_the_bridge_is_told():
    ports = {name: vlans for name, vlans in HEALTHY.items() if name != "node3"}
    assert seen(SW1, ports) == (False, "node3 carries nothing")
