"""Topology → plan: whatever is valid gives each thing a name of its own, and always the same."""

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from any_topology import topologies
from hypothesis import HealthCheck, given, settings

from testbed.plan.decide import plan
from testbed.plan.models import Plan
from testbed.topology.models import BondMode, Topology
from testbed.topology.shipped import find

FOLDER = Path("/var/lib/testbed/lab")

many = settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])


def of(topology: Topology, name: str = "lab") -> Plan:
    return plan(topology, name=name, folder=FOLDER, loopback="127.77.0.1")


def twice(values: Iterable[object]) -> list[object]:
    return [value for value, count in Counter(values).items() if count > 1]


def macs(made: Plan) -> Iterator[str]:
    for machine in made.machines:
        yield machine.oob.mac
        if machine.wan_mac:
            yield machine.wan_mac
        yield from (nic.mac for nic in machine.nics)
        yield from (bond.mac for bond in machine.bonds)


def udp_ports(made: Plan) -> Iterator[int]:
    yield from (nic.local_port for machine in made.machines for nic in machine.nics)


def volumes(made: Plan) -> Iterator[str]:
    for machine in made.machines:
        yield from (machine.root, machine.seed, *(disk.volume for disk in machine.disks))


@many
@given(topologies())
def test_nothing_has_the_identity_of_another(topology: Topology):
    made = of(topology)
    assert twice(macs(made)) == []
    assert twice(udp_ports(made)) == []
    assert twice(machine.oob.ssh_port for machine in made.machines) == []
    assert twice([made.pool_uuid, *(machine.uuid for machine in made.machines)]) == []
    assert twice(machine.domain for machine in made.machines) == []
    assert twice(volumes(made)) == []


@many
@given(topologies())
def test_no_interface_of_a_machine_has_the_name_of_another(topology: Topology):
    for machine in of(topology).machines:
        nics = {nic.name for nic in machine.nics}
        tagged = [each.name for each in machine.interfaces if each.tagged]
        assert twice([*nics, *(bond.name for bond in machine.bonds), *tagged]) == []


@many
@given(topologies())
def test_the_two_ends_of_a_cable_name_each_other(topology: Topology):
    made = of(topology)
    ends = {f"{m.name}:{nic.name}": nic for m in made.machines for nic in m.nics}
    assert {end for cable in made.cables for end in (cable.one, cable.other)} == set(ends)
    for cable in made.cables:
        one, other = ends[cable.one], ends[cable.other]
        assert (one.peer, other.peer) == (cable.other, cable.one)
        assert (one.remote_port, other.remote_port) == (other.local_port, one.local_port)


@many
@given(topologies())
def test_the_same_topology_gives_the_same_plan(topology: Topology):
    assert of(topology) == of(topology.model_copy())


@many
@given(topologies())
def test_a_plan_carries_the_topology_it_can_be_made_again_from(topology: Topology):
    made = of(topology)
    assert of(Topology.model_validate_json(made.topology)) == made


@many
@given(topologies())
def test_ports_stay_below_those_the_kernel_hands_out(topology: Topology):
    made = of(topology)
    assert all(1024 < port < 32768 for port in udp_ports(made))


@many
@given(topologies())
def test_a_switch_port_carries_exactly_what_the_machine_behind_it_takes_part_in(topology: Topology):
    made = of(topology)
    machines = {machine.name: machine for machine in made.machines}
    for switch in (machine for machine in made.machines if machine.ports):
        behind = {nic.name: nic.peer for nic in switch.nics}
        members = {bond.name: bond.members[0] for bond in switch.bonds}
        for port in switch.ports:
            peer, nic = behind[members.get(port.name, port.name)].split(":")
            bonds = {m: bond.name for bond in machines[peer].bonds for m in bond.members}
            own = [i for i in machines[peer].interfaces if i.parent == bonds.get(nic, nic)]
            if not machines[peer].ports:
                assert set(port.tagged) == {i.vlan_id for i in own if i.tagged}
                assert port.untagged == next((i.vlan_id for i in own if not i.tagged), None)


def test_testbeds_of_two_names_share_nothing():
    one, other = of(find("aolda"), "one"), of(find("aolda"), "other")
    assert not set(macs(one)) & set(macs(other))
    assert not {m.domain for m in one.machines} & {m.domain for m in other.machines}
    assert not {m.uuid for m in one.machines} & {m.uuid for m in other.machines}
    assert (one.pool, other.pool) == ("testbed-one", "testbed-other")


def test_a_switch_makes_one_aggregate_for_each_lacp_bond_behind_it():
    sw2 = of(find("aolda")).machine("sw2")
    assert [(bond.name, bond.members, bond.mode) for bond in sw2.bonds] == [
        ("lag1", ("node1-lacp1", "node1-lacp2"), BondMode.LACP),
        ("lag2", ("node2-lacp1", "node2-lacp2"), BondMode.LACP),
        ("lag3", ("node3-lacp1", "node3-lacp2"), BondMode.LACP),
    ]


def test_a_machine_is_known_by_its_address_in_its_gateways_vlan():
    made = of(find("aolda"))
    assert {m.name: str(m.address) for m in made.machines} == {
        "sw1": "10.0.100.2",
        "sw2": "10.0.100.3",
        "router": "10.0.10.1",
        "node1": "10.0.10.11",
        "node2": "10.0.10.12",
        "node3": "10.0.10.13",
    }


def test_the_default_route_leads_to_the_router():
    made = of(find("aolda"))
    assert str(made.machine("node1").gateway) == "10.0.10.1"
    assert made.machine("router").gateway is None


def test_a_machine_that_is_not_there_is_not_found():
    with pytest.raises(KeyError):
        of(find("aolda")).machine("node9")
