"""`testbed openstack` and `testbed open`: as whom, through what, and what is said instead."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from lab import planned
from typer.testing import CliRunner, Result

from testbed.apply import access, openstack, tunnel
from testbed.apply.folders import Folders
from testbed.cli import open as opening
from testbed.deploy.openstack.secrets import ADMIN, TENANT, TENANT_KEY, new_secrets
from testbed.host import MachineState

SECRETS = new_secrets()


def run(*arguments: str) -> Result:
    from testbed.cli.main import app

    return CliRunner().invoke(app, arguments)


@pytest.fixture
def deployed(host: Any, folders: Folders, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """A testbed with OpenStack, and ssh that opens whatever it is asked to."""
    host.plan = planned(folders.disks("lab"), "aolda-cloud")
    host.has_all()
    keys = folders.of_testbed("lab") / "keys"
    keys.mkdir()
    (keys / "cloud.json").write_text(json.dumps(SECRETS))
    monkeypatch.setattr(access, "write_ssh_config", lambda *_: tmp_path / "ssh_config")
    monkeypatch.setattr(tunnel, "must_be_free", lambda _: None)
    monkeypatch.setattr(tunnel, "free", lambda host: tunnel.Near(host, 4444))
    host.opened, host.ends = [], ()

    @contextmanager
    def way(config: Path, machines: tuple[str, ...], near: Any, far: Any) -> Iterator[Any]:
        host.opened.append((machines, str(near), far))
        number = len(host.opened) - 1
        ends = host.ends[number] if number < len(host.ends) else None
        yield SimpleNamespace(machine=machines[number], ended=lambda: ends)

    monkeypatch.setattr(tunnel, "proxy", way)
    monkeypatch.setattr(tunnel, "forward", way)
    return host


class TestOpenstack:
    @pytest.fixture(autouse=True)
    def _client(self, deployed: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        """The command line is there, and remembers how it was called."""
        self.deployed, self.called = deployed, []

        def attach(argv: tuple[str, ...], *, env: dict[str, str]) -> int:
            self.called.append((argv, env))
            return 4

        monkeypatch.setattr(openstack, "find_spec", lambda _: True)
        monkeypatch.setattr(openstack, "attach", attach)

    def test_words_and_options_pass_through_and_so_does_the_status(self):
        result = run("openstack", "server", "list", "--all-projects", "-f", "json")
        assert result.exit_code == 4
        ((argv, _),) = self.called
        assert argv[1:] == (
            *("-P", "-m", "openstackclient.shell"),
            *("server", "list", "--all-projects", "-f", "json"),
        )

    def test_the_tenant_logs_in_with_his_application_credential(self):
        run("openstack", "server", "list")
        ((_, env),) = self.called
        assert {k: v for k, v in env.items() if k.startswith("OS_")} == {
            "OS_AUTH_TYPE": "v3applicationcredential",
            "OS_AUTH_URL": "http://10.0.10.250:5000/v3",
            "OS_APPLICATION_CREDENTIAL_NAME": "testbed",
            "OS_APPLICATION_CREDENTIAL_SECRET": SECRETS[TENANT_KEY],
            "OS_USERNAME": "member",
            "OS_USER_DOMAIN_NAME": "Default",
            "OS_CLIENT_CONFIG_FILE": "/dev/null",
            "OS_CLIENT_SECURE_FILE": "/dev/null",
            "OS_REGION_NAME": "RegionOne",
            "OS_IDENTITY_API_VERSION": "3",
        }

    def test_the_administrator_has_a_password_and_a_project(self):
        run("openstack", "--admin", "hypervisor", "list")
        ((argv, env),) = self.called
        assert argv[4:] == ("hypervisor", "list")
        assert env["OS_PASSWORD"] == SECRETS[ADMIN]
        assert (env["OS_AUTH_TYPE"], env["OS_PROJECT_NAME"]) == ("password", "admin")

    def test_another_clouds_variables_and_proxies_do_not_get_in_the_way(
        self, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setenv("OS_CLOUD", "elsewhere")
        monkeypatch.setenv("NO_PROXY", "10.0.0.0/8")
        monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
        run("openstack", "server", "list")
        ((_, env),) = self.called
        assert "OS_CLOUD" not in env
        proxies = {name: value for name, value in env.items() if name.lower().endswith("_proxy")}
        assert proxies == {"http_proxy": "socks5h://127.77.0.1:4444"}
        assert "PATH" in env

    def test_it_goes_through_a_node_that_runs(self):
        self.deployed._becomes("testbed-lab-node1", state=MachineState.OFF)
        run("openstack", "server", "list")
        assert self.deployed.opened == [
            (("node2", "node3"), "127.77.0.1:4444", ("10.0.10.250", 5000))
        ]

    def test_without_the_client_it_says_what_to_type(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(openstack, "find_spec", lambda _: None)
        result = run("openstack", "server", "list")
        assert result.exit_code == 4
        assert result.stderr.splitlines() == [
            "error: OpenStack's command line is not installed",
            "  why: this Python has no python-openstackclient and no PySocks",
            f" next: run: {sys.executable} -m pip install 'testbed[openstack]'",
        ]
        assert self.called == []

    def test_before_it_is_deployed_it_says_so(self, folders: Folders):
        (folders.records("lab") / "keys" / "cloud.json").unlink()
        result = run("openstack", "server", "list")
        assert result.exit_code == 7
        assert "OpenStack is not deployed on testbed 'lab'" in result.stderr


def test_a_testbed_without_openstack_is_told(host: Any) -> None:
    host.has_all()
    result = run("openstack", "server", "list")
    assert result.exit_code == 7
    assert result.stderr.startswith("error: testbed 'lab' has no OpenStack of ours\n")


class TestOpen:
    @pytest.fixture(autouse=True)
    def _interrupted(self, deployed: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        """Ctrl+C comes at once; which pages a browser was given."""
        self.deployed, self.pages = deployed, []

        def interrupt(_: float) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(opening.time, "sleep", interrupt)
        monkeypatch.setattr(opening.typer, "launch", self.pages.append)
        for name in ("DISPLAY", "WAYLAND_DISPLAY"):
            monkeypatch.delenv(name, raising=False)

    def test_the_dashboard_is_opened_and_told_with_a_login(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setenv("DISPLAY", ":0")
        result = run("open", "horizon")
        assert result.exit_code == 0
        assert result.stdout.splitlines() == [
            "dashboard: http://127.77.0.1:8080/",
            f"log in as: member, password {SECRETS[TENANT]}, domain Default",
        ]
        assert self.pages == ["http://127.77.0.1:8080/"]
        assert self.deployed.opened == [
            (("node1", "node2", "node3"), "127.77.0.1:8080", ("10.0.10.250", 80))
        ]

    def test_without_a_desktop_no_browser_is_started(self):
        assert "domain Default" in run("open", "horizon").stdout
        assert self.pages == []

    def test_who_came_by_ssh_is_told_the_way_from_the_computer_before_him(
        self, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setenv("SSH_CONNECTION", "192.0.2.1 50000 192.0.2.2 22")
        assert run("open", "horizon").stdout.splitlines()[2:] == [
            "from the computer you sit at: ssh -L 8080:127.77.0.1:8080 SERVER, and then",
            "http://localhost:8080/",
        ]

    def test_the_administrator_can_log_in_there_too(self):
        told = run("open", "horizon", "--admin", "--port", "9000").stdout
        assert "127.77.0.1:9000" in told
        assert f"log in as: admin, password {SECRETS[ADMIN]}" in told

    def test_the_proxy_tells_the_variable_that_clients_need(self):
        result = run("open", "proxy")
        assert result.stdout == "export http_proxy=socks5h://127.77.0.1:1080\n"
        assert "through node1" in result.stderr

    def test_where_its_node_is_lost_it_goes_on_through_the_next(self):
        self.deployed.ends = ("Broken pipe",)
        result = run("open", "proxy")
        assert result.exit_code == 0
        assert len(self.deployed.opened) == 2
        assert result.stdout == "export http_proxy=socks5h://127.77.0.1:1080\n"
        assert result.stderr.splitlines()[1:] == [
            "the way through node1 has ended: Broken pipe",
            "it is open again, through node2",
            "closed",
        ]

    def test_a_clouds_yaml_is_readable_by_its_owner_alone(self, tmp_path: Path):
        file = tmp_path / "clouds.yaml"
        for _ in range(2):  # ours may be replaced
            assert run("open", "proxy", "--clouds-yaml", str(file)).exit_code == 0
        assert file.stat().st_mode & 0o777 == 0o600
        clouds = yaml.safe_load(file.read_text())["clouds"]
        assert set(clouds) == {"testbed", "testbed-admin"}
        assert clouds["testbed"]["auth_type"] == "v3applicationcredential"
        assert clouds["testbed"]["auth"]["application_credential_secret"] == SECRETS[TENANT_KEY]
        assert clouds["testbed-admin"]["auth"]["password"] == SECRETS[ADMIN]
        assert "export http_proxy=socks5h://127.77.0.1:1080" in file.read_text()

    @pytest.mark.parametrize("theirs", [b"clouds: {}\n", "이름".encode("euc-kr")])
    def test_a_clouds_yaml_of_somebody_else_stays(self, tmp_path: Path, theirs: bytes):
        file = tmp_path / "clouds.yaml"
        file.write_bytes(theirs)
        result = run("open", "proxy", "--clouds-yaml", str(file))
        assert result.exit_code == 1
        assert "testbed did not write it" in result.stderr
        assert file.read_bytes() == theirs

    def test_a_folder_that_is_missing_is_told(self, tmp_path: Path):
        result = run("open", "proxy", "--clouds-yaml", str(tmp_path / "no" / "clouds.yaml"))
        assert result.exit_code == 1
        assert "was not written" in result.stderr


def test_the_control_plane_is_tried_first(deployed: Any, folders: Folders) -> None:
    from testbed.apply import observe

    testbed = observe.get(deployed, folders, "lab")
    cloud = testbed.plan.cloud
    nodes = tuple(replace(node, control=node.machine == "node3") for node in cloud.nodes)
    turned = replace(testbed, plan=replace(testbed.plan, cloud=replace(cloud, nodes=nodes)))
    assert openstack.reachable(turned) == ("node3", "node1", "node2")
