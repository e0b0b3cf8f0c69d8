"""Names, time, SSH and the seed of a machine."""

from pathlib import Path
from typing import Any

import jinja2
import pytest
import yaml
from plans import planned, with_machine

from testbed.plan.models import Plan
from testbed.render.chrony import chrony
from testbed.render.hosts import hosts
from testbed.render.ssh import known_hosts, ssh_config
from testbed.render.templates import fill
from testbed.render.user_data import machine_files, seed_files

PRIVATE = "-----BEGIN OPENSSH PRIVATE KEY-----\nk\n-----END OPENSSH PRIVATE KEY-----\n"


def seed(plan: Plan, machine: str = "node1") -> dict[str, str]:
    return seed_files(
        plan,
        plan.machine(machine),
        authorized_key="ssh-ed25519 AAAA user",
        host_key_private=PRIVATE,
        host_key_public="ssh-ed25519 BBBB",
    )


def user_data(plan: Plan, machine: str = "node1") -> dict[str, Any]:
    data: dict[str, Any] = yaml.safe_load(seed(plan, machine)["user-data"])
    return data


def test_a_missing_value_is_an_error() -> None:
    with pytest.raises(jinja2.UndefinedError):
        fill("hosts.j2")


def test_every_machine_is_known_by_its_address() -> None:
    plan = planned()
    lines = hosts(plan, plan.machine("node2")).splitlines()
    assert lines[0] == "127.0.0.1 localhost"
    assert "10.0.10.11 node1" in lines
    assert "10.0.100.2 sw1" in lines


def test_a_machine_without_an_address_is_known_to_itself_alone() -> None:
    plan = with_machine("sw1", vlans={}, gateway=None)
    assert "127.0.1.1 sw1" in hosts(plan, plan.machine("sw1")).splitlines()
    assert "sw1" not in hosts(plan, plan.machine("node1"))


def test_the_router_keeps_the_time_for_every_subnet() -> None:
    plan = planned()
    lines = chrony(plan, plan.machine("router")).splitlines()
    assert "local stratum 8" in lines
    assert [line for line in lines if line.startswith("allow")] == [
        f"allow {vlan.subnet}" for vlan in plan.vlans
    ]
    assert not any(line.startswith(("server", "pool")) for line in lines)


def test_the_others_follow_the_router() -> None:
    plan = planned()
    assert "server 10.0.10.1 iburst" in chrony(plan, plan.machine("node1"))
    assert "server 10.0.100.1 iburst" in chrony(plan, plan.machine("sw1"))


def test_a_machine_without_a_gateway_follows_the_router_s_nearest_address() -> None:
    plan = with_machine("node1", gateway=None)
    assert "server 10.0.10.1 iburst" in chrony(plan, plan.machine("node1"))


def test_a_machine_that_reaches_no_router_keeps_its_own_time() -> None:
    plan = with_machine("sw1", vlans={}, gateway=None)
    assert "server" not in chrony(plan, plan.machine("sw1"))


def test_a_cloud_config_says_so_in_its_first_line() -> None:
    assert seed(planned())["user-data"].splitlines()[0] == "#cloud-config"


def test_no_password_logs_in() -> None:
    data = user_data(planned())
    assert (data["ssh_pwauth"], data["disable_root"]) == (False, True)
    assert [(user["name"], user["lock_passwd"]) for user in data["users"]] == [("aolda", True)]
    assert data["users"][0]["ssh_authorized_keys"] == ["ssh-ed25519 AAAA user"]


def test_the_host_key_is_ours() -> None:
    data = user_data(planned())
    assert data["ssh_deletekeys"] is True
    assert data["ssh_keys"] == {"ed25519_private": PRIVATE, "ed25519_public": "ssh-ed25519 BBBB"}


def test_the_network_finds_its_files_in_place() -> None:
    """In local mode cloud-init writes them before systemd-networkd starts."""
    meta_data = yaml.safe_load(seed(planned())["meta-data"])
    assert meta_data["dsmode"] == "local"
    assert meta_data["local-hostname"] == "node1"


def test_two_testbeds_are_two_instances_of_a_machine() -> None:
    ids = {
        yaml.safe_load(seed(planned(), machine)["meta-data"])["instance-id"]
        for machine in ("node1", "node2")
    }
    assert len(ids) == 2


def test_only_modules_of_the_image_are_used() -> None:
    known = {"hostname", "users", "disable_root", "ssh_pwauth", "ssh_deletekeys", "ssh_keys"}
    plan = planned(internet=True)
    for machine in plan.machines:
        assert set(user_data(plan, machine.name)) <= known | {"write_files", "runcmd"}


def test_files_arrive_as_they_were_rendered() -> None:
    plan = planned()
    for machine in plan.machines:
        arrived = {f["path"]: f["content"] for f in user_data(plan, machine.name)["write_files"]}
        assert arrived == machine_files(plan, machine)


def test_the_router_forwards_only_after_its_rules_are_loaded() -> None:
    commands = [" ".join(command) for command in user_data(planned(), "router")["runcmd"]]
    assert ["nftables" in command for command in commands] == [True, False]
    assert commands[1] == "sysctl -q -p /etc/sysctl.d/50-router.conf"


@pytest.mark.parametrize("machine", ["node1", "sw1"])
def test_other_machines_run_no_command_and_do_not_forward(machine: str) -> None:
    plan = planned()
    assert "runcmd" not in user_data(plan, machine)
    assert not any("sysctl" in path for path in machine_files(plan, plan.machine(machine)))


@pytest.mark.parametrize("internet", [True, False])
def test_a_name_server_is_told_only_where_there_is_internet(internet: bool) -> None:
    plan = planned(internet=internet)
    assert ("/etc/resolv.conf" in machine_files(plan, plan.machine("node1"))) is internet


def test_the_seed_can_be_read_by_a_human() -> None:
    text = seed(planned(), "sw2")["user-data"] + seed(planned(), "sw2")["network-config"]
    assert "\\n" not in text
    assert "&id" not in text


def test_ssh_checks_the_host_key_strictly() -> None:
    config = ssh_config(planned(), identity=Path("/k/id"), known_hosts=Path("/k/known_hosts"))
    first = config.split("\n\n")[0].splitlines()
    assert first[0] == "Host sw1"
    assert {line.strip() for line in first[1:]} == {
        "HostName 127.77.0.1",
        "Port 2200",
        "User aolda",
        'IdentityFile "/k/id"',
        "IdentitiesOnly yes",
        'UserKnownHostsFile "/k/known_hosts"',
        "StrictHostKeyChecking yes",
        "LogLevel ERROR",
    }


def test_ssh_reads_odd_paths_literally() -> None:
    config = ssh_config(planned(), identity=Path("/a b/100%/id"), known_hosts=Path("/k"))
    assert 'IdentityFile "/a b/100%%/id"' in config


def test_known_hosts_has_a_line_for_each_machine() -> None:
    plan = planned()
    keys = {machine.name: f"ssh-ed25519 {machine.name} comment" for machine in plan.machines}
    lines = known_hosts(plan, keys).splitlines()
    assert len(lines) == len(plan.machines)
    assert lines[0] == "[127.77.0.1]:2200 ssh-ed25519 sw1"
