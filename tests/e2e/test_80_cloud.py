"""OpenStack on three real nodes: proven, seen, and with one of them lost."""

from pathlib import Path

import pytest
from browser import must_show_a_member
from conftest import Cli
from tenant import (
    APIS,
    NODES,
    Client,
    Tenant,
    address_holder,
    instance_was_reached,
    must_see_every_part,
    must_see_the_loss,
    open_to_the_router,
    reachable_apis,
)

from testbed.wait import Seen, wait_until

pytestmark = pytest.mark.cloud


def test_up_ends_with_an_instance_that_was_reached(cli: Cli, cloud: str) -> None:
    assert instance_was_reached(cli, cloud, "aolda-cloud")


def test_status_sees_every_part_in_threes(cli: Cli, cloud: str) -> None:
    must_see_every_part(cli, cloud, controllers=3)


def test_apis_answer_at_their_one_address_and_the_catalogue_says_so(
    cli: Cli, cloud: str, tenant: Tenant
) -> None:
    assert reachable_apis(cli, cloud, "250") == list(APIS)
    for node in ("11", "12", "13"):
        assert reachable_apis(cli, cloud, node) == []
        assert open_to_the_router(cli, cloud, f"10.0.10.{node}") == []
        assert open_to_the_router(cli, cloud, f"10.0.20.{node}") == []
    tenant.must_be_sent_to_one_address()


def test_a_member_logs_in_to_the_dashboard(cli: Cli, cloud: str) -> None:
    must_show_a_member(cli, cloud)


def test_the_nodes_own_networks_do_not_pass_open_vswitch(cli: Cli, cloud: str) -> None:
    for node in NODES:
        told = cli.guest(cloud, node, "sudo ovs-vsctl list-ports br-provider; ls /proc/net/bonding")
        assert "vlan-provider" in told
        assert "vlan-mgmt" not in told
        assert {"bond0", "bond1"} <= set(told.split())


def test_what_a_node_had_of_apis_is_taken_over_when_it_loses_power(
    cli: Cli, cloud: str, tenant: Tenant, tmp_path: Path
) -> None:
    lost = address_holder(cli, cloud)
    with tenant.without_new_ones_on(lost):
        address = tenant.start("elsewhere", tmp_path)
    assert tenant.boots(address) == 1
    assert tenant.host_of("elsewhere") != lost
    client = Client(cli, cloud)
    client.begin()

    cli.must("power", "off", lost, "--name", cloud)
    assert address_holder(cli, cloud) != lost
    wait_until("APIs without their node", lambda: _answers(tenant), timeout=600, every=5.0)
    gap = client.end()
    print(f"{lost} lost: no answer for {gap:.1f} s")
    assert gap < 60
    tenant.must_be_answered()
    assert tenant.boots(address) == 1
    must_see_the_loss(cli, cloud, lost)

    cli.must("power", "on", lost, "--name", cloud)
    cli.must("up", "aolda-cloud", "--name", cloud, timeout=3000)
    told = cli.sound(cloud)
    assert told.ready, told.detail


def _answers(tenant: Tenant) -> Seen:
    done = tenant.cli.run("openstack", "--name", tenant.testbed, "token", "issue", timeout=300)
    return Seen(done.returncode == 0, done.stderr)


def test_a_restored_cloud_starts_instances(
    cli: Cli, cloud: str, tenant: Tenant, tmp_path: Path
) -> None:
    cli.must("checkpoint", "restore", "cloud", "--name", cloud)
    assert tenant.ask("server", "list") == []
    assert tenant.boots(tenant.start("restored", tmp_path)) == 1
