"""What the rules allow; what they refuse is in tests/golden/invalid."""

import re

import pytest

from testbed.errors import TopologyError
from testbed.topology.models import Topology
from testbed.topology.read import read

BASE = """\
name: small
vlans:
  lan: {id: 10, subnet: 10.1.0.0/24}
  disk: {id: 20, subnet: 10.2.0.0/24, mtu: 9000}
machines:
  sw1: {role: switch, memory: 320M}
  router: {role: router, memory: 320M, nics: {down1: {vlans: {lan: 10.1.0.1}}}}
  node1:
    role: node
    memory: 1G
    gateway: lan
    nics: {eno1: {access: lan, address: 10.1.0.11}}
cables:
  - [router:down1, sw1:router]
  - [node1:eno1, sw1:node1]
"""
NIC = "nics: {eno1: {access: lan, address: 10.1.0.11}}"


def changed(*edits: tuple[str, str]) -> Topology:
    text = BASE
    for old, new in edits:
        assert old in text
        text = text.replace(old, new, 1)
    return read(text, "small.yaml")


def add_machine(text: str) -> tuple[str, str]:
    return "cables:", f"  {text}\ncables:"


def add_cable(one: str, other: str) -> tuple[str, str]:
    return "cables:", f"cables:\n  - [{one}, {other}]"


def test_one_switch_one_router_and_one_node_are_enough() -> None:
    assert len(changed().machines) == 3


@pytest.mark.parametrize("mode", ["active-backup", "802.3ad"])
def test_a_bond_may_go_to_one_switch_in_any_mode(mode: str) -> None:
    bond = f"bonds: {{bond0: {{members: [eno1, eno2], mode: {mode}, vlans: {{lan: 10.1.0.11}}}}}}"
    assert changed((NIC, bond), add_cable("node1:eno2", "sw1:node1-2"))


def test_an_active_backup_bond_may_cross_two_switches_that_are_joined() -> None:
    assert changed(
        (NIC, "bonds: {bond0: {members: [eno1, eno2], vlans: {lan: 10.1.0.11}}}"),
        add_machine("sw2: {role: switch, memory: 320M}"),
        add_cable("node1:eno2", "sw2:node1"),
        add_cable("sw1:isl", "sw2:isl"),
    )


def test_switches_may_form_a_chain() -> None:
    assert changed(
        add_machine("sw2: {role: switch, memory: 320M}"),
        add_machine("sw3: {role: switch, memory: 320M}"),
        add_cable("sw1:sw2", "sw2:sw1"),
        add_cable("sw2:sw3", "sw3:sw2"),
    )


def test_separate_switches_may_carry_separate_vlans_that_only_the_router_joins() -> None:
    assert changed(
        ("{down1: {vlans: {lan: 10.1.0.1}}}", "{down1: {vlans: {lan: 10.1.0.1}}, down2: *port}"),
        ("*port", "{access: disk, address: 10.2.0.1, mtu: 9000}"),
        add_machine("sw2: {role: switch, memory: 320M, vlans: {disk: 10.2.0.2}, gateway: disk}"),
        add_cable("router:down2", "sw2:router"),
    )


def test_a_port_may_carry_one_vlan_untagged_and_others_tagged() -> None:
    port = "{access: lan, address: 10.1.0.11, mtu: 9000, vlans: {disk: null}}"
    assert changed((NIC, f"nics: {{eno1: {port}}}"))


def test_an_access_port_may_have_no_address() -> None:
    assert changed((NIC, "nics: {eno1: {access: lan}}"), ("    gateway: lan\n", ""))


def test_a_machine_may_have_no_default_route() -> None:
    assert changed(("    gateway: lan\n", ""))


def test_two_machines_may_use_the_same_nic_names() -> None:
    assert changed(
        add_machine("watch: {role: watch, memory: 256M, nics: {eno1: {access: lan}}}"),
        add_cable("watch:eno1", "sw1:watch"),
    )


def test_a_small_subnet_may_be_full() -> None:
    assert changed(("10.1.0.0/24", "10.1.0.0/30"), ("10.1.0.11", "10.1.0.2"))


def test_names_may_be_as_long_as_linux_takes() -> None:
    assert changed(
        ("lan: {id", "tenlongish: {id"),
        ("{vlans: {lan:", "{vlans: {tenlongish:"),
        ("gateway: lan", "gateway: tenlongish"),
        ("access: lan", "access: tenlongish"),
        ("sw1:node1", "sw1:port-fifteen-ch"),
    )


def test_twenty_four_cables_fit_into_a_switch() -> None:
    more = range(3, 25)
    assert changed(
        *(
            add_machine(f"t{n}: {{role: tenant, memory: 256M, nics: {{eno1: {{access: lan}}}}}}")
            for n in more
        ),
        *(add_cable(f"t{n}:eno1", f"sw1:t{n}") for n in more),
    )


def proposed(*edits: tuple[str, str]) -> tuple[str, str]:
    """Return the cable that is proposed for the only thing wrong."""
    with pytest.raises(TopologyError) as caught:
        changed(*edits)
    (problem,) = caught.value.problems
    ends = re.search(r"- \[(.*), (.*)\]", problem.hint)
    assert ends is not None, problem.hint
    return add_cable(ends[1], ends[2])


@pytest.mark.parametrize(
    ("name", "port"),
    [
        ("node2", "node2"),
        ("fifteen-letters", "fifteen-letters"),
        ("sixteen-letters1", "sixteen-le"),
        ("long-names-x-end", "long-names"),
        ("lag1", "to-lag1"),
        ("vlan-lan", "to-vlan-la"),
        ("eth0", "eth0-2"),
        ("lo", "lo-2"),
    ],
)
def test_a_cable_that_is_proposed_for_a_machine_is_taken(name: str, port: str) -> None:
    nics = "nics: {eno1: {access: lan}}"
    machine = add_machine(f"{name}: {{role: tenant, memory: 256M, {nics}}}")
    cable = proposed(machine)
    assert f"sw1:{port}]" in cable[1]
    assert changed(machine, cable)


def test_a_cable_that_is_proposed_between_switches_is_taken() -> None:
    joined = (
        add_machine("sw2: {role: switch, memory: 320M}"),
        add_cable("sw1:isl", "sw2:isl"),
        add_machine("sw3: {role: switch, memory: 320M}"),
    )
    assert changed(*joined, proposed(*joined))
    with_a_node = (*joined, ("sw1:node1", "sw3:node1"))
    assert changed(*with_a_node, proposed(*with_a_node))


def test_what_a_machine_lacks_is_told_only_once_its_cables_can_be_read() -> None:
    with pytest.raises(TopologyError, match="1 problem"):
        changed(("node1:eno1", "node1.eno1"))
