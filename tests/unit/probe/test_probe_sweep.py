"""One script sees everything: its text is pinned, and it is run against programs that only say."""

import os
import stat
from pathlib import Path

import pytest

from testbed.errors import GuestError
from testbed.guest import Result, Script
from testbed.plan.decide import plan
from testbed.plan.models import Plan
from testbed.probe import sweep
from testbed.probe.sweep import Sweep, look, parse, script
from testbed.run import Completed, run
from testbed.topology.shipped import find

GOLDEN = Path(__file__).parents[2] / "golden" / "sweep"


def planned(topology: str) -> Plan:
    folder = Path("/var/lib/testbed/lab")
    return plan(find(topology), name="lab", folder=folder, loopback="127.77.0.1")


AOLDA, CLOUD = planned("aolda"), planned("aolda-cloud")


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder on PATH; every program a sweep asks is there and finds nothing."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    for name in ("ip", "getent", "fping", "arping", "bridge", "chronyd"):
        say(folder, name, "exit 1")
    return folder


def say(folder: Path, name: str, body: str) -> None:
    file = folder / name
    file.write_text(f"#!/bin/sh\n{body}\n")
    file.chmod(file.stat().st_mode | stat.S_IXUSR)


def here(asked: Script) -> Completed:
    """Run a script as a guest's shell does, on this computer."""
    return run(["sh", "-euc", asked.text.replace("/proc/net/bonding", "/nowhere")], timeout=20)


@pytest.mark.parametrize("machine", ["node1", "sw1", "router"])
def test_a_sweep_is_as_it_was(machine: str, update_golden: bool):
    text = script(AOLDA, AOLDA.machine(machine)).text + "\n"
    file = GOLDEN / f"aolda-{machine}.sh"
    if update_golden:
        file.write_text(text)
    assert text == file.read_text()


def test_a_sweep_is_made_by_root():
    asked = script(AOLDA, AOLDA.machine("node1"))
    assert asked.sudo  # /proc/net/bonding hides the LACP partner from all others


def test_a_machine_where_nothing_works_is_seen_and_not_an_error(programs: Path):
    done = here(script(AOLDA, AOLDA.machine("sw1")))
    assert (done.exit_status, done.stderr) == (0, "")
    assert parse(done.stdout) == Sweep({}, "", {}, {}, (), "")


def test_names_that_resolve_are_seen_beside_one_that_does_not(programs: Path):
    say(programs, "getent", "echo '10.0.10.12      node2 node2.lab'; exit 2")
    done = here(script(AOLDA, AOLDA.machine("node1")))
    assert parse(done.stdout).names == {"node2": "10.0.10.12", "node2.lab": "10.0.10.12"}


def test_what_answers_is_seen_whatever_its_size(programs: Path):
    say(programs, "fping", 'for last; do :; done; echo "$last"; exit 1')
    done = here(script(AOLDA, AOLDA.machine("node1")))
    sizes = 3  # 1472, 8972, and 1452 where IPv6 stands in
    assert len(parse(done.stdout).answered) == sizes


def test_a_leak_is_seen(programs: Path):
    say(programs, "arping", 'for last; do :; done; [ "$last" = 10.0.20.1 ]')
    done = here(script(AOLDA, AOLDA.machine("node1")))
    assert set(parse(done.stdout).leaks) == {("vlan-mgmt", "10.0.20.1")}


@pytest.mark.parametrize(
    ("inside", "way"), [("master", "br-provider"), ("address", "vlan-provider")]
)
def test_what_openstack_was_given_is_passed_through_its_bridge_while_it_is_in_it(
    programs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, inside: str, way: str
):
    asked = programs / "asked"
    say(programs, "fping", f'for last; do echo "$last"; done | grep % | tee -a {asked}')
    given = tmp_path / "nics" / "vlan-provider"
    given.mkdir(parents=True)
    (given / inside).touch()
    monkeypatch.setattr(sweep, "_NICS", tmp_path / "nics")
    done = here(script(CLOUD, CLOUD.machine("node1")))
    assert {line.partition("%")[2] for line in asked.read_text().split()} == {way}
    told = [each.partition("%")[2] for each in parse(done.stdout).answered]
    assert told == ["vlan-provider"] * 3  # node2, node3, the router


SEEN = """\
=== bonding
--- bond0
Ethernet Channel Bonding Driver: v6.12

Bonding Mode: fault-tolerance (active-backup)
--- bond1
Bonding Mode: IEEE 802.3ad Dynamic link aggregation
=== route
default via 10.0.10.1 dev vlan-mgmt proto static
=== names
10.0.10.12      node2
10.0.10.1       router
=== answers
10.0.10.12
fe80::1%vlan-provider
vlan-mgmt 10.0.20.1
=== vlans
[{"ifname":"br0","vlans":[{"vlan":100}]}]
"""


def test_what_a_machine_printed_is_read():
    assert parse(SEEN) == Sweep(
        bonding={
            "bond0": "Ethernet Channel Bonding Driver: v6.12\n\n"
            "Bonding Mode: fault-tolerance (active-backup)\n",
            "bond1": "Bonding Mode: IEEE 802.3ad Dynamic link aggregation\n",
        },
        default_route="default via 10.0.10.1 dev vlan-mgmt proto static",
        names={"node2": "10.0.10.12", "router": "10.0.10.1"},
        answered={"10.0.10.12": True, "fe80::1%vlan-provider": True},
        leaks=(("vlan-mgmt", "10.0.20.1"),),
        bridge_vlans='[{"ifname":"br0","vlans":[{"vlan":100}]}]',
    )


def test_nothing_printed_is_nothing_seen():
    assert parse("") == Sweep({}, "", {}, {}, (), "")


class Guest:
    """A machine that prints one thing, whatever it is asked."""

    name = "node1"

    def __init__(self, printed: str) -> None:
        self.printed = printed
        self.asked: tuple[Script, ...] = ()

    def run(self, command: Script, *, timeout: float = 60.0, stdin: bytes = b"") -> Result:
        self.asked += (command,)
        return Result(0, self.printed, "", 0.1)


def test_a_machine_without_the_programs_of_a_look_says_so_instead_of_what_it_saw(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "sh").symlink_to("/bin/sh")
    for name in ("ip", "getent", "arping", "bridge"):
        say(tmp_path, name, "exit 0")
    monkeypatch.setattr("testbed.run.search_path", lambda: str(tmp_path))
    printed = here(script(AOLDA, AOLDA.machine("node1"))).stdout
    assert parse(printed).leaks, "this arping finds whatever it is asked for"
    with pytest.raises(GuestError) as caught:
        look(Guest(printed), AOLDA, AOLDA.machine("node1"))
    assert list(caught.value.lines()) == [
        "error: node1: its image lacks programs that show what it reaches",
        "  why: not installed in it: fping, chronyd",
        " next: give image 'storage' these packages, or let 'node1' boot from one that has them, "
        "such as base: fping, chrony",
    ]


def test_a_look_asks_the_guest_once():
    guest = Guest(SEEN)
    assert look(guest, AOLDA, AOLDA.machine("node1")) == parse(SEEN)
    assert guest.asked == (script(AOLDA, AOLDA.machine("node1")),)
