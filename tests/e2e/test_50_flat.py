"""`aolda-flat`, the cloud before the rebuild, beside `aolda`."""

from collections.abc import Iterator

import pytest
from conftest import Cli, must_have_left

pytestmark = [pytest.mark.e2e, pytest.mark.turn("host")]

NAME = "e2e-flat"


@pytest.fixture(scope="module")
def flat(cli: Cli) -> Iterator[str]:
    must_have_left(8)
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
    calls = {aolda: ("vlan-mgmt", "10.0.10.99"), flat: ("eno1", "10.16.0.99")}  # nobody has them
    any_call = " or ".join(f"arp host {address}" for _, address in calls.values())
    hears = f"sudo timeout 60 tcpdump -n -l -i any '{any_call}'"
    ears = {
        name: cli.start("exec", "sw1", "--name", name, "--", "sh", "-c", hears) for name in calls
    }
    for name in calls:
        cli.until(name, "sw1", "pgrep tcpdump")
    for name, (interface, address) in calls.items():
        cli.guest(name, "node1", f"sudo arping -c 3 -w 5 -I {interface} {address} || true")
    heard = {name: ear.communicate(timeout=240)[0] for name, ear in ears.items()}
    for name, (_, own) in calls.items():
        assert {address for _, address in calls.values() if address in heard[name]} == {own}
