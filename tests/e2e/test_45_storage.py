"""Ceph on three real machines: healthy, seen, broken in every way power can, and mended."""

import json
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from conftest import Cli

from testbed.apply import storing
from testbed.errors import GuestError
from testbed.guest import Command, must
from testbed.probe.ceph import objects, sequence
from testbed.probe.ceph.ask import asking
from testbed.probe.ceph.quorum import mon_status
from testbed.wait import Seen, wait_until

pytestmark = pytest.mark.e2e

NODES = ("node1", "node2", "node3")
SIZE = 4 * 2**20  # bytes of the object that must outlive everything
OBJECTS = 64  # that a sequence writes in turn
_RECOVERY = 240.0  # seconds


@pytest.fixture
def written(cli: Cli, ceph: str) -> Callable[[], None]:
    """An object written through node1; called, it must read back the same through node3."""
    seed = f"{time.time()}"
    with cli.doors(ceph) as doors, asking(doors.guests["node1"]) as ask:
        told = ask.write("volumes", "precious", seed=seed, size=SIZE, timeout=60)
    assert told.ok, told.text

    def must_be_there() -> None:
        with cli.doors(ceph) as doors, asking(doors.guests["node3"]) as ask:
            found = ask.read("volumes", "precious", timeout=60)
        assert (found.status, found.out) == (0, told.out), found.text

    return must_be_there


def ask_ceph(cli: Cli, name: str, *words: str) -> Any:
    return json.loads(cli.must("ceph", "--name", name, *words, "--format", "json"))


def wait_until_healthy(cli: Cli, name: str) -> None:
    with cli.doors(name) as doors:
        seen = storing.wait_where_deployed(doors.plan, doors)
    assert seen is not None
    assert seen.health == "HEALTH_OK"


def test_up_ends_with_a_cluster_as_the_topology_wants_it(cli: Cli, ceph: str) -> None:
    status = ask_ceph(cli, ceph, "status")
    assert status["health"]["status"] == "HEALTH_OK"
    assert status["health"]["mutes"] == []
    assert status["quorum_names"] == list(NODES)
    osds = ask_ceph(cli, ceph, "osd", "dump")
    assert [(o["osd"], o["up"], o["in"]) for o in osds["osds"]] == [(n, 1, 1) for n in range(3)]
    for osd, node in zip(osds["osds"], (11, 12, 13), strict=True):
        assert osd["public_addr"].startswith(f"10.0.20.{node}:")
        assert osd["cluster_addr"].startswith(f"10.0.20.{node}:")
    pools = {p["pool_name"]: (p["size"], p["min_size"]) for p in osds["pools"]}
    assert {pools[name] for name in ("images", "volumes", "vms")} == {(3, 2)}
    rules = {r["rule_id"]: r for r in ask_ceph(cli, ceph, "osd", "crush", "rule", "dump")}
    for pool in osds["pools"]:
        kinds = [step.get("type") for step in rules[pool["crush_rule"]]["steps"]]
        assert "host" in kinds
    road = cli.guest(ceph, "node1", "ip route get 10.0.20.12; ip -o link show vlan-storage")
    assert "dev vlan-storage" in road
    assert "vlan-storage@bond0" in road
    assert "mtu 9000" in road


def test_a_second_up_deploys_nothing(cli: Cli, ceph: str) -> None:
    again = cli.json("up", "aolda", "--name", ceph)
    assert again["changes"] == []
    assert set(again["seconds"]) == {"total", "testbed"}
    assert [c["name"] for c in cli.json("checkpoint", "list", "--name", ceph)] == [
        "network",
        "storage",
    ]


def test_status_shows_ceph_and_names_what_is_wrong(cli: Cli, ceph: str) -> None:
    done = cli.run("status", "--check", "--name", ceph)
    assert done.returncode == 0, done.stderr
    assert "ok   ceph: quorum: 3 of 3 monitors: node1, node2, node3" in done.stderr
    assert "ceph: HEALTH_OK" in done.stdout
    assert "volumes: 3 copies, 2 needed; 16 of 16 groups have all copies" in done.stdout

    cli.guest(ceph, "node2", "sudo systemctl stop ceph-mon@node2")
    wait_until("the quorum seen smaller", lambda: _problem(cli, ceph, "MON_DOWN"), timeout=90)
    cli.guest(ceph, "node2", "sudo systemctl start ceph-mon@node2")
    wait_until_healthy(cli, ceph)


def _problem(cli: Cli, name: str, code: str) -> Seen:
    done = cli.run("status", "--check", "--name", name)
    lines = [line for line in done.stdout.splitlines() if "✗" in line]
    return Seen(done.returncode == 1 and any(code in line for line in lines), "; ".join(lines))


def test_logs_collect_gathers_what_ceph_told(cli: Cli, ceph: str) -> None:
    folder = Path(cli.must("logs", "collect", "--name", ceph).strip())
    assert "ceph-mon.node2.log" in (folder / "node2.ceph.log").read_text()
    assert not (folder / "sw1.ceph.log").exists()


def test_every_machine_writes_and_reads_back(cli: Cli, ceph: str) -> None:
    with cli.doors(ceph) as doors:
        for node in NODES:
            with asking(doors.guests[node]) as ask:
                found = objects.round_trip(ask, "vms", seed=node)
                seen = mon_status(ask)
            assert found.holds, found.seen
            assert (seen.quorum, seen.name) == (NODES, node)


def test_the_ceph_command_gives_its_own_status(cli: Cli, ceph: str) -> None:
    assert "osd.2" in cli.must("ceph", "--name", ceph, "osd", "tree")
    wrong = cli.run("ceph", "--name", ceph, "osd", "no-such-command")
    assert wrong.returncode == 22
    assert "no valid command found" in wrong.stderr


@pytest.mark.turn("host")
@pytest.mark.minutes(8)
def test_five_restores_in_a_row_end_healthy_and_keep_the_data(
    cli: Cli, ceph: str, written: Callable[[], None]
) -> None:
    cli.must("checkpoint", "save", "written", "--name", ceph)
    for attempt in range(5):
        with cli.doors(ceph) as doors, asking(doors.guests["node2"]) as ask:
            assert ask.write("volumes", "later", seed=str(attempt), size=1024).ok
        cli.must("checkpoint", "restore", "written", "--name", ceph)
        wait_until_healthy(cli, ceph)  # what is seen after it may be the step of the clocks
        written()
        with cli.doors(ceph) as doors, asking(doors.guests["node2"]) as ask:
            assert not ask.read("volumes", "later").ok
    cli.must("checkpoint", "delete", "written", "--name", ceph)


@pytest.mark.turn("host")
def test_a_restarted_node_comes_back_into_the_cluster(
    cli: Cli, ceph: str, written: Callable[[], None]
) -> None:
    cli.must("restart", "node1", "--name", ceph)
    wait_until_healthy(cli, ceph)
    written()


@pytest.mark.turn("host")
def test_an_osd_that_was_purged_and_a_manager_that_stood_by_are_missed_and_come_back(
    cli: Cli, ceph: str, written: Callable[[], None]
) -> None:
    active = ask_ceph(cli, ceph, "mgr", "dump")["active_name"]
    spare = next(node for node in NODES if node != active)
    cli.guest(ceph, spare, f"sudo systemctl stop ceph-mgr@{spare}")
    cli.guest(ceph, "node3", "sudo systemctl stop ceph-osd@2")
    osd = ("ceph", "--name", ceph, "--", "osd")
    cli.must(*osd, "down", "2")
    cli.must(*osd, "purge", "2", "--force", "--yes-i-really-mean-it")
    wait_until("both missed", lambda: _both_missed(cli, ceph), timeout=120, every=5.0)
    cli.must("up", "aolda", "--name", ceph)
    wait_until_healthy(cli, ceph)
    written()


def _both_missed(cli: Cli, name: str) -> Seen:
    done = cli.run("status", "--check", "--name", name)
    told = done.stdout + done.stderr
    return Seen("2 of 3 managers" in told and "2 in of 2, 3 wanted" in told, told)


def test_writes_go_on_when_one_node_loses_power(
    cli: Cli, ceph: str, written: Callable[[], None]
) -> None:
    with cli.doors(ceph) as doors:
        writer = doors.guests["node1"]
        sequence.start(writer, "volumes")
        cli.must("power", "off", "node3", "--name", ceph)
        before = sequence.acknowledged(writer)
        wait_until(
            "writes going on without node3",
            lambda: _more(sequence.acknowledged(writer), before + 20),
            timeout=120,
        )
        sequence.stop(writer)
        found = sequence.report(writer, "volumes")
    print(f"one node lost: {found}")
    assert found.lost == ()
    assert found.longest_gap < 90
    cli.must("power", "on", "node3", "--name", ceph)
    wait_until_healthy(cli, ceph)
    written()


def _more(seen: int, wanted: int) -> Seen:
    return Seen(seen >= wanted, f"{seen} writes acknowledged")


def test_writes_stop_with_two_nodes_lost_and_come_back_with_them(
    cli: Cli, ceph: str, written: Callable[[], None]
) -> None:
    with cli.doors(ceph) as doors:
        writer = doors.guests["node1"]
        sequence.start(writer, "volumes")
        cli.must("power", "off", "node2", "--name", ceph)
        cli.must("power", "off", "node3", "--name", ceph)
        stopped = sequence.acknowledged(writer)
        # The monitor that is left believes in the quorum until its lease ends.
        wait_until("a quorum known to be lost", lambda: _without_quorum(cli, ceph), timeout=120)
        assert sequence.acknowledged(writer) - stopped <= 2  # what was on its way
        cli.must("power", "on", "node2", "--name", ceph)
        cli.must("power", "on", "node3", "--name", ceph)
        wait_until(
            "writes coming back",
            lambda: _more(sequence.acknowledged(writer), stopped + 20),
            timeout=_RECOVERY,
        )
        sequence.stop(writer)
        found = sequence.report(writer, "volumes")
    print(f"two nodes lost: {found}")
    assert found.lost == ()
    wait_until_healthy(cli, ceph)
    written()


def _without_quorum(cli: Cli, name: str) -> Seen:
    asked = time.monotonic()
    done = cli.run("ceph", "--name", name, "status")
    assert time.monotonic() - asked < 60
    if done.returncode == 0:
        return Seen(False, "Ceph still answers")
    assert done.returncode == 7, done.stderr
    assert "its monitors have no quorum" in done.stderr
    assert "node2 is not running; node3 is not running" in done.stderr
    return Seen(True, done.stderr)


def test_all_nodes_lose_power_at_once_and_no_byte_is_lost(
    cli: Cli, ceph: str, written: Callable[[], None]
) -> None:
    name = f"cut-{int(time.time())}"  # what another sequence wrote would look like this one's
    path = f"/run/testbed-{name}.log"  # it goes with the guest's memory
    with cli.doors(ceph) as doors:
        writer = doors.guests["node2"]
        sequence.start(writer, "volumes", name)
        wait_until(
            "writes in every object",
            lambda: _more(sequence.acknowledged(writer, name), OBJECTS),
            timeout=120,
        )
        log = must(writer, _read(path))
        cords = [cli.start("power", "off", node, "--name", ceph) for node in NODES]
        while any(cord.poll() is None for cord in cords):
            with suppress(GuestError):  # the machine has lost power
                log = must(writer, _read(path), timeout=10)
    assert [cord.wait() for cord in cords] == [0, 0, 0]
    noted = [line for line in log.splitlines(keepends=True) if line.endswith("\n")]
    cli.must("up", "aolda", "--name", ceph)
    written()
    with cli.doors(ceph) as doors:
        must(doors.guests["node2"], Command(("tee", path), sudo=True), stdin=log.encode())
        found = sequence.verify(doors.guests["node2"], "volumes", name, path)
    print(f"all nodes lost: {found}")
    assert found.acknowledged == len(noted) >= OBJECTS
    assert found.lost == ()


def _read(path: str) -> Command:
    return Command(("cat", path), sudo=True)


def test_a_cluster_that_was_down_comes_back_healthy_with_its_data(
    cli: Cli, ceph: str, written: Callable[[], None]
) -> None:
    with cli.doors(ceph) as doors:
        cluster = must(doors.guests["node1"], _read("/etc/ceph/ceph.conf"))
    cli.must("checkpoint", "delete", "storage", "--name", ceph)
    cli.must("up", "aolda", "--name", ceph)  # takes it again, now with the object

    assert f"kept: {ceph}, stage storage" in cli.must("down", "--name", ceph)
    again = cli.json("up", "aolda", "--name", ceph)
    print(f"healthy again after {again['seconds']['total']} s")
    assert again["restored_stage"] == "storage"
    assert cli.must("ceph", "--name", ceph, "health").strip() == "HEALTH_OK"
    with cli.doors(ceph) as doors:
        assert must(doors.guests["node1"], _read("/etc/ceph/ceph.conf")) == cluster
    written()
