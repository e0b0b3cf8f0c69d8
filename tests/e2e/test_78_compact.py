"""OpenStack with one node for its control plane: proven, seen, one other node lost, restored."""

import pytest
from conftest import Cli
from tenant import APIS, Tenant, instance_was_reached, reachable_apis

pytestmark = pytest.mark.cloud


def test_up_ends_with_an_instance_that_was_reached(cli: Cli, compact: str) -> None:
    assert instance_was_reached(cli, compact, "aolda-cloud-compact")


def test_status_sees_every_part(cli: Cli, compact: str) -> None:
    done = cli.run("status", "--check", "--name", compact, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "OpenStack: all of it works" in done.stdout
    for claim in (
        "APIs: all: keystone, glance, placement, nova, neutron, cinder",
        "database: 1 of 1 synced",
        "queue: 1 of 1 members",
        "chassis: 3 of 3 connected",
        "hypervisors: 3 of 3 up: node1, node2, node3",
    ):
        assert f"ok   cloud: {claim}" in done.stderr


def test_apis_answer_at_their_one_address(cli: Cli, compact: str) -> None:
    assert reachable_apis(cli, compact, "250") == list(APIS)
    assert reachable_apis(cli, compact, "11") == []


def test_the_tenant_has_a_world_of_his_own(cli: Cli, compact: str) -> None:
    tenant = Tenant(cli, compact)
    assert {each["Name"] for each in tenant.ask("network", "list")} == {"club", "outside"}
    assert [each["Name"] for each in tenant.ask("image", "list")] == ["tiny"]
    assert tenant.ask("server", "list") == []


def test_apis_go_on_when_a_node_that_runs_instances_loses_power(cli: Cli, compact: str) -> None:
    cli.must("power", "off", "node3", "--name", compact)
    Tenant(cli, compact).do("token", "issue")
    told = cli.sound(compact)
    assert not told.ready
    assert "node3" in told.detail
    cli.must("power", "on", "node3", "--name", compact)
    cli.must("up", "aolda-cloud-compact", "--name", compact, timeout=3000)
    assert cli.sound(compact).ready


def test_a_restored_cloud_is_whole(cli: Cli, compact: str) -> None:
    cli.must("checkpoint", "restore", "cloud", "--name", compact)
    told = cli.sound(compact)
    assert told.ready, told.detail
    Tenant(cli, compact).do("token", "issue")
