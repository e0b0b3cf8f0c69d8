"""The network behaves like the real one when cables are pulled and switches die."""

import re

import pytest
from conftest import Cli

from testbed.wait import wait_until

pytestmark = pytest.mark.e2e


def pings_lost_while(cli: Cli, name: str, act) -> int:  # type: ignore[no-untyped-def]
    """Return how many of 100 pings, one each 0.2 s, were lost while `act` ran."""
    argv = ("ping", "-i", "0.2", "-c", "100", "-W", "1", "-q", "10.0.10.12")
    pinging = cli.start("exec", "node1", "--name", name, "--", *argv)
    cli.until(name, "node1", "pgrep -x ping", seconds=15)  # all of it takes 20 s
    act()
    out, err = pinging.communicate(timeout=120)
    found = re.search(r"(\d+) packets transmitted, (\d+) received", out)
    assert found, out + err
    return int(found[1]) - int(found[2])


def active(cli: Cli, name: str) -> str:
    return cli.guest(name, "node1", "cat /sys/class/net/bond0/bonding/active_slave").strip()


def test_a_pulled_cable_costs_fewer_than_three_pings(cli: Cli, healthy: str) -> None:
    nic = active(cli, healthy)
    lost = pings_lost_while(
        cli, healthy, lambda: cli.must("link", "down", "node1", nic, "--name", healthy)
    )
    assert active(cli, healthy) != nic
    cli.must("link", "up", "node1", nic, "--name", healthy)
    assert lost < 3
    returned = f"test $(cat /sys/class/net/bond0/bonding/active_slave) = {nic}"
    cli.until(healthy, "node1", returned)


def test_status_names_a_pulled_cable_and_up_plugs_it_in(cli: Cli, healthy: str) -> None:
    cli.must("link", "down", "node2", "eno2", "--name", healthy)
    assert cli.guest(healthy, "node2", "cat /sys/class/net/eno2/carrier").strip() == "0"
    wrong = cli.json("status", "--name", healthy)[0]["wrong"]
    assert [each.partition(" --name ")[0] for each in wrong] == [
        "the cable from node2:eno2 to sw2:node2 is pulled; run: testbed link up node2 eno2"
    ]
    done = cli.json("up", "aolda", "--name", healthy, "--to", "network")
    assert [(c["action"], c["machine"], c["nic"]) for c in done["changes"]] == [
        ("plug in", "node2", "eno2")
    ]
    assert cli.guest(healthy, "node2", "cat /sys/class/net/eno2/carrier").strip() == "1"


def test_status_names_a_bond_that_is_gone_and_a_restart_brings_it_back(
    cli: Cli, healthy: str
) -> None:
    cli.guest(healthy, "node2", "sudo ip link delete bond0")
    gone = cli.run("status", "--check", "--name", healthy)
    assert gone.returncode != 0
    assert re.search(r"node2: .*bond0", gone.stderr), gone.stderr
    cli.must("restart", "node2", "--name", healthy)
    # SSH answers over oob0 before bonds and their partners have found each other.
    wait_until("a sound testbed", lambda: cli.sound(healthy), timeout=120, every=5.0)


def test_lacp_is_negotiated_anew_after_a_cable_returns(cli: Cli, healthy: str) -> None:
    one_aggregator = (
        "test $(grep -A12 'Slave Interface' /proc/net/bonding/bond1"
        " | grep 'Aggregator ID' | sort -u | wc -l) = 1"
    )
    cli.must("link", "down", "node3", "eno3", "--name", healthy)
    cli.until(healthy, "node3", "grep -A2 'Interface: eno3' /proc/net/bonding/bond1 | grep -q down")
    cli.guest(healthy, "node3", "ping -c 3 -W 2 10.0.50.11")
    cli.must("link", "up", "node3", "eno3", "--name", healthy)
    cli.until(healthy, "node3", "grep -A2 'Interface: eno3' /proc/net/bonding/bond1 | grep -q up")
    cli.until(healthy, "node3", one_aggregator)
    assert cli.run("status", "--check", "--name", healthy).returncode == 0


def test_a_dead_switch_is_survived(cli: Cli, healthy: str) -> None:
    cli.must("power", "off", "sw1", "--name", healthy)
    cli.until(healthy, "node1", "ping -c 2 -W 2 10.0.10.12 && ping -c 2 -W 2 10.0.20.13")
    cli.until(healthy, "node1", "ping -c 2 -W 2 10.0.10.1")
    wrong = cli.json("status", "--name", healthy)[0]["wrong"]
    assert [each.partition(" --name ")[0] for each in wrong] == [
        "sw1 is off (its power was cut); run: testbed power on sw1"
    ]
    cli.must("power", "on", "sw1", "--name", healthy)
    cli.must("up", "aolda", "--name", healthy, "--to", "network")
    assert cli.run("status", "--check", "--name", healthy).returncode == 0
