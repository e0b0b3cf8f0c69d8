"""OpenStack outlives what takes one of anything, and comes back from losing all of it at once."""

from collections.abc import Iterator

import pytest
from conftest import Cli
from survivor import Survivor
from tenant import Client, Tenant, address_holder

from testbed.wait import Seen, wait_until

pytestmark = pytest.mark.cloud


@pytest.fixture(scope="module")
def started(cli: Cli, cloud: str, tmp_path_factory: pytest.TempPathFactory) -> Survivor:
    return Survivor.start(cli, cloud, "aolda-cloud", tmp_path_factory.mktemp("survivor"))


@pytest.fixture
def survivor(cli: Cli, started: Survivor) -> Iterator[Survivor]:
    """An instance in a whole cloud; a test that fails leaves that to a restore."""
    yield started
    told = cli.sound(started.testbed)
    if not told.ready:
        print(f"not whole after the test:\n{told.detail}")
        started.restore()


def test_the_address_moves_when_its_haproxy_stops(cli: Cli, cloud: str, survivor: Survivor) -> None:
    holder = address_holder(cli, cloud)
    client = Client(cli, cloud)
    client.begin()
    cli.guest(cloud, holder, "sudo systemctl stop haproxy")
    wait_until("another holder", lambda: _is_not(cli, cloud, holder), timeout=120, every=2.0)
    gap = client.end()
    print(f"haproxy stopped: no answer for {gap:.1f} s")
    assert gap < 60
    cli.guest(cloud, holder, "sudo systemctl start haproxy")
    survivor.wait_until_whole()


def _is_not(cli: Cli, cloud: str, holder: str) -> Seen:
    now = address_holder(cli, cloud)
    return Seen(now != holder, now)


@pytest.mark.parametrize("unit", ["mariadb", "rabbitmq-server"])
def test_a_killed_member_is_done_without_and_comes_back(
    cli: Cli, cloud: str, tenant: Tenant, survivor: Survivor, unit: str
) -> None:
    killed = f"sudo systemctl kill --signal=KILL {unit} && sudo systemctl stop {unit}"
    boots = survivor.boots()
    cli.guest(cloud, "node1", killed)
    tenant.must_be_answered()
    tenant.must_have_work_done()
    assert survivor.boots() == boots
    cli.guest(cloud, "node1", f"sudo systemctl start {unit}", timeout=900)
    survivor.wait_until_whole()


def test_an_instance_of_a_lost_node_goes_on_elsewhere_with_its_data(survivor: Survivor) -> None:
    survivor.must_go_on_elsewhere()


def test_all_nodes_lose_power_at_once_and_the_cloud_comes_back(survivor: Survivor) -> None:
    survivor.must_come_back_with_all_nodes()


def test_ten_restores_in_a_row_leave_the_instance_running(survivor: Survivor) -> None:
    survivor.must_run_after_every_restore(10)
