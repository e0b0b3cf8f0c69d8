"""`down` keeps a raised testbed, `up` restores it in less time, `down --forget` deletes it."""

import os
import signal
import stat
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Cli

from testbed.host import Host

pytestmark = [pytest.mark.e2e, pytest.mark.turn("host"), pytest.mark.usefixtures("alone")]

SMALL = "e2e-kept"
TRIES = 5  # to kill a `down` before it has ended


@pytest.fixture(scope="module", autouse=True)
def gone(cli: Cli) -> Iterator[None]:
    """Nothing before these tests, and nothing after them."""
    cli.must("down", "--forget", "--name", SMALL)
    yield
    cli.must("down", "--forget", "--name", SMALL)
    assert left(cli) == []


@pytest.fixture
def raised(cli: Cli, small: Path) -> None:
    """The small testbed as a test before left it, or made anew."""
    cli.must("up", str(small), "--name", SMALL)


def left(cli: Cli) -> list[str]:
    """Return what exists of the testbed: domains, files."""
    with Host.open() as host:
        machines = [machine.domain for machine in host.list_machines(SMALL)]
    places = (cli.disks(SMALL), cli.state(SMALL), cli.kept(SMALL))
    return machines + [str(path) for path in places if path.exists()]


def boot_ids(cli: Cli) -> list[str]:
    return sorted(cli.guest(SMALL, "all", "cat /proc/sys/kernel/random/boot_id").splitlines())


def test_a_network_comes_back_as_it_was_in_less_time(cli: Cli, small: Path) -> None:
    first = cli.json("up", str(small), "--name", SMALL)
    assert first["restored"] is False
    booted = boot_ids(cli)
    cli.guest(SMALL, "node1", "echo precious > ~/note && sync")
    cli.must("checkpoint", "save", "noted", "--name", SMALL)

    told = cli.must("down", "--name", SMALL)
    assert f"kept: {SMALL}, stage network" in told
    assert f"delete it with: testbed down --forget --name {SMALL}" in told
    assert left(cli) == [str(cli.kept(SMALL))]
    assert stat.S_IMODE(cli.kept(SMALL).stat().st_mode) == 0o700
    assert f"kept: {SMALL}, stage network" in cli.must("status", "--name", SMALL)
    cli.must("gc")

    again = cli.json("up", str(small), "--name", SMALL)
    assert (again["restored"], again["restored_stage"]) == (True, "network")
    assert set(again["seconds"]) == {"total", "testbed"}
    assert set(again["seconds"]["testbed"]) == {"restored: network"}
    print(f"up: {first['seconds']['total']} s, restored: {again['seconds']['total']} s")
    assert again["seconds"]["total"] < first["seconds"]["total"]
    assert boot_ids(cli) == booted
    assert not cli.kept(SMALL).exists()
    assert cli.run("status", "--check", "--name", SMALL).returncode == 0
    assert cli.json("up", str(small), "--name", SMALL)["changes"] == []

    assert cli.guest(SMALL, "node1", "cat ~/note 2>/dev/null; true") == ""
    cli.must("checkpoint", "restore", "noted", "--name", SMALL)
    assert cli.guest(SMALL, "node1", "cat ~/note").strip() == "precious"


def test_up_killed_while_it_restores_restores_again(cli: Cli, small: Path, raised: None) -> None:
    booted = boot_ids(cli)
    cli.must("down", "--name", SMALL)
    process = cli.start("up", str(small), "--name", SMALL)
    assert process.stderr is not None
    for line in process.stderr:
        if "restored" in line:
            break
    else:
        pytest.fail("up never told that it restores")
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    cli.must("up", str(small), "--name", SMALL)
    assert boot_ids(cli) == booted
    assert cli.run("status", "--check", "--name", SMALL).returncode == 0


def test_a_down_that_is_killed_is_gone_through_with(cli: Cli, small: Path, raised: None) -> None:
    booted = boot_ids(cli)
    for _ in range(TRIES):
        status = killed_amid_down(cli)
        if status == -signal.SIGKILL:
            break
        assert status == 0
        cli.must("up", str(small), "--name", SMALL)  # it was faster: once more
    assert status == -signal.SIGKILL, f"down ended {TRIES} times before it could be killed"
    cli.must("gc")
    assert f"kept: {SMALL}, stage network" in cli.must("down", "--name", SMALL)
    again = cli.json("up", str(small), "--name", SMALL)
    assert again["restored"] is True
    assert boot_ids(cli) == booted


def killed_amid_down(cli: Cli) -> int:
    """Kill `down` when it has begun to take machines away; return its status."""
    with Host.open() as host:
        every = len(host.list_machines(SMALL))
        process = cli.start("down", "--name", SMALL)
        while process.poll() is None and len(host.list_machines(SMALL)) == every:
            time.sleep(0.01)
    process.kill()
    process.communicate()
    return process.returncode


def test_a_disk_that_lost_its_snapshot_is_given_up_by_its_owner_alone(
    cli: Cli, small: Path, raised: None
) -> None:
    cli.must("down", "--name", SMALL)
    (cli.kept(SMALL) / "disks" / "node1.qcow2").write_bytes(b"not a disk")
    for _ in range(2):
        done = cli.run("up", str(small), "--name", SMALL)
        assert done.returncode == 4, done.stderr
        assert f"or give it up: testbed down --forget --name {SMALL}" in done.stderr
        assert f"kept: {SMALL}, stage network" in cli.must("down", "--name", SMALL)
    cli.must("down", "--forget", "--name", SMALL)
    assert cli.json("up", str(small), "--name", SMALL)["restored"] is False


def test_another_topology_of_the_name_is_deployed_anew(
    cli: Cli, small: Path, raised: None, tmp_path: Path
) -> None:
    cli.must("down", "--name", SMALL)
    larger = tmp_path / "larger.yaml"
    larger.write_text(small.read_text().replace("memory: 384M", "memory: 400M"))
    done = cli.run("up", str(larger), "--name", SMALL)
    assert done.returncode == 0, done.stderr
    assert "the topology changed since it was kept" in done.stderr
    assert not cli.kept(SMALL).exists()
