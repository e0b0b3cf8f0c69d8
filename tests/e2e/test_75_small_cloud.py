"""The least that is a cloud: OpenStack proven, seen and used, a node lost, and all of it restored.

Of larger ones `make e2e-cloud` takes away more. CI has time for this one where others are left out.
"""

from collections.abc import Iterator

import pytest
from browser import must_show_a_member
from conftest import HERE, Cli, alone_up
from tenant import (
    APIS,
    Tenant,
    instance_was_reached,
    must_see_every_part,
    must_see_the_loss,
    open_to_the_router,
    reachable_apis,
)

pytestmark = [pytest.mark.e2e, pytest.mark.turn("cloud")]

TOPOLOGY = str(HERE / "small_cloud.yaml")


@pytest.fixture(scope="module")
def small_cloud(cli: Cli) -> Iterator[str]:
    with alone_up(cli, TOPOLOGY, "e2e-small-cloud", minutes=31) as name:
        yield name


def test_up_ends_with_an_instance_that_was_reached(cli: Cli, small_cloud: str) -> None:
    assert instance_was_reached(cli, small_cloud, TOPOLOGY)


def test_status_sees_every_part(cli: Cli, small_cloud: str) -> None:
    must_see_every_part(cli, small_cloud, controllers=1, nodes=("node1", "node2"))


def test_apis_answer_at_their_one_address_and_the_catalogue_says_so(
    cli: Cli, small_cloud: str
) -> None:
    assert reachable_apis(cli, small_cloud, "250") == list(APIS)
    assert reachable_apis(cli, small_cloud, "11") == []
    assert open_to_the_router(cli, small_cloud, "10.0.10.11") == []
    Tenant(cli, small_cloud).must_be_sent_to_one_address()


def test_a_member_logs_in_to_the_dashboard(cli: Cli, small_cloud: str) -> None:
    must_show_a_member(cli, small_cloud)


def test_the_tenant_has_a_world_of_his_own(cli: Cli, small_cloud: str) -> None:
    Tenant(cli, small_cloud).must_have_a_world()


def test_a_switch_and_a_firewall_that_have_lost_what_they_had_are_named_and_mended(
    cli: Cli, small_cloud: str
) -> None:
    cli.guest(small_cloud, "node2", "sudo ovs-vsctl del-br br-provider")
    cli.guest(small_cloud, "node1", "sudo nft flush ruleset")
    told = cli.sound(small_cloud)
    assert not told.ready
    assert (
        "provider VLAN: out of br-provider, or without its mapping or manager, on node2"
        in told.detail
    )
    assert "firewall: without its rules on node1" in told.detail
    cli.must("up", TOPOLOGY, "--name", small_cloud)
    told = cli.sound(small_cloud)
    assert told.ready, told.detail


@pytest.mark.minutes(7)
def test_a_lost_node_is_named_while_apis_go_on_and_a_restore_brings_it_back(
    cli: Cli, small_cloud: str
) -> None:
    tenant = Tenant(cli, small_cloud)
    cli.must("power", "off", "node2", "--name", small_cloud)
    tenant.must_be_answered()
    must_see_the_loss(cli, small_cloud, "node2")
    cli.must("checkpoint", "restore", "cloud", "--name", small_cloud)
    told = cli.sound(small_cloud)
    assert told.ready, told.detail
    tenant.do("token", "issue")
