"""OpenStack's own command line gets through: the log-in, the proxy and the catalogue are right."""

import json
import os
import socket
import sys
import threading
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

sys.path.append(str(Path(__file__).parents[2] / "unit"))  # what OpenStack and ssh are here

import fake_ssh
from fake_openstack import PLACES, VIP, FakeOpenStack, serve

from testbed.apply import openstack, tunnel
from testbed.deploy.openstack import login
from testbed.deploy.openstack.secrets import ADMIN, TENANT_KEY, new_secrets
from testbed.plan.cloud import Cloud
from testbed.plan.decide import plan
from testbed.run import run
from testbed.topology.shipped import find

pytestmark = pytest.mark.skipif(
    not all(map(find_spec, ("openstackclient", "socks"))),
    reason="the extra 'openstack' is not installed",
)
SECRETS = {**new_secrets(), ADMIN: "admins"}


def decided() -> Cloud:
    found = plan(find("aolda-cloud"), name="lab", folder=Path("/lab"), loopback="127.0.0.1").cloud
    assert found is not None
    return found


@pytest.fixture
def cloud() -> FakeOpenStack:
    made = FakeOpenStack(credentials={(login.USER, login.CREDENTIAL): SECRETS[TENANT_KEY]})
    made.things["networks"] = [{"id": "n1", "name": "club", "subnets": []}]
    return made


@pytest.fixture
def ssh(cloud: FakeOpenStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Each port of the VIP listens on this computer, and `ssh` knows where."""
    servers = {port: socket.create_server(("127.0.0.1", 0)) for port, _ in PLACES.values()}
    routes = {}
    for port, listening in servers.items():
        near = listening.getsockname()
        routes[f"{VIP}:{port}"] = f"{near[0]}:{near[1]}"
        threading.Thread(target=_answer, args=(listening, port, cloud), daemon=True).start()
    for variable, value in fake_ssh.install(tmp_path / "bin", {"routes": routes}).items():
        monkeypatch.setenv(variable, value)
    yield
    for listening in servers.values():
        listening.close()


def _answer(listening: socket.socket, port: int, cloud: FakeOpenStack) -> None:
    while True:
        try:
            line = listening.accept()[0]
        except OSError:
            return
        threading.Thread(target=serve, args=(line, VIP, port, cloud), daemon=True).start()


def told(*words: str, admin: bool = False, clouds: Path | None = None) -> Any:
    """Return what the command line prints as JSON, called as `testbed openstack` calls it.

    With `clouds` it finds its way by a clouds.yaml instead.
    """
    made, near = decided(), tunnel.free("127.0.0.1")
    with tunnel.proxy(Path("/dev/null"), ["node1"], near, openstack.apis(made)):
        env = openstack.variables(made, SECRETS, admin=admin)
        if clouds is not None:
            openstack.write_clouds_yaml(clouds, openstack.clouds_yaml(made, SECRETS, near))
            cloud = "testbed-admin" if admin else "testbed"
            env = {"OS_CLIENT_CONFIG_FILE": str(clouds), "OS_CLOUD": cloud}
        env |= {"PATH": os.environ["PATH"], "http_proxy": openstack.proxy_url(near)}
        env |= {"PYTHONPATH": ":".join(filter(None, sys.path))}
        argv = ["env", "-i", *(f"{name}={value}" for name, value in env.items()), sys.executable]
        done = run([*argv, "-m", "openstackclient.shell", *words, "-f", "json"])
    assert done.ok, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("admin", [False, True])
def test_whoever_logs_in_is_let_in(ssh: None, tmp_path: Path, admin: bool) -> None:
    """The tenant's user by his application credential, the administrator by his password."""
    project = "id-admin" if admin else "id-club"
    clouds = tmp_path / "clouds.yaml"
    assert told("token", "issue", admin=admin)["project_id"] == project
    assert told("token", "issue", admin=admin, clouds=clouds)["project_id"] == project


def test_a_service_is_found_through_the_catalogue(ssh: None) -> None:
    (network,) = told("network", "list")
    assert network["Name"] == "club"
