"""`testbed up` on `aolda`: raised once, and everything it says is looked at from inside."""

import json
from pathlib import Path

import pytest
from conftest import Cli

from testbed.wait import Seen, wait_until

pytestmark = pytest.mark.e2e

FOLLOWERS = {  # and the router's address there
    "sw1": "10.0.100.1",
    "sw2": "10.0.100.1",
    "node1": "10.0.10.1",
    "node2": "10.0.10.1",
    "node3": "10.0.10.1",
}


def boots(cli: Cli, name: str) -> str:
    return cli.guest(name, "all", "cat /proc/sys/kernel/random/boot_id")


def test_a_second_up_changes_nothing(cli: Cli, aolda: str) -> None:
    before = boots(cli, aolda)
    again = cli.json("up", "aolda", "--name", aolda, "--to", "network")
    assert again["changes"] == []
    assert boots(cli, aolda) == before


def test_a_dry_run_says_there_is_nothing_to_do(cli: Cli, aolda: str) -> None:
    assert (
        cli.must("up", "aolda", "--name", aolda, "--to", "network", "--dry-run").strip()
        == "nothing to do"
    )


def test_the_seconds_of_every_step_are_recorded(cli: Cli, aolda: str) -> None:
    seconds = json.loads((cli.state(aolda) / "seconds.json").read_text())
    assert {"booted", "ssh", "cloud-init", "links", "routes"} <= set(seconds["node1"])


def test_the_steady_state_is_proven_from_inside(cli: Cli, aolda: str) -> None:
    done = cli.run("status", "--check", "--name", aolda)
    assert done.returncode == 0, done.stderr
    for claim in (
        "node1: bond bond0: active-backup, eno1 and eno2 up",
        "node1: bond bond1: 802.3ad, eno3 and eno4 up",
        "node3: VLAN storage: 3 of 3 answer 8972-byte pings",
        "router: VLAN provider: 3 of 3 answer",
        "node2: VLAN separation: nothing crosses",
        "node1: default route: default via 10.0.10.1",
        "node2: names: all resolve",
        "sw2: port VLANs: 8 ports as planned",
    ):
        assert f"ok   {claim}" in done.stderr
    assert done.stderr.count(": clock: ") == 6


def test_every_clock_follows_the_routers(cli: Cli, aolda: str) -> None:
    def follows() -> Seen:
        told = {m: cli.guest(aolda, m, "chronyc -c -n sources") for m in FOLLOWERS}
        return Seen(all(told[m].startswith(f"^,*,{FOLLOWERS[m]},") for m in told), f"{told}")

    wait_until("clocks that follow the router's", follows, timeout=120, every=5.0)


def test_bonds_are_the_kernels_own(cli: Cli, aolda: str) -> None:
    text = cli.guest(aolda, "node2", "cat /proc/net/bonding/bond1")
    assert "IEEE 802.3ad Dynamic link aggregation" in text
    assert "Partner Mac Address: 00:00:00:00:00:00" not in text
    assert "Speed: 10000 Mbps" in text


def test_ssh_config_is_enough_for_plain_ssh(cli: Cli, aolda: str, tmp_path) -> None:  # type: ignore[no-untyped-def]
    import subprocess

    config = tmp_path / "config"
    config.write_text(cli.must("ssh-config", "--name", aolda))
    done = subprocess.run(
        ["ssh", "-F", config, "sw1", "hostname"], capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stdout.strip()) == (0, "sw1")


def test_testbed_ssh_runs_a_command_and_gives_its_status(cli: Cli, aolda: str) -> None:
    done = cli.run("ssh", "node1", "--name", aolda, "--", "sh", "-c", "hostname; exit 3")
    assert (done.returncode, done.stdout.strip()) == (3, "node1")


def test_a_leak_between_vlans_is_seen(cli: Cli, healthy: str) -> None:
    """The probe must be able to fail: let a port carry a VLAN it should not."""
    cli.guest(healthy, "sw1", "sudo bridge vlan add dev node1 vid 50")
    done = cli.run("status", "--check", "--name", healthy)
    assert done.returncode == 1
    assert "sw1: port VLANs: node1 carries 10, 20, 30, 40, 50 tagged" in done.stderr
    cli.guest(healthy, "sw1", "sudo bridge vlan del dev node1 vid 50")


def test_status_shows_every_machine_and_its_links(cli: Cli, aolda: str) -> None:
    found = cli.json("status", "--name", aolda)[0]
    assert {m["name"] for m in found["machines"]} == {
        "sw1", "sw2", "router", "node1", "node2", "node3",
    }  # fmt: skip
    assert found["wrong"] == []
    assert all(m["resident_mib"] > 0 for m in found["machines"])


def test_the_svg_shows_live_links(cli: Cli, healthy: str, tmp_path) -> None:  # type: ignore[no-untyped-def]
    whole = cli.must("graph", "--name", healthy, "--svg", "-")
    cli.must("link", "down", "node1", "eno1", "--name", healthy)
    pulled = cli.must("graph", "--name", healthy, "--svg", "-")
    cli.must("link", "up", "node1", "eno1", "--name", healthy)
    assert "<svg" in whole
    assert pulled != whole
    assert cli.must("graph", "--name", healthy, "--svg", "-") == whole


def test_logs_collect_gathers_every_machine(cli: Cli, aolda: str) -> None:
    folder = Path(cli.must("logs", "collect", "--name", aolda).strip())
    names = {path.name for path in folder.iterdir()}
    assert {"node1.console.log", "node1.journal.log", "sw2.cloud-init.log"} <= names
    assert {"router.libvirt.log"} <= names


def test_logs_collect_asks_the_agent_where_ssh_is_gone(cli: Cli, healthy: str) -> None:
    cli.guest(healthy, "node2", "sudo systemctl stop ssh")
    folder = Path(cli.must("logs", "collect", "--name", healthy).strip())
    cli.must("checkpoint", "restore", "network", "--name", healthy)
    assert "node2" in (folder / "node2.unreachable.txt").read_text()
    assert "Stopped ssh.service" in (folder / "node2.journal.log").read_text()
    assert "bond0" in (folder / "node2.network.txt").read_text()
