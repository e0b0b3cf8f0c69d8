"""OpenStack outlives what takes one of anything, and comes back from losing all of it at once."""

from collections.abc import Callable, Iterator

import pytest
from conftest import Cli
from tenant import NODES, Client, Tenant, address_holder

from testbed.wait import Seen, wait_until

pytestmark = pytest.mark.cloud

_WHOLE = 900.0  # seconds


@pytest.fixture(scope="module")
def address(cli: Cli, cloud: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """An instance's address, in a testbed as the stage left it but for the instance."""
    cli.must("checkpoint", "restore", "cloud", "--name", cloud)
    made = Tenant(cli, cloud).start("survivor", tmp_path_factory.mktemp("survivor"))
    assert Tenant(cli, cloud).boots(made) == 1
    cli.must("checkpoint", "save", "instance", "--name", cloud)
    return made


@pytest.fixture
def whole(cli: Cli, cloud: str, address: str) -> Iterator[Callable[[], None]]:
    """What returns once OpenStack is whole again; a test that fails leaves that to a restore."""

    def wait() -> None:
        goal = "OpenStack whole again"
        wait_until(goal, lambda: cli.sound(cloud), timeout=_WHOLE, every=10.0)

    yield wait
    if not cli.sound(cloud).ready:
        cli.must("checkpoint", "restore", "instance", "--name", cloud)


def test_the_address_moves_when_its_haproxy_stops(
    cli: Cli, cloud: str, whole: Callable[[], None]
) -> None:
    holder = address_holder(cli, cloud)
    client = Client(cli, cloud)
    client.begin()
    cli.guest(cloud, holder, "sudo systemctl stop haproxy")
    wait_until("another holder", lambda: _is_not(cli, cloud, holder), timeout=120, every=2.0)
    gap = client.end()
    print(f"haproxy stopped: no answer for {gap:.1f} s")
    assert gap < 60
    cli.guest(cloud, holder, "sudo systemctl start haproxy")
    whole()


def _is_not(cli: Cli, cloud: str, holder: str) -> Seen:
    now = address_holder(cli, cloud)
    return Seen(now != holder, now)


@pytest.mark.parametrize("unit", ["mariadb", "rabbitmq-server"])
def test_a_killed_member_is_done_without_and_comes_back(
    cli: Cli, cloud: str, tenant: Tenant, whole: Callable[[], None], unit: str
) -> None:
    killed = f"sudo systemctl kill --signal=KILL {unit} && sudo systemctl stop {unit}"
    cli.guest(cloud, "node1", killed)
    tenant.do("keypair", "list")
    tenant.do("volume", "list")
    cli.guest(cloud, "node1", f"sudo systemctl start {unit}", timeout=900)
    whole()


def test_an_instance_of_a_lost_node_goes_on_elsewhere_with_its_data(
    cli: Cli, cloud: str, tenant: Tenant, address: str, whole: Callable[[], None]
) -> None:
    lost = tenant.host_of("survivor")
    before = tenant.boots(address)
    cli.must("power", "off", lost, "--name", cloud)
    wait_until("nova knowing it", lambda: _is_down(tenant, lost), timeout=900, every=10.0)
    server = tenant.ask("server", "show", "survivor")["id"]
    tenant.do("server", "evacuate", server, admin=True)
    wait_until("another host", lambda: _has_left(tenant, lost), timeout=900, every=10.0)
    assert tenant.boots(address) == before + 1
    cli.must("power", "on", lost, "--name", cloud)
    cli.must("up", "aolda-cloud", "--name", cloud, timeout=3000)
    whole()


def _is_down(tenant: Tenant, node: str) -> Seen:
    services = tenant.ask("compute", "service", "list", "--service", "nova-compute", admin=True)
    state = next(each["State"] for each in services if each["Host"] == node)
    return Seen(state == "down", state)


def _has_left(tenant: Tenant, node: str) -> Seen:
    told = tenant.seen_by_admin("survivor")
    host, status = told["OS-EXT-SRV-ATTR:host"], told["status"]
    return Seen(host != node and status == "ACTIVE", f"{status} on {host}")


def test_all_nodes_lose_power_at_once_and_the_cloud_comes_back(
    cli: Cli, cloud: str, tenant: Tenant, address: str, whole: Callable[[], None]
) -> None:
    before = tenant.boots(address)
    cords = [cli.start("power", "off", node, "--name", cloud) for node in NODES]
    assert [cord.wait(60) for cord in cords] == [0, 0, 0]
    cli.must("up", "aolda-cloud", "--name", cloud, timeout=5400)
    whole()
    assert tenant.boots(address) == before + 1


def test_ten_restores_in_a_row_leave_the_instance_running(
    cli: Cli, cloud: str, tenant: Tenant, address: str
) -> None:
    for _ in range(10):
        cli.must("checkpoint", "restore", "instance", "--name", cloud)
        assert tenant.boots(address) == 1
        tenant.do("token", "issue")
