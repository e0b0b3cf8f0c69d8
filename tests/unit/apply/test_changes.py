"""What `up` has to do, from what exists."""

from pathlib import Path

import pytest
from lab import planned

from testbed.apply.changes import Action, Existing, changes

PLAN = planned(Path("/var/lib/testbed/lab"))
NAMES = [machine.name for machine in PLAN.machines]
UP = {nic.mac: True for machine in PLAN.machines for nic in machine.nics}
ALL = dict.fromkeys(NAMES, Existing("running", True, UP))


def told(**existing: Existing) -> list[str]:
    return [str(change) for change in changes(PLAN, {**ALL, **existing})]


def test_a_testbed_that_does_not_exist_is_created_whole():
    assert [(c.machine, c.action) for c in changes(PLAN, {})] == [
        (name, Action.CREATE) for name in NAMES
    ]


def test_a_testbed_that_is_as_planned_needs_no_change():
    assert told() == []


@pytest.mark.parametrize(
    ("state", "ready", "expected"),
    [
        ("running", True, []),
        ("running", False, []),  # its first boot goes on
        ("off", True, ["start node1: it is off"]),
        ("off", False, ["create again node1: its first boot was cut short"]),
        ("paused", True, ["resume node1: it is suspended"]),
        ("paused", False, ["resume node1: it is suspended"]),
        ("crashed", True, ["start node1: it has crashed"]),
        ("crashed", False, ["create again node1: its first boot was cut short"]),
    ],
)
def test_a_machine_is_brought_back_from_each_state(state, ready, expected):
    assert told(node1=Existing(state, ready, UP)) == expected


def test_a_machine_that_is_missing_is_created_alone():
    existing = {name: found for name, found in ALL.items() if name != "node2"}
    assert [str(c) for c in changes(PLAN, existing)] == ["create node2: it does not exist yet"]


@pytest.mark.parametrize("blind", ["node1:eno1", "sw1:node1"])
def test_a_cable_without_carrier_at_either_end_is_plugged_in_once(blind):
    machine, nic = PLAN.nic(blind)
    found = Existing("running", True, {**UP, nic.mac: False})
    assert told(**{machine.name: found}) == ["plug in node1:eno1: no carrier to sw1:node1"]


def test_a_cable_without_carrier_at_both_ends_is_plugged_in_once():
    ends = {PLAN.nic(end)[1].mac: False for end in ("node1:eno1", "sw1:node1")}
    found = Existing("running", True, {**UP, **ends})
    assert told(node1=found, sw1=found) == ["plug in node1:eno1: no carrier to sw1:node1"]


def test_a_switched_off_machine_is_started_and_its_cable_plugged_in():
    _, nic = PLAN.nic("node1:eno1")
    found = Existing("off", True, {**UP, nic.mac: False})
    assert [(c.machine, c.action) for c in changes(PLAN, {**ALL, "node1": found})] == [
        ("node1", Action.START),
        ("node1", Action.PLUG),
    ]


def test_a_nic_the_host_does_not_mention_counts_as_plugged_in():
    assert told(node1=Existing("running", True, {})) == []
