"""OpenStack with one node for its control plane: proven, seen, and what it outlives."""

import pytest
from browser import must_show_a_member
from conftest import Cli
from survivor import Survivor
from tenant import (
    APIS,
    Tenant,
    instance_was_reached,
    must_see_every_part,
    must_see_the_loss,
    open_to_the_router,
    reachable_apis,
)

pytestmark = pytest.mark.cloud


@pytest.fixture(scope="module")
def survivor(cli: Cli, compact: str, tmp_path_factory: pytest.TempPathFactory) -> Survivor:
    folder = tmp_path_factory.mktemp("survivor")
    return Survivor.start(cli, compact, "aolda-cloud-compact", folder)


def test_up_ends_with_an_instance_that_was_reached(cli: Cli, compact: str) -> None:
    assert instance_was_reached(cli, compact, "aolda-cloud-compact")


def test_status_sees_every_part(cli: Cli, compact: str) -> None:
    must_see_every_part(cli, compact, controllers=1)


def test_apis_answer_at_their_one_address(cli: Cli, compact: str) -> None:
    assert reachable_apis(cli, compact, "250") == list(APIS)
    assert reachable_apis(cli, compact, "11") == []
    assert open_to_the_router(cli, compact, "10.0.10.11") == []
    assert open_to_the_router(cli, compact, "10.0.20.11") == []


def test_a_member_logs_in_to_the_dashboard(cli: Cli, compact: str) -> None:
    must_show_a_member(cli, compact)


def test_the_tenant_has_a_world_of_his_own(cli: Cli, compact: str) -> None:
    Tenant(cli, compact).must_have_a_world()


def test_apis_go_on_when_a_node_that_runs_instances_loses_power(cli: Cli, compact: str) -> None:
    cli.must("power", "off", "node3", "--name", compact)
    Tenant(cli, compact).must_be_answered()
    must_see_the_loss(cli, compact, "node3")
    cli.must("power", "on", "node3", "--name", compact)
    cli.must("up", "aolda-cloud-compact", "--name", compact, timeout=3000)
    assert cli.sound(compact).ready


def test_a_restored_cloud_is_whole(cli: Cli, compact: str) -> None:
    cli.must("checkpoint", "restore", "cloud", "--name", compact)
    told = cli.sound(compact)
    assert told.ready, told.detail
    Tenant(cli, compact).do("token", "issue")


def test_an_instance_of_a_lost_node_goes_on_elsewhere_with_its_data(survivor: Survivor) -> None:
    survivor.must_go_on_elsewhere()


def test_all_nodes_lose_power_at_once_and_the_cloud_comes_back(survivor: Survivor) -> None:
    survivor.restore()
    survivor.must_come_back_with_all_nodes()


def test_ten_restores_in_a_row_leave_the_instance_running(survivor: Survivor) -> None:
    survivor.must_run_after_every_restore(10)
