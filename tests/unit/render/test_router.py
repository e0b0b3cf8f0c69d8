"""What the router lets through."""

import ipaddress
import re

import pytest
from plans import planned

from testbed.plan.models import Plan
from testbed.render.router import nftables
from testbed.topology.models import Forward

NOT_THE_INTERNET = (
    "0.1.2.3",
    "10.1.2.3",
    "100.64.0.1",
    "127.0.0.1",
    "169.254.169.254",
    "172.31.0.1",
    "192.0.2.2",
    "192.168.0.1",
    "198.51.100.2",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
)


def ruleset(plan: Plan) -> str:
    """Return the rules without comments and indentation."""
    text = nftables(plan, plan.machine("router"))
    lines = (line.split("#")[0].strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line)


def chain(rules: str, name: str) -> list[str]:
    """Return the lines of an IPv4 chain."""
    body = re.search(rf"chain {name} {{\n(.*?)\n}}", rules, re.DOTALL)
    assert body is not None
    return body[1].splitlines()


def elements(rules: str, name: str) -> list[str]:
    body = re.search(rf"set {name} {{.*?elements = {{\n(.*?)\n}}", rules, re.DOTALL)
    assert body is not None
    return [line.rstrip(",") for line in body[1].splitlines()]


def test_only_the_topology_s_pairs_may_reach_each_other() -> None:
    plan = planned(forward=(Forward(source="mgmt", to=("device",)),))
    rules = ruleset(plan)
    assert elements(rules, "may_reach") == ['"vlan-mgmt" . "vlan-device"']
    assert "policy drop;" in chain(rules, "forward")[0]


def test_an_untagged_vlan_is_known_by_its_nic() -> None:
    assert elements(ruleset(planned("aolda-flat")), "vlans") == ['"down1"']


def test_a_router_without_pairs_forwards_nothing() -> None:
    rules = ruleset(planned("aolda-flat"))
    assert "elements" not in rules.split("set may_reach")[1].split("}")[0]


@pytest.mark.parametrize("internet", [True, False])
def test_nothing_is_forwarded_from_or_to_the_console_cable(internet: bool) -> None:
    forward = chain(ruleset(planned(internet=internet)), "forward")
    assert forward[1:3] == ['iifname "oob0" counter drop', 'oifname "oob0" counter drop']


def test_without_internet_nothing_leaves_through_the_wan() -> None:
    rules = ruleset(planned(internet=False))
    assert chain(rules, "to_wan") == ["counter drop"]
    assert "masquerade" not in rules
    assert not any("wan0" in line for line in chain(rules, "forward"))


@pytest.mark.parametrize("internet", [True, False])
def test_the_router_itself_is_bound_by_the_same_rules(internet: bool) -> None:
    output = chain(ruleset(planned(internet=internet)), "output")
    assert output[1:] == ['oifname "wan0" jump to_wan']


def test_with_internet_forbidden_addresses_are_dropped_before_anything_is_let_through() -> None:
    rules = ruleset(planned(internet=True))
    assert chain(rules, "to_wan") == [
        "ip daddr 198.51.100.3 meta l4proto { tcp, udp } th dport 53 accept",
        "ip daddr @never counter drop",
        "accept",
    ]
    forward = chain(rules, "forward")
    jump = forward.index('iifname @vlans oifname "wan0" jump to_wan')
    assert jump < forward.index("ct state established,related accept")


@pytest.mark.parametrize("address", NOT_THE_INTERNET)
def test_an_address_that_is_not_the_internet_is_never_reached(address: str) -> None:
    never = elements(ruleset(planned(internet=True)), "never")
    assert any(ipaddress.ip_address(address) in ipaddress.ip_network(net) for net in never)


@pytest.mark.parametrize("address", ["8.8.8.8", "100.128.0.1", "172.32.0.1", "198.51.101.1"])
def test_an_address_of_the_internet_is_not_forbidden(address: str) -> None:
    never = elements(ruleset(planned(internet=True)), "never")
    assert not any(ipaddress.ip_address(address) in ipaddress.ip_network(net) for net in never)


def test_nobody_outside_may_open_a_connection_to_the_router() -> None:
    assert chain(ruleset(planned(internet=True)), "input")[1:] == [
        'iifname "wan0" ct state established,related accept',
        'iifname "wan0" counter drop',
    ]
