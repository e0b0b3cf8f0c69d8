"""`aolda-flat`, the cloud before the rebuild, beside `aolda`."""

from collections.abc import Iterator

import pytest
from conftest import Cli

pytestmark = pytest.mark.e2e

NAME = "e2e-flat"


@pytest.fixture(scope="module")
def flat(cli: Cli) -> Iterator[str]:
    cli.must("up", "aolda-flat", "--name", NAME)
    yield NAME
    cli.must("down", "--forget", "--name", NAME)


def test_everyone_is_in_one_network(cli: Cli, flat: str) -> None:
    done = cli.run("status", "--check", "--name", flat)
    assert done.returncode == 0, done.stderr
    assert "ok   node1: VLAN flat: 5 of 5 answer 1472-byte pings" in done.stderr
    assert cli.guest(flat, "node1", "ip -br addr show eno1").split()[2] == "10.16.0.11/16"


def test_without_a_name_every_testbed_is_shown(cli: Cli, flat: str, aolda: str) -> None:
    shown = [each["name"] for each in cli.json("status")]
    assert {aolda, flat} <= set(shown)  # a user's own testbeds may be there, too
    assert shown == sorted(shown)
    done = cli.run("exec", "node1", "--", "true")
    assert done.returncode == 7
    assert "more than one testbed exists" in done.stderr


def test_two_testbeds_do_not_hear_each_other(cli: Cli, flat: str, aolda: str) -> None:
    calling = cli.guest(aolda, "node1", "cat /sys/class/net/bond0/address").strip()
    hears = f"sudo timeout 60 tcpdump -n -i node1 -c 1 ether src {calling} and arp"
    ends = {
        name: cli.start("exec", "sw1", "--name", name, "--", "sh", "-c", hears)
        for name in (aolda, flat)
    }
    cli.until(aolda, "sw1", "pgrep tcpdump")
    cli.until(flat, "sw1", "pgrep tcpdump")
    cli.guest(
        aolda, "node1", "sudo arping -c 3 -w 5 -I vlan-mgmt 10.0.10.99 || true"
    )  # a broadcast
    assert {name: end.wait(150) for name, end in ends.items()} == {aolda: 0, flat: 124}
