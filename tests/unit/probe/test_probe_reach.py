"""Who must answer whom, with how large a packet, and who must not."""

from collections import Counter
from pathlib import Path

import pytest

from testbed.plan.decide import plan
from testbed.plan.models import Plan
from testbed.probe.reach import (
    Target,
    gateway_verdicts,
    leak_verdict,
    link_local,
    strangers,
    targets,
    verdicts,
)
from testbed.topology.shipped import find


def planned(name: str) -> Plan:
    return plan(find(name), name="lab", folder=Path("/var/lib/testbed/lab"), loopback="127.77.0.1")


AOLDA, FLAT = planned("aolda"), planned("aolda-flat")


@pytest.mark.parametrize(
    ("mac", "address"),
    [
        ("34:56:78:9a:bc:de", "fe80::3656:78ff:fe9a:bcde"),  # RFC 2464, section 4 and 5
        ("36:56:78:9a:bc:de", "fe80::3456:78ff:fe9a:bcde"),  # the bit is turned, not set
        ("52:54:00:00:00:01", "fe80::5054:ff:fe00:1"),
        ("02:00:00:00:00:00", "fe80::ff:fe00:0"),
    ],
)
def test_a_link_local_address_comes_from_the_mac(mac, address):
    assert link_local(mac) == address


@pytest.mark.parametrize(
    ("made", "machine", "expected"),
    [
        (AOLDA, "node1", {"mgmt": 3, "storage": 3, "vxlan": 3, "provider": 3, "external": 3}),
        (AOLDA, "sw1", {"device": 2}),
        (
            AOLDA,
            "router",
            {"mgmt": 3, "storage": 3, "vxlan": 3, "provider": 3, "external": 3, "device": 2},
        ),
        (FLAT, "node1", {"flat": 5}),
        (FLAT, "sw1", {"flat": 5}),
        (FLAT, "router", {"flat": 5}),
    ],
)
def test_every_neighbour_in_every_vlan_is_a_target(made, machine, expected):
    found = Counter(target.vlan for target in targets(made, made.machine(machine)))
    assert found == expected


def test_packets_fill_the_mtu_of_their_vlan():
    sizes = {target.vlan: target.payload for target in targets(AOLDA, AOLDA.machine("node1"))}
    assert sizes == {
        "mgmt": 1472,
        "storage": 8972,
        "vxlan": 1472,
        "provider": 1452,  # IPv6: its header is 20 bytes longer
        "external": 1472,
    }


def test_where_an_address_is_missing_the_link_local_one_stands_in():
    (to_router,) = (
        target
        for target in targets(AOLDA, AOLDA.machine("node1"))
        if (target.vlan, target.machine) == ("provider", "router")
    )
    mac = next(i.mac for i in AOLDA.machine("router").interfaces if i.vlan == "provider")
    assert to_router.address == f"{link_local(mac)}%vlan-provider"


def test_no_address_stands_for_two_targets():
    for made in (AOLDA, FLAT):
        for machine in made.machines:
            addresses = [target.address for target in targets(made, machine)]
            assert len(addresses) == len(set(addresses))


def test_a_node_must_not_find_the_router_of_another_vlan():
    found = set(strangers(AOLDA, AOLDA.machine("node1")))
    assert found == {  # nothing from provider: a node has no address there to ask from
        ("vlan-mgmt", "10.0.20.1"),
        ("vlan-storage", "10.0.30.1"),
        ("vlan-vxlan", "10.0.40.1"),
        ("vlan-external", "10.0.100.1"),
    }


def test_switches_and_routers_are_asked_for_no_leaks():
    for name in ("sw1", "sw2", "router"):
        assert not list(strangers(AOLDA, AOLDA.machine(name)))


def test_one_vlan_alone_cannot_leak():
    assert not list(strangers(FLAT, FLAT.machine("node1")))


def test_a_vlan_holds_where_all_its_targets_answer():
    wanted = (
        Target("mgmt", "node2", "10.0.10.12", 1472),
        Target("mgmt", "node3", "10.0.10.13", 1472),
        Target("storage", "node2", "10.0.20.12", 8972),
    )
    answered = {"10.0.10.12": True, "10.0.20.12": True}
    found = [(v.probe, v.holds, v.seen) for v in verdicts(AOLDA.machine("node1"), wanted, answered)]
    assert found == [
        ("VLAN mgmt", False, "no answer from node3 (10.0.10.13)"),
        ("VLAN storage", True, "1 of 1 answer 8972-byte pings"),
    ]


def test_a_leak_names_interface_and_address():
    node1 = AOLDA.machine("node1")
    assert leak_verdict(node1, ()).seen == "nothing crosses"
    leak = leak_verdict(node1, (("vlan-mgmt", "10.0.20.1"),))
    assert (leak.holds, leak.seen) == (False, "10.0.20.1 answers on vlan-mgmt")


def test_a_gateway_that_is_silent_is_named():
    node1 = AOLDA.machine("node1")
    (silent,), (heard,) = gateway_verdicts(node1, {}), gateway_verdicts(node1, {"10.0.10.1": True})
    assert (silent.holds, silent.seen) == (False, "no answer from 10.0.10.1")
    assert heard.holds


def test_the_router_has_no_gateway_to_ask():
    assert list(gateway_verdicts(AOLDA.machine("router"), {})) == []
