"""From what was seen to what holds."""

from dataclasses import replace
from pathlib import Path

import proc_bonding
import pytest
from hypothesis import given
from hypothesis import strategies as st

from testbed.plan.decide import plan
from testbed.probe import reach
from testbed.probe.steady import clock_verdicts, verdicts
from testbed.probe.sweep import Sweep
from testbed.probe.verdict import Verdict, failing
from testbed.topology.shipped import find

AOLDA = plan(find("aolda"), name="lab", folder=Path("/var/lib/testbed/lab"), loopback="127.77.0.1")
NODE1 = AOLDA.machine("node1")
HEALTHY = Sweep(
    bonding={"bond0": proc_bonding.ACTIVE_BACKUP, "bond1": proc_bonding.lacp()},
    default_route="default via 10.0.10.1 dev vlan-mgmt proto static",
    names={m.name: str(m.address) for m in AOLDA.machines},
    answered={target.address: True for target in reach.targets(AOLDA, NODE1)},
    leaks=(),
    bridge_vlans="",
)


def wrong(**changes: object) -> list[str]:
    return [str(v) for v in failing(verdicts(AOLDA, NODE1, replace(HEALTHY, **changes)))]


def test_a_healthy_node_holds_in_every_claim():
    found = list(verdicts(AOLDA, NODE1, HEALTHY))
    assert failing(found) == ()
    assert [v.probe for v in found] == [
        "bond bond0",
        "bond bond1",
        "VLAN mgmt",
        "VLAN storage",
        "VLAN vxlan",
        "VLAN provider",
        "VLAN external",
        "VLAN separation",
        "default route",
        "names",
    ]


@pytest.mark.parametrize(
    ("route", "seen"),
    [
        ("", "there is none"),
        ("default via 10.0.10.11 dev vlan-mgmt", "default via 10.0.10.11 dev vlan-mgmt"),
        ("default via 10.0.10.1", "default via 10.0.10.1"),
        (
            "default via 10.0.10.1 dev vlan-mgmt\ndefault via 10.0.2.2 dev oob0",
            "default via 10.0.10.1 dev vlan-mgmt\ndefault via 10.0.2.2 dev oob0",
        ),
    ],
)
def test_the_default_route_is_one_and_leads_to_the_router(route, seen):
    assert wrong(default_route=route) == [f"node1: default route: {seen}"]


def test_a_machine_without_gateway_needs_no_default_route():
    router = AOLDA.machine("router")
    probes = [v.probe for v in verdicts(AOLDA, router, replace(HEALTHY, default_route=""))]
    assert "default route" not in probes


def test_names_resolve_to_the_plans_addresses():
    names = {**HEALTHY.names, "node2": "10.0.20.12"}
    del names["node3"]
    assert wrong(names=names) == ["node1: names: node2 is 10.0.20.12; node3 is unknown"]


def test_a_machine_need_not_resolve_its_own_name():
    names = {name: address for name, address in HEALTHY.names.items() if name != "node1"}
    assert wrong(names=names) == []


def test_a_switch_is_asked_for_its_vlans_too():
    found = list(verdicts(AOLDA, AOLDA.machine("sw1"), HEALTHY))
    assert found[-1].probe == "port VLANs"
    assert not found[-1].holds


def clocks(**offsets: float) -> list[tuple[str, bool, str]]:
    return [(v.machine, v.holds, v.seen) for v in clock_verdicts(AOLDA, offsets)]


def test_clocks_are_close_to_the_middle_one_so_that_any_two_are_within_50_ms():
    assert clocks(node1=0.055, node2=0.030, node3=0.005, sw1=0.004, router=0.030) == [
        ("node1", True, "+25 ms from the others', +55 ms from the host's"),
        ("node2", True, "+0 ms from the others', +30 ms from the host's"),
        ("node3", True, "-25 ms from the others', +5 ms from the host's"),
        ("sw1", False, "-26 ms from the others', +4 ms from the host's"),
        ("router", True, "+0 ms from the others', +30 ms from the host's"),
    ]


@given(st.dictionaries(st.sampled_from([m.name for m in AOLDA.machines]), st.floats(-1, 1)))
def test_any_two_clocks_that_hold_are_within_50_ms(offsets):
    sound = [offsets[v.machine] for v in clock_verdicts(AOLDA, offsets) if v.holds]
    assert not sound or max(sound) - min(sound) <= 0.05 + 1e-9


def test_clocks_that_agree_may_be_away_from_the_hosts_but_not_as_far_as_a_hosts_sleep():
    assert [holds for _, holds, _ in clocks(node1=-59.0, node2=-59.01)] == [True, True]
    assert clocks(node1=-61.0, node2=-61.0) == [
        ("node1", False, "+0 ms from the others', -61000 ms from the host's"),
        ("node2", False, "+0 ms from the others', -61000 ms from the host's"),
    ]


def test_a_machine_that_has_nobody_to_ask_for_the_time_need_not_agree_with_the_others():
    alone = replace(AOLDA.machine("sw1"), interfaces=(), gateway=None)
    made = replace(AOLDA, machines=(alone, *AOLDA.machines[1:]))
    offsets = {"sw1": 0.9, "router": 0.0, "node1": 0.01}
    assert [(v.machine, v.holds, v.seen) for v in clock_verdicts(made, offsets)] == [
        ("sw1", True, "asks nobody, +900 ms from the host's"),
        ("router", True, "-5 ms from the others', +0 ms from the host's"),
        ("node1", True, "+5 ms from the others', +10 ms from the host's"),
    ]
    assert [v.holds for v in clock_verdicts(made, {"sw1": 61.0})] == [False]


def test_without_clocks_there_is_nothing_to_compare():
    assert clocks() == []


def test_a_verdict_reads_as_machine_claim_and_what_was_seen():
    verdict = Verdict("names", "node1", False, "node2 is unknown")
    assert str(verdict) == "node1: names: node2 is unknown"
