"""OpenStack with one node for its control plane: proven, seen, and what it outlives.

CI has the time for the first of these tests; `make e2e-cloud` runs all of them.
"""

import pytest
from browser import overview
from conftest import Cli
from survivor import Survivor
from tenant import (
    APIS,
    Tenant,
    instance_was_reached,
    must_see_every_part,
    open_to_the_router,
    reachable_apis,
)

pytestmark = pytest.mark.cloud


@pytest.fixture(scope="module")
def survivor(cli: Cli, compact: str, tmp_path_factory: pytest.TempPathFactory) -> Survivor:
    folder = tmp_path_factory.mktemp("survivor")
    return Survivor.start(cli, compact, "aolda-cloud-compact", folder)


@pytest.mark.e2e
@pytest.mark.minutes(18)
def test_up_ends_with_an_instance_that_was_reached(cli: Cli, compact: str) -> None:
    assert instance_was_reached(cli, compact, "aolda-cloud-compact")


@pytest.mark.e2e
def test_status_sees_every_part(cli: Cli, compact: str) -> None:
    must_see_every_part(cli, compact, controllers=1)


@pytest.mark.e2e
def test_apis_answer_at_their_one_address(cli: Cli, compact: str) -> None:
    assert reachable_apis(cli, compact, "250") == list(APIS)
    assert reachable_apis(cli, compact, "11") == []
    assert open_to_the_router(cli, compact, "10.0.10.11") == []
    assert open_to_the_router(cli, compact, "10.0.20.11") == []


@pytest.mark.e2e
def test_a_member_logs_in_to_the_dashboard(cli: Cli, compact: str) -> None:
    page = overview(cli, compact)
    assert "<title>Instance Overview" in page
    assert "member" in page


@pytest.mark.e2e
def test_the_tenant_has_a_world_of_his_own(cli: Cli, compact: str) -> None:
    tenant = Tenant(cli, compact)
    assert {each["Name"] for each in tenant.ask("network", "list")} == {"club", "outside"}
    assert [each["Name"] for each in tenant.ask("image", "list")] == ["tiny"]
    assert tenant.ask("server", "list") == []


@pytest.mark.e2e
@pytest.mark.minutes(6)
def test_apis_go_on_without_a_node_and_a_restore_brings_it_back(cli: Cli, compact: str) -> None:
    _lose_node3(cli, compact)
    cli.must("checkpoint", "restore", "cloud", "--name", compact)
    told = cli.sound(compact)
    assert told.ready, told.detail
    Tenant(cli, compact).do("token", "issue")


def test_up_brings_a_node_back_that_lost_power(cli: Cli, compact: str) -> None:
    _lose_node3(cli, compact)
    cli.must("power", "on", "node3", "--name", compact)
    cli.must("up", "aolda-cloud-compact", "--name", compact, timeout=3000)
    assert cli.sound(compact).ready


def _lose_node3(cli: Cli, compact: str) -> None:
    """Cut the power of a node that runs instances alone; nobody else minds."""
    cli.must("power", "off", "node3", "--name", compact)
    Tenant(cli, compact).do("token", "issue")
    told = cli.sound(compact)
    assert not told.ready
    assert "node3" in told.detail


def test_an_instance_of_a_lost_node_goes_on_elsewhere_with_its_data(survivor: Survivor) -> None:
    survivor.must_go_on_elsewhere()


def test_all_nodes_lose_power_at_once_and_the_cloud_comes_back(survivor: Survivor) -> None:
    survivor.restore()
    survivor.must_come_back_with_all_nodes()


def test_ten_restores_in_a_row_leave_the_instance_running(survivor: Survivor) -> None:
    survivor.must_run_after_every_restore(10)
